/**
 * The examples in the docstrings of the public API are run. An example is a run of docstring lines indented by three
 * spaces or more; it is run when at least one statement of it ends in a comment that is JSON, its value:
 *
 *   padSequences([[1, 2], [3]]); // [[1, 2], [0, 3]]
 *
 * A number written with decimals is compared to that many decimals. Names come from the public API, and from the
 * example's own file.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { transform } from "esbuild";
import { expect, test } from "vitest";

interface Example {
  file: string;
  line: number;
  lines: string[];
}

const root = join(import.meta.dirname, "../..");
const doors = [
  "index",
  "data/index",
  "explain/index",
  "formats/index",
  "plot/index",
  "serve/index",
  "tagging/index",
  "transcribe/index",
  "video/index",
  "multilabel/index",
  "translate/index",
  "tune/index",
  "parallel/index",
]
  .map((name) => join(root, `src/${name}.ts`))
  .filter((path) => existsSync(path));
const examples = [...new Set(doors.flatMap(filesBehind))].flatMap((file) =>
  examplesIn(readFileSync(file, "utf8"), relative(root, file)),
);

test("the public API has examples in its docstrings", () => {
  expect(examples.length, "examples found behind src/index.ts").toBeGreaterThan(0);
});

for (const example of examples) {
  test(`the example at ${example.file}:${example.line} gives the values it names`, async () => {
    const api: Record<string, unknown> = {};
    for (const path of [join(root, example.file), ...doors]) Object.assign(api, await import(path));
    expect(await run(example, api)).toBeGreaterThan(0);
  });
}

test("an example with a wrong value, a wrong decimal or an unknown name fails", async () => {
  const api = { double: (n: number) => 2 * n };
  const check = async (...lines: string[]) => run({ file: "here", line: 1, lines }, api);
  expect(await check("const two: number = double(1); // 2", "double(", "  two,", "); // 4")).toBe(2);
  expect(await check("double(0.3333); // 0.67")).toBe(1);
  expect(await check("[double(1), 'a']; // [2, \"a\"]", "double(9); // not JSON, so only run")).toBe(1);
  await expect(check("double(2); // 5")).rejects.toThrow();
  await expect(check("double(0.3333); // 0.68")).rejects.toThrow();
  await expect(check("double(1.0001); // 2")).rejects.toThrow();
  await expect(check("triple(2); // 6")).rejects.toThrow("triple");
});

test("an example is found by its indentation and its value", () => {
  const text =
    "/**\n * Adds one.\n *\n *   add(1); // 2\n *   add(2);\n *\n * And text.\n *\n *   add(x); // later\n */\n";
  expect(examplesIn(text, "a.ts")).toEqual([{ file: "a.ts", line: 4, lines: ["add(1); // 2", "add(2);"] }]);
});

/** An entry file and the files it exports from; an index.ts among them is opened in turn. */
function filesBehind(file: string): string[] {
  const exported = readFileSync(file, "utf8").matchAll(/^export[^;]*? from "(\.[^"]+)"/gm);
  return [...exported].flatMap(([, path]) => {
    const next = join(dirname(file), path);
    return basename(next) === "index.ts" ? filesBehind(next) : [next];
  });
}

function examplesIn(text: string, file: string): Example[] {
  const found: Example[] = [];
  for (const docstring of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const first = text.slice(0, docstring.index).split("\n").length;
    let current: Example | null = null;
    for (const [i, line] of docstring[0].split("\n").entries()) {
      const code = line.match(/^\s*\* {3,}(.*)$/)?.[1];
      if (code !== undefined) {
        current ??= { file, line: first + i, lines: [] };
        if (current.lines.push(code) === 1) found.push(current);
      } else if (line.trim() !== "*") current = null; // text ends an example, an empty line does not
    }
  }
  return found.filter(({ lines }) => lines.some((line) => namedValue(line) !== undefined));
}

/** The value that a statement's comment names: `add(1); // 2` → 2, or undefined. */
function namedValue(line: string): unknown {
  const comment = line.match(/;\s*\/\/ (.+)$/)?.[1];
  if (comment === undefined) return undefined;
  try {
    return JSON.parse(comment);
  } catch {
    return undefined; // a remark
  }
}

/** Runs an example and compares each named value; returns how many were compared. */
async function run({ lines }: Example, api: Record<string, unknown>): Promise<number> {
  let code = "";
  let statement = "";
  for (const line of lines) {
    statement += `${line}\n`;
    const value = namedValue(line);
    if (value === undefined) {
      if (/;\s*(\/\/.*)?$/.test(line)) {
        code += /^import\b/.test(statement) ? "" : statement; // the names are there already
        statement = "";
      }
      continue;
    }
    const expression = statement.replace(/;\s*\/\/ .+\n$/, "").replace(/^console\.log\(/, "(");
    const name = expression.match(/^(?:const|let) (\w+)\b/)?.[1];
    code += name ? `${expression};\ncompare(${name}, ${JSON.stringify(value)});\n` : "";
    code += name ? "" : `compare(${expression}, ${JSON.stringify(value)});\n`;
    statement = "";
  }
  let compared = 0;
  const compare = (actual: unknown, value: unknown) => {
    compared++;
    expect(rounded(actual, value)).toEqual(value);
  };
  const script = await transform(`async () => {\n${code}${statement}}`, { loader: "ts" });
  const names = Object.keys(api).filter((name) => name !== "default");
  const example = new Function(...names, "compare", `return ${script.code}`)(...names.map((n) => api[n]), compare);
  await example();
  return compared;
}

/** `actual` as plain data, its numbers rounded to as many decimals as those of `value` are written with. */
function rounded(actual: unknown, value: unknown): unknown {
  const plain = actual as { toArray?: () => unknown } | null;
  if (typeof plain?.toArray === "function") return rounded(plain.toArray(), value);
  if (ArrayBuffer.isView(actual)) return rounded(Array.from(actual as unknown as ArrayLike<number>), value);
  if (typeof actual === "number" && typeof value === "number") {
    const decimals = String(value).split(".")[1]?.length ?? 0;
    return (decimals ? Number(actual.toFixed(decimals)) : actual) + 0; // + 0: no difference between -0 and 0
  }
  if (Array.isArray(actual) && Array.isArray(value)) return actual.map((item, i) => rounded(item, value[i]));
  if (actual && typeof actual === "object" && value && typeof value === "object") {
    const values = value as Record<string, unknown>;
    return Object.fromEntries(Object.entries(actual).map(([key, item]) => [key, rounded(item, values[key])]));
  }
  return actual;
}
