/** The types in the package hold for those who check most strictly, and whatever they speak of can be named. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { doors } from "../../scripts/bundle.mjs";
import { keepPublicTypes } from "../../scripts/public-types.mjs";
import * as data from "../../src/data/index.ts";
import * as explain from "../../src/explain/index.ts";
import * as formats from "../../src/formats/index.ts";
import * as main from "../../src/index.ts";
import * as multilabel from "../../src/multilabel/index.ts";
import * as parallel from "../../src/parallel/index.ts";
import * as plot from "../../src/plot/index.ts";
import * as serve from "../../src/serve/index.ts";
import * as tagging from "../../src/tagging/index.ts";
import * as transcribe from "../../src/transcribe/index.ts";
import * as translate from "../../src/translate/index.ts";
import * as tune from "../../src/tune/index.ts";
import * as video from "../../src/video/index.ts";

const root = join(import.meta.dirname, "../..");
const project = mkdtempSync(join(tmpdir(), "cellstate-types-"));
const installed = join(project, "node_modules/cellstate");
const tsc = join(root, "node_modules/typescript/bin/tsc");

beforeAll(() => {
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  mkdirSync(installed);
  copyFileSync(join(root, "package.json"), join(installed, "package.json"));
  for (const name of ["@types/node", "undici-types", "h5wasm"])
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  const out = ["--emitDeclarationOnly", "--outDir", join(installed, "dist")];
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), ...out]);
  const made = readdirSync(join(installed, "dist"), { recursive: true }).length;
  keepPublicTypes(join(installed, "dist"), doors); // as a build does: what is left must be enough for every program below
  expect(readdirSync(join(installed, "dist"), { recursive: true }).length).toBeLessThan(0.7 * made);
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  copyFileSync(join(import.meta.dirname, "strict-program.ts"), join(project, "program.ts"));
}, 180_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** The compiler's messages about some files; empty if there are none. */
function complaints(files: readonly string[], module: string, moduleResolution: string): string {
  const strictest = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noImplicitOverride: true },
    ...{ noPropertyAccessFromIndexSignature: true, verbatimModuleSyntax: true, skipLibCheck: false },
  };
  const where = { target: "ES2022", module, moduleResolution, types: ["node"], declaration: true, outDir: "out" };
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...strictest, ...where, rootDir: "." }, files }),
  );
  return spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" }).stdout;
}

test("a program in the strictest settings compiles, where Node resolves modules and where a bundler does", () => {
  expect(complaints(["program.ts"], "nodenext", "nodenext")).toBe("");
  expect(complaints(["program.ts"], "esnext", "bundler")).toBe("");
}, 180_000);

test("whatever a public function takes and gives has a public name", () => {
  const doors: Record<string, object> = { cellstate: main, "cellstate/data": data };
  Object.assign(doors, { "cellstate/serve": serve });
  Object.assign(doors, { "cellstate/explain": explain, "cellstate/formats": formats, "cellstate/plot": plot });
  Object.assign(doors, {
    "cellstate/tagging": tagging,
    "cellstate/transcribe": transcribe,
    "cellstate/video": video,
    "cellstate/multilabel": multilabel,
    "cellstate/translate": translate,
    "cellstate/tune": tune,
    "cellstate/parallel": parallel,
  });
  const lines = ["declare function parts<A extends readonly unknown[], R>(f: (...given: A) => R): [A, R];"];
  const list = (members: object, path: string) => {
    for (const [name, value] of Object.entries(members)) {
      if (typeof value === "function" && !String(value).startsWith("class"))
        lines.push(`export const f${lines.length} = parts(${path}.${name});`);
      if (Object.prototype.toString.call(value) === "[object Module]") list(value, `${path}.${name}`);
    }
  };
  for (const [k, [door, members]] of Object.entries(doors).entries()) {
    lines.unshift(`import * as door${k} from "${door}";`);
    list(members, `door${k}`);
  }
  writeFileSync(join(project, "names.ts"), lines.join("\n"));
  expect(lines.length).toBeGreaterThan(300);
  expect(complaints(["names.ts"], "nodenext", "nodenext")).toBe("");
}, 180_000);

test("no public type is `any`", () => {
  const found = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".d.ts"))
    .filter((path) => {
      const text = readFileSync(join(installed, "dist", path), "utf8");
      return /\bany\b/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"/g, ""));
    });
  expect(found).toEqual([]);
});
