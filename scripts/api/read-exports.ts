/**
 * The public exports as plain data, read from src/ with TypeScript's own API. It is called unstable, so that all of it is in this
 * file: a new TypeScript may need changes here, and nowhere else.
 */
import { join, relative } from "node:path";
import { type Node, SyntaxKind } from "typescript/unstable/ast";
import {
  API,
  type Checker,
  NodeBuilderFlags,
  type Project,
  SignatureKind,
  type Symbol as Sym,
  SymbolFlags,
  type Type,
} from "typescript/unstable/sync";

export interface Export {
  /** As a program writes it: `lstm`, `losses.huber`. */
  name: string;
  /** Other names of the same export. */
  aliases: string[];
  /** The entry points that have it: `cellstate`, `cellstate/data`. */
  doors: string[];
  kind: "function" | "constant" | "class" | "interface" | "type";
  /** Whether a program can use it at run time: not a type, nor a class exported as one. */
  isValue: boolean;
  /** Below the root: `src/layers/recurrent/lstm.ts`. */
  file: string;
  /** Its place in the file. */
  index: number;
  /** TypeScript, a statement for each overload. */
  signature: string;
  doc: string;
  members: Member[];
  /** Public names in its signature. */
  mentions: string[];
}

export interface Member {
  name: string;
  kind: "property" | "method";
  /** Whether an object may do without it. */
  optional: boolean;
  /** Of a property its type; of a method what follows the name. */
  type: string;
  doc: string;
  /** The public type that it comes from, where that is another one. */
  from: string | null;
  mentions: string[];
}

/** The entry points by their names in `import`. */
export const doors: Readonly<Record<string, string>> = {
  cellstate: "src/index.ts",
  "cellstate/data": "src/data/index.ts",
  "cellstate/plot": "src/plot/index.ts",
  "cellstate/formats": "src/formats/index.ts",
  "cellstate/explain": "src/explain/index.ts",
  "cellstate/serve": "src/serve/index.ts",
  "cellstate/tagging": "src/tagging/index.ts",
  "cellstate/transcribe": "src/transcribe/index.ts",
  "cellstate/video": "src/video/index.ts",
  "cellstate/multilabel": "src/multilabel/index.ts",
  "cellstate/translate": "src/translate/index.ts",
  "cellstate/tune": "src/tune/index.ts",
  "cellstate/parallel": "src/parallel/index.ts",
};

/** Docstrings of options whose names are made of a weight's name and these. */
const mappedOptions: Readonly<Record<string, string>> = {
  Regularizer: "Penalty on the size of the weight, added to the loss. Default null: none.",
  Constraint: "Applied to the weight after every step. Default null: none.",
};

/** Every export of the entry points of the project in `root`. */
export function readExports(root: string): Export[] {
  const api = new API({ cwd: root });
  try {
    const snapshot = api.updateSnapshot({ openProject: join(root, "tsconfig.build.json") });
    return new Reader(snapshot.getProjects()[0], root).read();
  } finally {
    api.close();
  }
}

interface Found {
  symbol: Sym;
  doors: string[];
  aliases: string[];
  /** Not `export type`. */
  isValue: boolean;
}

class Reader {
  private readonly checker: Checker;
  private readonly found = new Map<string, Found>();
  /** The public name of each symbol, by its id. */
  private readonly names = new Map<number, string>();

  private readonly project: Project;
  private readonly root: string;

  constructor(project: Project, root: string) {
    this.project = project;
    this.root = root;
    this.checker = project.checker;
  }

  read(): Export[] {
    for (const [door, path] of Object.entries(doors)) {
      const file = this.project.program.getSourceFile(join(this.root, path))!;
      this.collect(this.checker.getSymbolAtLocation(file)!, door, "");
    }
    return [...this.found].map(([name, found]) => this.describe(name, found));
  }

