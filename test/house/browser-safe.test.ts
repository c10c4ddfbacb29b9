/** `import "cellstate"` works in a browser: nothing that is loaded at once asks for a Node built-in. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserBundle } from "../../scripts/browser-bundle.mjs";
import { thorough } from "../thorough.ts";

const root = join(import.meta.dirname, "../..");
const heavy = [
  "@exodus/bytes",
  "@dagrejs/dagre",
  "@observablehq/plot",
  "@resvg/resvg-js",
  "commander",
  "env-paths",
  "fflate",
  "fourier-transform",
  "h5wasm",
  "linkedom",
];

const folder = mkdtempSync(join(tmpdir(), "cellstate-browser-"));
let bundle: Awaited<ReturnType<typeof browserBundle>>;
beforeAll(async () => {
  bundle = await browserBundle(root, folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('import "cellstate" needs no Node built-in, and loads the heavy packages only when they are used', async () => {
  expect(existsSync(join(root, "src/index.ts")), "src/index.ts, the public API, exists").toBe(true);
  const { first, lazy, packages, builtins } = bundle;
  console.log(
    `import "cellstate" in a browser: ${first.gzipped} bytes gzipped (${first.bytes} minified); ` +
      `${lazy.gzipped} bytes gzipped more in ${lazy.chunks} chunks, when used`,
  );
  expect(builtins).toEqual([]);
  expect(packages.filter((name) => heavy.includes(name))).toEqual([]);
  expect(first.gzipped).toBeLessThan(214_000); // bytes for all of it; a page that uses part of it gets part of it, if its bundler drops the rest
});

test.skipIf(!thorough)("a page carries the tasks it uses and no other", async () => {
  const page = async (use: string) => {
    const stdin = { contents: `import { ${use} } from "./src/index.ts"; console.log(${use}());`, resolveDir: root };
    const options = { stdin, bundle: true, format: "esm", write: false, packages: "external" } as const;
    const [{ text }] = (await build(options)).outputFiles;
    return ["textClassifier", "sequenceClassifier", "forecaster"].filter((task) => text.includes(`"${task}"`));
  };
  expect(await page("sequential")).toEqual([]);
  expect(await page("textClassifier")).toEqual(["textClassifier"]);
});

test.skipIf(!thorough)("a page is bundled without a setting for Node's modules", async () => {
  const doors = [
    "index",
    "data/index",
    "explain/index",
    "serve/index",
    "formats/index",
    "plot/index",
    "tagging/index",
    "transcribe/index",
    "video/index",
    "multilabel/index",
    "translate/index",
    "tune/index",
    "parallel/index",
  ].map((name) => `src/${name}.ts`);
  const options = { absWorkingDir: root, entryPoints: doors, bundle: true, format: "esm", splitting: true } as const;
  const { errors, warnings } = await build({ ...options, outdir: "out", write: false, logLevel: "silent" });
  expect([...errors, ...warnings]).toEqual([]);
});

test("the bundle loads where there is no process, no Buffer and no require, and says so where it is asked for files", async () => {
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const page = `
      const { log } = console;
      for (const name of ["process", "Buffer", "global", "setImmediate"]) delete globalThis[name];
      const asked = [];
      globalThis.fetch = async (address) => (asked.push(String(address)), { ok: false, status: 404 });
      globalThis.location = new URL("https://example.org/app/");
      const api = await import("./index.js");
      log(typeof process, typeof api.sequential, typeof api.Tokenizer);
      const told = (work) => work.then(() => "nothing", ({ name, message }) => name + ": " + message);
      log(await told(api.sequential([api.input([2, 1]), api.lstm(2)]).save("m.keras")));
      log(await told(api.loadModel("models/m.keras")), asked);`;
  const args = ["--input-type=module", "--eval", page];
  const printed = execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  const [first, ...rest] = printed.trim().split("\n");
  expect(first).toBe("undefined function function");
  expect(rest.join("\n")).toBe(
    "BackendError: m.keras: expected a file system, received a browser.\n" +
      '  modelBytes(model, "model.keras") of cellstate/formats gives a model\'s bytes, to keep or to send.\n' +
      "FormatError: models/m.keras: expected a file, received HTTP 404.\n" +
      "  Check the address and the connection. [ 'models/m.keras' ]",
  );
});

test("a static import of a Node built-in is found, wherever it hides, and a lazy one is let through", async () => {
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/index.ts"), 'export * from "./a.ts";\nexport const late = () => import("./b.ts");\n');
  writeFileSync(join(folder, "src/a.ts"), 'export { join } from "path";\nexport const f = () => import("node:fs");\n');
  writeFileSync(join(folder, "src/b.ts"), 'export { readFile } from "node:fs/promises";\n');
  const { builtins, lazy } = await browserBundle(folder);
  expect(builtins).toEqual(["src/a.ts imports path"]);
  expect(lazy.chunks).toBe(1);
});
