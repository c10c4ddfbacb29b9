/** The package as other programs take it in: by require, in a CommonJS bundle, by a Deno without rights, inside Bun's executable. By command, or in .ci/run. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../../scripts/bundle.mjs";
import { find } from "./find.ts";

const root = join(import.meta.dirname, "../..");
const project = mkdtempSync(join(tmpdir(), "cellstate-installed-"));
afterAll(() => rmSync(project, { recursive: true, force: true }));

const program = `
  async function answer({ chooseBackend, dense, lstm, sequential }) {
    const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 1 });
    const y = await model.predict([[[1, 2], [3, 4], [5, 6]]]);
    console.log(JSON.stringify({ y: y.data[0], on: (await chooseBackend()).description }));
  }`;

beforeAll(async () => {
  const installed = join(project, "node_modules/cellstate");
  mkdirSync(installed, { recursive: true });
  for (const beside of ["package.json", "node_modules", "build"])
    symlinkSync(join(root, beside), join(installed, beside));
  await bundle(root, join(installed, "dist"));
  writeFileSync(join(project, "required.cjs"), `${program}\nanswer(require("cellstate"));`);
  writeFileSync(join(project, "imported.mjs"), `import * as c from "cellstate";${program}\nanswer(c);`);
  const place = "./node_modules/cellstate/dist/index.js"; // by its name Deno wants a list of packages, which would be fetched
  writeFileSync(join(project, "at-place.mjs"), `import * as c from "${place}";${program}\nanswer(c);`);
}, 60_000);

interface Said {
  y: number;
  on: string;
}

/** What a program prints as JSON, and beside it. */
function said(command: string, args: string[], env: Record<string, string> = {}): Said & { err: string } {
  const options = { cwd: project, encoding: "utf8", env: { ...process.env, ...env }, timeout: 100_000 } as const;
  const { stdout, stderr } = spawnSync(command, args, options);
  expect(stdout, stderr).toMatch(/^\{/);
  return { ...JSON.parse(stdout), err: stderr };
}

let wanted: number;
test("import and require give the same, on Node from 20.19 on", () => {
  wanted = said(process.execPath, ["imported.mjs"]).y;
  expect(said(process.execPath, ["required.cjs"]).y).toBe(wanted);
});

test("a CommonJS bundle, as for Lambda and Electron, runs the WASM kernels and says where the addon would be looked for", async () => {
  const outfile = join(project, "lambda/index.cjs");
  const logOverride = { "empty-import-meta": "silent" } as const; // a bundle of this form has no place
  const entryPoints = [join(project, "imported.mjs")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "cjs", logOverride });
  const { y, on, err } = said(process.execPath, [outfile]);
  expect([y, on]).toEqual([expect.closeTo(wanted, 6), expect.stringContaining("WASM")]);
  expect(err).toMatch(/^cellstate: wasm runs .*a bundle that does not know its own place/);
});

const deno = find("Deno");
if (!deno) console.warn("Deno without rights skipped: not on the PATH, nor where CELLSTATE_RUNTIMES says");
test.skipIf(!deno)(
  "a Deno that may read files alone runs the WASM kernels, is asked for nothing, and reads no variable",
  () => {
    const { y, on, err } = said(deno!, ["run", "--no-prompt", "--allow-read", "at-place.mjs"], {
      CELLSTATE_BACKEND: "js",
    });
    expect([y, on]).toEqual([expect.closeTo(wanted, 6), expect.stringContaining("WASM")]);
    expect(err).toMatch(/a Deno without/);
  },
);

const bun = find("Bun");
if (!bun) console.warn("Bun's executable skipped: not on the PATH, nor where CELLSTATE_RUNTIMES says");
test.skipIf(!bun)("an executable of `bun build --compile` runs on its own", () => {
  const outfile = join(project, "program");
  execFileSync(bun!, ["build", "--compile", "imported.mjs", "--outfile", outfile], { cwd: project, stdio: "ignore" });
  const { y } = said(outfile, []);
  expect(y).toBeCloseTo(wanted, 5); // another engine's kernels, f32
});