  private collect(module: Sym, door: string, prefix: string): void {
    const namespaces: [Sym, string][] = [];
    for (const exported of this.checker.getExportsOfModule(module)) {
      const symbol = this.real(exported);
      const name = prefix + exported.name;
      if (symbol.flags & SymbolFlags.ValueModule) namespaces.push([symbol, `${name}.`]);
      else this.add(name, symbol, door, !isTypeOnly(exported.declarations[0].resolve(this.project)!));
    }
    for (const [inner, start] of namespaces) this.collect(inner, door, start);
  }

  private add(name: string, symbol: Sym, door: string, isValue: boolean): void {
    const first = this.names.get(symbol.id);
    const known = this.found.get(first ?? name);
    if (known && known.symbol.id !== symbol.id) throw new Error(`${name} is two things: rename one of the exports.`);
    if (!known) {
      this.found.set(name, { symbol, doors: [door], aliases: [], isValue });
      this.names.set(symbol.id, name);
    } else if (first === name) known.doors.push(door);
    else if (!known.aliases.includes(name)) known.aliases.push(name);
  }

  private describe(name: string, { symbol, doors, aliases, isValue }: Found): Export {
    const nodes = symbol.declarations.map((d) => d.resolve(this.project)!);
    const node = nodes[0];
    const file = relative(this.root, symbol.declarations[0].path);
    const { index } = symbol.declarations[0];
    const short = name.slice(name.lastIndexOf(".") + 1);
    const doc = this.doc(symbol);
    const mentions = new Set<string>();
    const hidden = new Set<string>();
    const spell = (n: Node) => this.spell(n, mentions, hidden);
    let members: Member[] = [];
    const done = (kind: Export["kind"], signature: string): Export => {
      mentions.delete(name);
      const text = [signature, ...hidden].join("\n");
      return {
        name,
        aliases,
        doors,
        kind,
        isValue,
        file,
        index,
        signature: text,
        doc,
        members,
        mentions: [...mentions],
      };
    };

    if (symbol.flags & SymbolFlags.Function) {
      const open = nodes.filter((n) => !part(n, "body"));
      const heads = (open.length ? open : nodes).map((n) => `${short}${this.head(n, spell)}`);
      return done("function", heads.join("\n"));
    }
    if (symbol.flags & SymbolFlags.Variable) {
      const type = this.checker.getTypeOfSymbol(symbol)!;
      const signatures = this.checker.getSignaturesOfType(type, SignatureKind.Call);
      if (signatures.length)
        return done("function", `${short}${this.head(signatures[0].declaration!.resolve(this.project)!, spell)}`);
      const declared = part(node, "type");
      const isObject = part(node, "initializer")?.kind === SyntaxKind.ObjectLiteralExpression && !declared;
      if (isObject) members = this.members(type, name);
      const text = declared ? spell(declared) : isObject ? "{ … }" : this.text(type);
      return done("constant", `const ${short}: ${text}`);
    }
    members = this.members(this.checker.getDeclaredTypeOfSymbol(symbol), name);
    const parameters = list(node, "typeParameters").map(spell).join(", ");
    const title = `${short}${parameters && `<${parameters}>`}`;
    if (symbol.flags & SymbolFlags.TypeAlias) {
      const value = part(node, "type")!;
      const isRecord = value.kind === SyntaxKind.TypeLiteral;
      if (!isRecord && !/Options$/.test(name)) members = []; // of a union, a function, a mapped type
      if (isRecord) return done("type", `type ${title}`);
      const isNames = value.kind === SyntaxKind.TypeOperator || /typeof/.test(value.getText());
      const text = isNames ? this.text(this.checker.getDeclaredTypeOfSymbol(symbol)) : spell(value);
      return done("type", `type ${title} =${text.startsWith("|") ? "\n  " : " "}${text}`);
    }
    const isClass = (symbol.flags & SymbolFlags.Class) !== 0;
    const made = list(node, "members").find((m) => m.kind === SyntaxKind.Constructor);
    if (isClass && isValue && made) members.unshift(this.member(made, "constructor", name));
    const bases = list(node, "heritageClauses").map((clause) => {
      const known = list(clause, "types").filter((t) => this.publicName(part(t, "expression")!));
      const word = isClass && clause !== list(node, "heritageClauses")[0] ? "implements" : "extends";
      return known.length ? ` ${word} ${known.map(spell).join(", ")}` : "";
    });
    return done(isClass ? "class" : "interface", `${isClass ? "class" : "interface"} ${title}${bases.join("")}`);
  }

