/**
 * The rules on import directions and cycles (biome.json, drawn in CONTRIBUTING.md) hold on the tree as it stands,
 * and they refuse what they must refuse: violations are planted in a temporary copy and Biome has to see each one.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
const rules = ["lint/style/noRestrictedImports", "lint/suspicious/noImportCycles", "plugin"];
const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));

let copy = "";
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "cellstate-imports-"));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("every folder of src has a rule on what it may import", () => {
  const ruled = config.overrides.flatMap((o: { includes: string[] }) => o.includes);
  const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((f) => f.name).filter((name) => !ruled.includes(`src/${name}/**`))).toEqual([]);
});

test("no rule on circles is switched off anywhere", () => {
  expect(JSON.stringify(config.overrides)).not.toContain("noImportCycles");
});

test("no file of src imports against the drawing, and no imports form a circle, lazy ones and types counted", async () => {
  const found = await lint(copyOfSource("as-it-stands"));
  expect(found.map((f) => `${f.path}:${f.line} ${f.message}`)).toEqual([]);
});

/** Each line is a file with one import; the rule that must refuse it, or null where it must be let through. */
const planted: [path: string, code: string, rule: string | null][] = [
  ["tensor", 'import "../errors.ts";', null],
  ["tensor", 'import "../ops/op.ts";', "noRestrictedImports"],
  ["program", 'import type { NdArray } from "../tensor/nd-array.ts";', null],
  ["program", 'import "../graph/trace.ts";', "noRestrictedImports"],
  ["ops", 'import "../program/program.ts";', null],
  ["ops", 'import type { Layer } from "../layers/layer.ts";', "noRestrictedImports"],
  ["ops", 'export * from "../backends/js/run.ts";', "noRestrictedImports"],
  ["graph", 'import "../ops/op.ts";', null],
  ["graph", 'import "../backends/backend.ts";', "noRestrictedImports"],
  ["backends/js", 'import "../../program/program.ts";', null],
  ["backends/js", 'import "../backend.ts";', null],
  ["backends/native", 'import "../environment.ts";', null],
  ["backends/js", 'import "../../ops/op.ts";', "noRestrictedImports"],
  ["backends/wasm", 'import "../js/run.ts";', "noRestrictedImports"],
  ["layers", 'import "../ops/op.ts";', null],
  ["layers", 'import "../graph/trace.ts";', "noRestrictedImports"],
  ["train", 'import "../graph/trace.ts";', null],
  ["train", 'import "../models/model.ts";', "noRestrictedImports"],
  ["train/losses/named", 'import "../options.ts";', null],
  ["train/losses/named", 'import "../../ops/op.ts";', null],
  ["train/fit", 'import "../../layers/layer.ts";', null],
  ["train/fit", 'import "../../models/model.ts";', "noRestrictedImports"],
  ["train/losses/named", 'import "../../backends/js/run.ts";', "noRestrictedImports"],
  ["train", 'export const late = () => import("../models/model.ts");', "noRestrictedImports"],
  ["models", 'import "../backends/choose.ts";', null],
  ["models", 'export const late = () => import("../formats/keras.ts");', "noRestrictedImports"],
  ["models", 'import "../backends/js/run.ts";', "noRestrictedImports"],
  ["models", 'import type { Keras } from "../formats/keras.ts";', "noRestrictedImports"],
  ["models", 'export type Sneaky = import("../cli/main.ts").Main;', "plugin"],
  ["models", 'export type Lazy = typeof import("fflate");', null],
  ["models", 'import "../plot/loss.ts";', "noRestrictedImports"],
  ["train", 'import "../files/atomic-write.ts";', null],
  ["train/callbacks/index", 'import "../../files/atomic-write.ts";', null],
  ["files", 'import "../errors.ts";', null],
  ["files", 'import "../system-problem.ts";', null],
  ["cli", 'import "../system-problem.ts";', null],
  ["backends/js", 'import "../../system-problem.ts";', "noRestrictedImports"],
  ["files", 'import "../tensor/nd-array.ts";', "noRestrictedImports"],
  ["formats", 'import "../models/model.ts";', null],
  ["formats", 'import "../train/optimizers.ts";', null],
  ["formats", 'import "../graph/grad.ts";', "noRestrictedImports"],
  ["formats/keras", 'import "../../models/model.ts";', null],
  ["formats/keras", 'import "../../graph/grad.ts";', "noRestrictedImports"],
  ["layers/recurrent", 'import "../../ops/op.ts";', null],
  ["layers/recurrent", 'import "../../train/options.ts";', "noRestrictedImports"],
  ["tasks/forecast", 'import "../../models/model.ts";', null],
  ["tasks/forecast", 'import "../../backends/choose.ts";', "noRestrictedImports"],
  ["cli/commands", 'import "../../index.ts";', null],
  ["cli/commands", 'import "../../data/csv.ts";', "noRestrictedImports"],
  ["text", 'import "../data/csv.ts";', "noRestrictedImports"],
  ["data", 'import "../tensor/nd-array.ts";', null],
  ["data", 'import "../text/tokenizer.ts";', "noRestrictedImports"],
  ["data", 'import "../datasets/imdb.ts";', "noRestrictedImports"],
  ["plot", 'import "../tensor/nd-array.ts";', null],
  ["plot", 'import "../models/model.ts";', "noRestrictedImports"],
  ["plot", 'import "../data/csv.ts";', "noRestrictedImports"],
  ["datasets", 'import "../formats/containers/npy.ts";', null],
  ["datasets", 'import "../formats/keras.ts";', "noRestrictedImports"],
  ["explain", 'import "../models/model.ts";', null],
  ["explain", 'import "../graph/grad.ts";', null],
  ["explain", 'import "../backends/choose.ts";', "noRestrictedImports"],
  ["explain", 'import "../tasks/index.ts";', "noRestrictedImports"],
  ["models", 'import "../explain/trace.ts";', "noRestrictedImports"],
  ["cli", 'import "../explain/index.ts";', null],
  ["generate", 'import "../models/model.ts";', null],
  ["generate", 'import "../train/options.ts";', null],
  ["generate", 'import "../text/tokenizer.ts";', "noRestrictedImports"],
  ["generate", 'import "../tasks/language-model.ts";', "noRestrictedImports"],
  ["tasks", 'import "../models/model.ts";', null],
  ["tasks", 'import "../data/scalers.ts";', null],
  ["tasks", 'import "../formats/load-model.ts";', null],
  ["tasks", 'import "../formats/keras.ts";', "noRestrictedImports"],
  ["tasks", 'import "../backends/choose.ts";', "noRestrictedImports"],
  ["models", 'import "../tasks/labels.ts";', "noRestrictedImports"],
  ["cli", 'import "../index.ts";', null],
  ["cli", 'import "../plot/index.ts";', null],
  ["cli", 'import "../models/model.ts";', "noRestrictedImports"],
  ["layers", 'import "../cli/main.ts";', "noRestrictedImports"],
  ["layers", 'import "cellstate";', "noRestrictedImports"],
];

