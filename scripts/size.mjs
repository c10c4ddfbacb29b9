/** `npm run size`: lines of code per folder of src, and what a browser downloads for `import "cellstate"`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { browserBundle } from "./browser-bundle.mjs";

const root = join(import.meta.dirname, "..");
const budget = { graph: 800 }; // lines of code; above it the design went wrong, not the budget
const longFile = 400; // lines; the house style discusses a file there

const folders = new Map();
const long = [];
for (const path of readdirSync(join(root, "src"), { recursive: true }).filter((p) => p.endsWith(".ts"))) {
  const name = path.includes(sep) ? path.split(sep)[0] : "(src)";
  const row = folders.get(name) ?? { files: 0, code: 0, tests: 0 };
  const lines = codeLines(readFileSync(join(root, "src", path), "utf8"));
  if (isTest(path)) row.tests += lines;
  else {
    row.files++;
    row.code += lines;
    if (lines > longFile) long.push(`${path} (${lines})`);
  }
  folders.set(name, row);
}

const rows = [...folders].sort(([a], [b]) => a.localeCompare(b));
const sum = (key) => rows.reduce((n, [, row]) => n + row[key], 0);
rows.push(["total", { files: sum("files"), code: sum("code"), tests: sum("tests") }]);
console.log(
  `${"src/".padEnd(12)}${"files".padStart(7)}${"code".padStart(8)}${"tests".padStart(8)}   (lines, no blanks, no comments)`,
);
for (const [name, { files, code, tests }] of rows) {
  const note = budget[name] ? `   budget ${budget[name]}` : "";
  console.log(
    `${name.padEnd(12)}${String(files).padStart(7)}${String(code).padStart(8)}${String(tests).padStart(8)}${note}`,
  );
}
if (long.length) console.log(`above ${longFile} lines: ${long.join(", ")}`);

if (existsSync(join(root, "src/index.ts"))) {
  const { first, lazy, packages } = await browserBundle(root);
  const kB = (n) => `${(n / 1000).toFixed(1)} kB`;
  console.log(`\nbrowser, import "cellstate": ${kB(first.gzipped)} gzipped (${kB(first.bytes)} minified)`);
  console.log(`  packages inside: ${packages.join(", ") || "none"}`);
  console.log(`  loaded when used: ${kB(lazy.gzipped)} gzipped in ${lazy.chunks} chunks`);
} else console.log("\nbrowser: src/index.ts does not exist yet, nothing to bundle");

for (const [name, limit] of Object.entries(budget)) {
  const { code } = folders.get(name) ?? { code: 0 };
  if (code <= limit) continue;
  console.error(
    `\nsize: expected at most ${limit} lines in ${name}/, found ${code}.\n  Stop and rethink the design there.`,
  );
  process.exitCode = 1;
}

/** Lines that hold code: not blank, not inside a block comment, not a line comment. */
function codeLines(text) {
  let inComment = false;
  return text.split("\n").filter((line) => {
    const start = line.trim();
    if (!inComment && start.startsWith("/*")) inComment = true;
    if (inComment) {
      if (start.includes("*/")) inComment = false;
      return false;
    }
    return start !== "" && !start.startsWith("//");
  }).length;
}

function isTest(path) {
  return path.endsWith(".test.ts") || path.split(sep).includes("testing");
}
