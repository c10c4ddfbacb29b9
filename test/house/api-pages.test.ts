/** docs/api is what the docstrings say now, and leaves nothing out. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { docLines } from "../../scripts/api/markdown.ts";
import { doors, type Export } from "../../scripts/api/read-exports.ts";
import { readExports, referencePages } from "../../scripts/api/reference.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "docs/api");
let exports: Export[];
let pages: Map<string, string>;

beforeAll(() => {
  exports = readExports(root);
  pages = referencePages(exports);
});

test("the pages in docs/api are those of the docstrings: npm run api", () => {
  expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort());
  const stale = [...pages].filter(([name, text]) => readFileSync(join(folder, name), "utf8") !== text);
  expect(
    stale.map(([name]) => name),
    "write them again with npm run api",
  ).toEqual([]);
});

describe("every export of the entry points", () => {
  test("has a line in the index and a heading on its page", async () => {
    const index = pages.get("README.md")!;
    const all = [...pages.values()].join("\n");
    const missing: string[] = [];
    for (const [door, path] of Object.entries(doors)) {
      const names = namesOf((await import(join(root, path))) as Record<string, unknown>);
      expect(names.length, door).toBeGreaterThan(0);
      const types = [...readFileSync(join(root, path), "utf8").matchAll(/\btype (?:\w+ as )?(\w+)[,} ]/g)];
      for (const name of [...names, ...types.map(([, name]) => name)]) {
        const entry = exports.find((e) => [e.name, ...e.aliases].includes(name));
        const isThere = entry?.doors.includes(door) && index.includes(`- [\`${entry.name}\`](`);
        if (!entry || !isThere || !new RegExp(`^####? (\\w+ )?${entry.name}$`, "m").test(all))
          missing.push(`${door} ${name}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test("says what it is; so do options, properties and methods", () => {
    expect(
      [...pages].flatMap(([name, text]) => [
        ...[...text.matchAll(/^- \[`([\w.]+)`\].*: *$/gm)].map(([, entry]) => entry), // in the index
        ...[...text.matchAll(/^\| .*\| +\|.*$/gm)].map(([row]) => `${name}: ${row}`), // an option has a default, too
        ...[...text.matchAll(/^(####? .+)\n\n```ts\n[^`]+```\n+(?=#|\||Types: |(?![\s\S]))/gm)].map(
          ([, head]) => `${name}: ${head}`,
        ),
      ]),
    ).toEqual([]);
    const classes = exports.filter((e) => e.kind === "class" && e.isValue);
    const silent = classes.flatMap((e) => e.members.filter((m) => !m.doc && !m.from).map((m) => `${e.name}.${m.name}`));
    expect(silent.filter((name) => !name.endsWith(".constructor"))).toEqual([]);
  });
});

test("examples stand in blocks of code, as the tests run them", () => {
  const fenced = [...pages.values()].flatMap((text) =>
    [...text.matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, code]) => code),
  );
  const lines = new Set(fenced.flatMap((code) => code.split("\n")));
  const examples = exports.flatMap((e) => e.doc.split("\n").filter((line) => /^ {2,}\S/.test(line)));
  expect(examples.length).toBeGreaterThan(200);
  expect(examples.filter((line) => !lines.has(line.slice(2)))).toEqual([]);
});

test("links lead to headings that are there", () => {
  const anchors = new Map([...pages].map(([name, text]) => [name, anchorsOf(text)]));
  for (const [name, text] of pages) {
    const list = anchorsOf(text.replace(/^#### \S+$/gm, "")); // not methods: `Tokenizer.toJson` and `Tokenizer.toJSON`
    expect(new Set(list).size, `${name} has each heading once`).toBe(list.length);
  }
  const broken = [...pages].flatMap(([name, text]) =>
    [...text.matchAll(/\]\(([\w.-]*)#([\w-]+)\)/g)]
      .filter(([, page, anchor]) => !anchors.get(page || name)?.includes(anchor))
      .map(([link]) => `${name}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test("an example begins where a docstring is indented, and text follows it", () => {
  expect(docLines("Adds one to x <T>.\n\n  add(1); // 2\n\n  add(\n    2);\n\nMore.")).toEqual(
    ["Adds one to x &lt;T>.", "", "```ts", "add(1); // 2", "", "add(", "  2);", "```", "", "More."], // as on GitHub
  );
});

/** Names of a module's exports; of those of a module inside it `inner.name`. */
function namesOf(module: Record<string, unknown>, prefix = ""): string[] {
  return Object.entries(module).flatMap(([name, value]) =>
    Object.prototype.toString.call(value) === "[object Module]"
      ? namesOf(value as Record<string, unknown>, `${name}.`)
      : [prefix + name],
  );
}

/** Headings as GitHub names them in links. */
function anchorsOf(text: string): string[] {
  const heads = [...text.matchAll(/^#+ (.+)$/gm)].map(([, head]) => head);
  return heads.map((head) =>
    head
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replace(/ /g, "-"),
  );
}