test("every planted import against the drawing is refused, every one along it is let through", async () => {
  const tree = emptyTree("directions");
  const names = planted.map(([folder], i) => `src/${folder}/planted-${i}.ts`);
  for (const [i, [, code]] of planted.entries()) write(tree, names[i], `${code}\n`);
  const found = await lint(tree);
  const seen = planted.map(([folder, code], i) => {
    const here = found.filter((f) => f.path === names[i] && !f.rule.endsWith("noImportCycles"));
    return [folder, code, here[0]?.rule.split("/").at(-1) ?? null];
  });
  expect(seen).toEqual(planted);
});

test("a circle of imports is refused, also one of types only", async () => {
  const tree = emptyTree("circles");
  write(tree, "src/ops/a.ts", 'import { b } from "./b.ts";\nexport const a: number = b;\n');
  write(tree, "src/ops/b.ts", 'import { c } from "./c.ts";\nexport const b: number = c;\n');
  write(tree, "src/ops/c.ts", 'import { a } from "./a.ts";\nexport const c: number = a;\n');
  write(tree, "src/text/d.ts", 'import type { E } from "./e.ts";\nexport type D = E | 1;\n');
  write(tree, "src/text/e.ts", 'import type { D } from "./d.ts";\nexport type E = D | 2;\n');
  write(tree, "src/models/f.ts", 'import type { G } from "./g.ts";\nexport type F = G | 1;\n');
  write(tree, "src/models/g.ts", 'import type { F } from "./f.ts";\nexport type G = F | 2;\n');
  write(tree, "src/text/alone.ts", 'import type { D } from "./d.ts";\nexport type H = D;\n');
  const found = (await lint(tree)).filter((f) => f.rule.endsWith("noImportCycles"));
  expect(found.map((f) => f.path).sort()).toEqual([
    "src/models/f.ts",
    "src/models/g.ts",
    "src/ops/a.ts",
    "src/ops/b.ts",
    "src/ops/c.ts",
    "src/text/d.ts",
    "src/text/e.ts",
  ]);
});

interface Finding {
  path: string;
  line: number;
  rule: string;
  message: string;
}

/** Biome's messages about imports in the tree at `folder`. */
async function lint(folder: string): Promise<Finding[]> {
  const report = await new Promise<string>((resolve, reject) => {
    const options = { cwd: folder, maxBuffer: 1 << 28 }; // bytes
    const args = [biome, "lint", "src", "--reporter=json", "--max-diagnostics=none"];
    // Biome's exit status is 1 when it finds something, so only an empty report is a failure of the run itself.
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      stdout.includes('"diagnostics"') ? resolve(stdout) : reject(new Error(`biome: ${error?.message} ${stderr}`)),
    );
  });
  const { diagnostics } = JSON.parse(report.slice(report.indexOf("{")));
  return diagnostics
    .filter((d: { category: string }) => rules.includes(d.category))
    .map((d: { category: string; message: string; location: { path: string; start?: { line: number } } }) => ({
      path: d.location.path.replaceAll("\\", "/"),
      line: d.location.start?.line ?? 0,
      rule: d.category,
      message: d.message,
    }));
}

/** A folder with our Biome rules. */
function emptyTree(name: string): string {
  const tree = join(copy, name);
  cpSync(join(root, "scripts/lint"), join(tree, "scripts/lint"), { recursive: true });
  const { noImportCycles } = config.linter.rules.suspicious;
  const rules = { recommended: false, suspicious: { noImportCycles } }; // the others are for `npm run check`
  write(tree, "biome.json", JSON.stringify({ ...config, linter: { rules } }));
  return tree;
}

function copyOfSource(name: string): string {
  const tree = emptyTree(name);
  for (const path of readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts")) continue;
    write(tree, join("src", path), readFileSync(join(root, "src", path), "utf8"));
  }
  return tree;
}

function write(tree: string, path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}
