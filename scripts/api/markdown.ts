/** The reference as Markdown: an index and its pages, by their file names in docs/api. */
import { commonOptions, type Page, pages } from "./pages.ts";
import { doors, type Export, type Member } from "./read-exports.ts";

const note = "<!-- Made from the docstrings in src/ by `npm run api`; edit those. -->";

/** File name → text. */
export function referencePages(exports: readonly Export[]): Map<string, string> {
  const reference = new Reference(exports);
  const texts = pages.map((page) => [page.file, reference.page(page)] as const);
  return new Map([["README.md", reference.index()], ...texts]);
}

class Reference {
  private readonly byName: ReadonlyMap<string, Export>;
  private readonly pageOf = new Map<Export, Page>();
  /** Exports of each section, in order: a function or class, then the types that only it speaks of first. */
  private readonly sections = new Map<string, Export[]>();

  constructor(exports: readonly Export[]) {
    this.byName = new Map(exports.flatMap((e) => [e.name, ...e.aliases].map((name) => [name, e] as const)));
    const placed = exports.map((entry) => ({ entry, ...placeOf(entry) }));
    for (const { entry, page } of placed) this.pageOf.set(entry, page);
    for (const page of pages)
      for (const { title } of page.sections) {
        const here = placed.filter((p) => p.page === page && p.title === title);
        here.sort((a, b) => a.order - b.order || byFile(a.entry, b.entry));
        this.sections.set(page.file + title, this.ordered(here.map(({ entry }) => entry)));
      }
  }

  index(): string {
    const lines = [note, "", "# API reference", ""];
    lines.push(
      "Every export of " +
        Object.keys(doors)
          .map((d) => `\`${d}\``)
          .join(", ") +
        ", a line each. Names without a remark come from",
      "`cellstate`. Names and defaults are those of Keras, in camelCase.",
    );
    for (const page of pages) {
      lines.push("", `## [${page.title}](${page.file})`, "", page.about);
      for (const { title } of page.sections) {
        if (page.sections.length > 1) lines.push("", `**${title}**`);
        lines.push("");
        const here = this.sections.get(page.file + title)!;
        for (const e of [...here.filter(isValue), ...here.filter((e) => !isValue(e))])
          lines.push(`- [\`${e.name}\`](${page.file}#${anchor(e)})${whence(e)}: ${firstSentence(this.about(e))}`);
      }
    }
    return lines.join("\n") + "\n";
  }

  page(page: Page): string {
    const lines = [note, "", `# ${page.title}`, "", page.about, "", "[All pages](README.md)"];
    for (const { title } of page.sections) {
      const entries = this.sections.get(page.file + title)!;
      if (page.sections.length > 1) lines.push("", `## ${title}`);
      lines.push("");
      lines.push(
        entries
          .filter(isValue)
          .map((e) => `[${e.name}](#${anchor(e)})`)
          .join(" · "),
      );
      for (const entry of entries) lines.push("", ...this.entry(entry, page));
    }
    return lines.join("\n").replace(/\n{3,}/g, "\n\n") + "\n";
  }

  private entry(entry: Export, page: Page): string[] {
    const lines = [`${isValue(entry) ? "###" : "####"} ${heading(entry)}`, ""];
    const only = entry.doors.includes("cellstate") ? "" : `import { ${entry.name} } from "${entry.doors[0]}";\n\n`;
    lines.push("```ts", (isValue(entry) ? only : "") + entry.signature, "```", "");
    lines.push(...docLines(this.about(entry)), "");
    if (entry.aliases.length) lines.push(`Also \`${entry.aliases.join("`, `")}\`.`, "");
    lines.push(...this.members(entry, page));
    const others = entry.kind === "interface" || isOptions(entry) ? [] : entry.mentions;
    if (others.length) lines.push(`Types: ${others.map((name) => this.link(name, page)).join(", ")}`, "");
    return lines;
  }

  /** The docstring; of options without one, whose they are. */
  about(entry: Export): string {
    if (entry.doc || !isOptions(entry)) return entry.doc;
    const all = [...new Set(this.byName.values())];
    const users = all.flatMap((e) => {
      const own = e.members.filter((m) => m.from === null && m.mentions.includes(entry.name) && isTold(m));
      const methods = e.kind === "class" ? own : [];
      const isUser = e.kind === "function" && e.mentions.includes(entry.name);
      return [...(isUser ? [e.name] : []), ...methods.map((m) => `${e.name}.${m.name}`.replace(".constructor", ""))];
    });
    const heirs = all.filter((e) => e !== entry && isOptions(e) && e.mentions.includes(entry.name));
    const names = (users.length ? users : heirs.map((e) => e.name)).map((name) => `\`${name}\``);
    return names.length ? `${users.length ? "Options of" : "Common to"} ${names.join(", ")}.` : "";
  }