  /** The public members of a type. */
  private members(type: Type, owner: string): Member[] {
    return this.checker.getPropertiesOfType(type).flatMap((property) => {
      if (property.declarations.length === 0) return [this.mapped(property)];
      const node = property.declarations[0].resolve(this.project);
      const isOurs = node && relative(this.root, property.declarations[0].path).startsWith("src");
      if (!isOurs || /^(__|#)/.test(property.name)) return [];
      const words = list(node, "modifiers").map((m) => m.kind);
      if (words.includes(SyntaxKind.PrivateKeyword) || words.includes(SyntaxKind.ProtectedKeyword)) return [];
      return [this.member(node, property.name, owner, property)];
    });
  }

  /** A property that a type makes by its name, which cannot have a docstring: `kernelRegularizer`. */
  private mapped(property: Sym): Member {
    const { name } = property;
    const type = this.text(this.checker.getTypeOfSymbol(property)!).replace(" | undefined", "");
    const mentions = (type.match(/\w+/g) ?? []).filter((word) => this.found.has(word));
    const optional = (property.flags & SymbolFlags.Optional) !== 0;
    const doc = Object.entries(mappedOptions).find(([end]) => name.endsWith(end))?.[1] ?? "";
    return { name, kind: "property", optional, type, doc, from: null, mentions };
  }

  private member(node: Node, name: string, owner: string, property?: Sym): Member {
    const mentions = new Set<string>();
    const spell = (n: Node) => this.spell(n, mentions);
    const kinds = [SyntaxKind.MethodSignature, SyntaxKind.MethodDeclaration, SyntaxKind.Constructor];
    const kind = kinds.includes(node.kind) ? "method" : "property";
    const declared = part(node, "type");
    const all = property ? property.declarations.map((d) => d.resolve(this.project)!) : [node];
    const open = all.filter((n) => !part(n, "body"));
    const heads = () => (open.length ? open : all).map((n) => this.head(n, spell)).join("\n");
    const typed = () =>
      declared && !/typeof/.test(declared.getText())
        ? spell(declared)
        : this.text(this.checker.getTypeOfSymbol(property!)!);
    const parent = node.parent && part(node.parent, "name") && this.publicName(part(node.parent, "name")!);
    const from = parent === owner && !isDocumented(node) ? this.baseWith(node.parent!, name) : parent;
    return {
      name: /^__@/.test(name) ? `[Symbol.${name.slice(3).replace(/@.*/, "")}]` : name,
      kind,
      optional: property !== undefined && (property.flags & SymbolFlags.Optional) !== 0,
      type: kind === "method" ? heads() : typed(),
      doc: property ? this.doc(property) : docstring(node),
      from: !from || from === owner ? null : from,
      mentions: [...mentions],
    };
  }

  /** The public class that a class extends, where it has such a member: that one has the docstring. */
  private baseWith(node: Node, member: string): string | undefined {
    const bases = list(node, "heritageClauses").flatMap((clause) => list(clause, "types"));
    const names = bases.map((base) => this.publicName(part(base, "expression")!));
    return names.find((name) => {
      const symbol = name && this.found.get(name)?.symbol;
      return symbol && this.checker.getPropertyOfType(this.checker.getDeclaredTypeOfSymbol(symbol), member);
    });
  }

  /** `<T>(x: T): number` of a function. */
  private head(node: Node, spell: (n: Node) => string): string {
    const types = list(node, "typeParameters").map(spell).join(", ");
    const given = list(node, "parameters")
      .filter((p) => part(p, "name")!.getText() !== "this")
      .map(spell);
    const line = given.join(", ");
    const type = part(node, "type");
    const isMade = node.kind === SyntaxKind.Constructor;
    const result = isMade ? "" : `: ${type ? spell(type) : this.returned(node)}`;
    const parameters =
      types.length + line.length + result.length > 100 || line.includes("\n") ? `\n  ${given.join(",\n  ")},\n` : line;
    return `${types && `<${types}>`}(${parameters})${result}`;
  }

  /** The type of what a function gives, where its source does not say it. */
  private returned(node: Node): string {
    const signature = this.checker.getSignatureFromDeclaration(node)!;
    return this.text(this.checker.getReturnTypeOfSignature(signature)!);
  }

  private text(type: Type): string {
    return this.checker.typeToString(type, undefined, NodeBuilderFlags.NoTruncation | NodeBuilderFlags.InTypeAlias);
  }

  /**
   * A node's text with public names in place of those inside src/. What it mentions is added to `mentions`, and short
   * declarations of types without a public name to `hidden`.
   */
  private spell(node: Node, mentions: Set<string>, hidden?: Set<string>): string {
    const identifiers: Node[] = [];
    const walk = (n: Node): void => {
      if (n.kind === SyntaxKind.Identifier) identifiers.push(n);
      n.forEachChild(walk);
    };
    walk(node);
    const source = node.getSourceFile().text;
    let text = "";
    let at = node.getStart();
    for (const identifier of identifiers) {
      const name = this.publicName(identifier);
      if (!name) {
        const type = hidden && this.hiddenType(identifier);
        if (type) hidden.add(this.spell(type, mentions, hidden));
        continue;
      }
      mentions.add(name);
      text += source.slice(at, identifier.getStart()) + name;
      at = identifier.getEnd();
    }
    return (text + source.slice(at, node.getEnd())).replace(/^export /, "");
  }

  /** The declaration of a type of src/ that has no public name, where it is short. */
  private hiddenType(identifier: Node): Node | undefined {
    const symbol = this.checker.getSymbolAtLocation(identifier);
    const declared = symbol && this.real(symbol).declarations[0];
    if (!declared || !relative(this.root, declared.path).startsWith("src")) return undefined;
    const node = declared.resolve(this.project);
    const isType = node?.kind === SyntaxKind.TypeAliasDeclaration || node?.kind === SyntaxKind.InterfaceDeclaration;
    return isType && node.getText().length < 300 && part(node, "name") !== identifier ? node : undefined;
  }

  private doc(symbol: Sym): string {
    const out = this.checker.getJsDocTagsOfSymbol(symbol).find((tag) => tag.name === "deprecated");
    return out ? `Deprecated: ${out.text}` : this.checker.getDocumentationCommentOfSymbol(symbol);
  }
  private publicName(identifier: Node): string | undefined {
    const symbol = this.checker.getSymbolAtLocation(identifier);
    return symbol && this.names.get(this.real(symbol).id);
  }
  private real(symbol: Sym): Sym {
    return symbol.flags & SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }
}

function isDocumented(node: Node): boolean {
  return node.getSourceFile().text.slice(node.pos, node.getStart()).includes("/**");
}
/** The docstring before a node, as one line. */
function docstring(node: Node): string {
  const source = node.getSourceFile().text;
  return source.slice(node.pos, node.getStart()).match(/\/\*\* (.*) \*\/\s*$/)?.[1] ?? "";
}
function isTypeOnly(specifier: Node): boolean {
  const flags = [specifier, specifier.parent, specifier.parent?.parent] as unknown as { isTypeOnly?: boolean }[];
  return flags.some((n) => n?.isTypeOnly === true);
}
function part(node: Node, name: string): Node | undefined {
  return (node as unknown as Record<string, Node | undefined>)[name];
}
function list(node: Node, name: string): readonly Node[] {
  return (node as unknown as Record<string, readonly Node[] | undefined>)[name] ?? [];
}