  private members(entry: Export, page: Page): string[] {
    if (entry.kind === "type" && isWhole(entry.signature) && !isOptions(entry)) return [];
    const shown = isClass(entry) ? entry.members.filter((m) => m.doc) : entry.members;
    const own = shown.filter((m) => m.from === null || (!isClass(entry) && !commonOptions.includes(m.from)));
    const methods = isClass(entry) ? own.filter((m) => m.kind === "method") : [];
    const rest = own.filter((m) => !methods.includes(m));
    const inherited = shown.filter((m) => !own.includes(m));
    return [
      ...jumps(entry, methods),
      ...this.table(entry, rest, page),
      ...this.inherited(inherited, page),
      ...methods.flatMap((m) => methodLines(entry, m)),
    ];
  }

  private table(entry: Export, members: readonly Member[], page: Page): string[] {
    if (members.length === 0) return [];
    const heads = isOptions(entry) ? ["Option", "Type", "Default", "Description"] : ["Property", "Type", "Description"];
    const rows = members.map((m) => row(this.cells(m, isOptions(entry), page)));
    return [row(heads), row(heads.map(() => "---")), ...rows, ""];
  }

  private cells(m: Member, isOption: boolean, page: Page): string[] {
    const name = `\`${m.name}${m.optional && !isOption ? "?" : ""}\``;
    const text = m.type.replace(/\s+/g, " ").replace(/\( /g, "(").replace(/,? \)/g, ")");
    const arrow = (head: string) => head.replace(/: ([^:]*)$/, " => $1");
    const type = this.linked(m.kind === "method" ? overloads(text).map(arrow).join("; ") : text, m.mentions, page);
    const doc = docText(m.doc);
    if (!isOption) return [name, type, cell(doc)];
    const { value, rest } = m.optional ? defaultOf(doc) : { value: "(required)", rest: doc };
    return [name, type, cell(value), cell(rest)];
  }

  private inherited(members: readonly Member[], page: Page): string[] {
    const names = new Map<string, string[]>();
    for (const { from, name } of members) names.set(from!, [...(names.get(from!) ?? []), `\`${name}\``]);
    return [...names].flatMap(([base, all]) => [`Also, from ${this.link(base, page)}: ${all.join(", ")}.`, ""]);
  }

  private ordered(entries: readonly Export[]): Export[] {
    const left = new Set(entries);
    const done: Export[] = [];
    const take = (entry: Export): void => {
      if (!left.delete(entry)) return;
      done.push(entry);
      if (!isValue(entry)) return;
      for (const name of entry.mentions) {
        const type = this.byName.get(name);
        if (type && (!isValue(type) || type.kind === "class") && type.file === entry.file) take(type);
      }
    };
    for (const entry of [...[...left].filter(isValue), ...left]) take(entry);
    return done;
  }

  private link(name: string, page: Page): string {
    const entry = this.byName.get(name)!;
    const other = this.pageOf.get(entry)!;
    return `[\`${name}\`](${other === page ? "" : other.file}#${anchor(entry)})`;
  }
  /** A type with its public names as links. */
  private linked(type: string, mentions: readonly string[], page: Page): string {
    const parts = type.split(/((?<![\w.])[A-Za-z_][\w.]*)/);
    let text = "";
    let code = "";
    const flush = () => {
      text += code.trim() ? code.replace(/^(\s*)(.*?)(\s*)$/, "$1`$2`$3") : code;
      code = "";
    };
    for (const part of parts) {
      if (mentions.includes(part)) {
        flush();
        text += this.link(part, page);
      } else code += part;
    }
    flush();
    return text.replace(/\|/g, "\\|");
  }
}

function placeOf({ file, name }: Export): { page: Page; title: string; order: number } {
  const fits = pages.flatMap((page) =>
    page.sections.flatMap(({ title, from }) => from.map((start, order) => ({ page, title, order, start }))),
  );
  const [place] = fits
    .filter(({ start }) => file.startsWith(`src/${start}`))
    .sort((a, b) => b.start.length - a.start.length);
  if (place) return place;
  throw new Error(`${name} (${file}) has no page: name one in scripts/api/pages.ts.`);
}

const byFile = (a: Export, b: Export) => (a.file === b.file ? a.index - b.index : a.file < b.file ? -1 : 1);
const isValue = (e: Export) => e.kind === "function" || e.kind === "class" || e.kind === "constant";
const isClass = (e: Export) => e.kind === "class";
const isTold = (m: Member) => m.kind === "method" && (m.doc !== "" || m.name === "constructor");
const isOptions = (e: Export) => /(Options|Rules)$/.test(e.name) && e.members.length > 0;
const isWhole = (signature: string) => signature.includes(" = ");
const heading = (e: Export) => (e.kind === "function" || e.kind === "constant" ? e.name : `${e.kind} ${e.name}`);
const anchor = (e: Export) => slug(heading(e));
const slug = (text: string) =>
  text
    .toLowerCase()
    .replace(/ /g, "-")
    .replace(/[^\w-]/g, "");
const whence = (e: Export) => (e.doors.includes("cellstate") ? "" : ` (${e.doors.map((d) => `\`${d}\``).join(", ")})`);
const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const cell = (text: string) => text.replace(/\n/g, " ").replace(/(?<!\\)\|/g, "\\|");
const overloads = (type: string) => type.split(/\n(?=[<(])/);

/** Links to the methods of a class that has many. */
function jumps(entry: Export, methods: readonly Member[]): string[] {
  if (methods.length < 5) return [];
  const link = ({ name }: Member) => `[${name}](#${slug(`${entry.name}.${name}`)})`;
  return [methods.map(link).join(" · "), ""];
}
function methodLines(entry: Export, { name, type, doc }: Member): string[] {
  const variable = /\b(Model|Sequential|Functional)\b/.test(entry.signature)
    ? "model"
    : entry.name[0].toLowerCase() + entry.name.slice(1);
  const start = name === "constructor" ? `new ${entry.name}` : name.startsWith("[") ? name : `${variable}.${name}`;
  const signature = overloads(type).map((head) => start + head);
  return [`#### ${entry.name}.${name}`, "", "```ts", ...signature, "```", "", ...docLines(doc), ""];
}

/** A docstring as Markdown: what is indented by two spaces or more is an example. */
export function docLines(doc: string): string[] {
  const lines: string[] = [];
  let code = false;
  for (const line of doc.trimEnd().split("\n")) {
    const example: boolean = /^ {2,}\S/.test(line) || (code && (line === "" || /^ {2}/.test(line)));
    if (example && !code) lines.push("```ts");
    if (!example && code) endCode(lines);
    code = example;
    lines.push(example ? line.replace(/^ {2}/, "") : escaped(line));
  }
  if (code) endCode(lines);
  return lines;
}
function endCode(lines: string[]): void {
  const empty = lines.at(-1) === "";
  if (empty) lines.pop();
  lines.push("```");
  if (empty) lines.push("");
}

/** Without what Markdown would take as HTML or as the end of a cell. */
function escaped(line: string): string {
  return line
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replace(/</g, "&lt;").replace(/\]\(/g, "]\\(")))
    .join("");
}
const docText = (doc: string) => escaped(doc.replace(/\s*\n\s*/g, " ").trim());

/** Splits a sentence on an option's default from the rest of its description. */
function defaultOf(doc: string): { value: string; rest: string } {
  const told = doc.match(/(?:^|(?<=[.;:] ))Default:? (.+?)(?:\.(?= |$)|$) ?/);
  if (told)
    return { value: told[1], rest: (doc.slice(0, told.index) + doc.slice(told.index! + told[0].length)).trim() };
  const inside = doc.match(/(`[^`]+`|"[^"]*") \(default\)/) ?? doc.match(/(?:^|[;:,] )([^;:,]+?) by default\b/);
  return { value: inside?.[1] ?? "", rest: doc };
}

function firstSentence(doc: string): string {
  const text = docText(doc.split(/\n\s*\n/)[0]);
  const [sentence] = text.split(/(?<=[.;:]) (?=[A-Z`[(a-z])/);
  return /[:;]$/.test(sentence) ? `${sentence.slice(0, -1)}.` : sentence;
}
