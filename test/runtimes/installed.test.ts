/** The package as other programs take it in: by require, out of Yarn's archives, in a CommonJS bundle, by a Deno without rights, inside Bun's executable. By command, or in .ci/run. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"; // biome-ignore format: one line
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

let wanted: number;
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
  wanted = said(process.execPath, ["imported.mjs"]).y;
}, 120_000);

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

test("import and require give the same, on Node from 20.19 on", () => {
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

test.skipIf(!deno).each([
  [["--allow-read"], "--allow-env"],
  [["--allow-read", "--allow-env"], "--allow-sys"],
])("the command line in a Deno with %s says in a sentence that it lacks %s", (rights, lacks) => {
  const args = [
    "run",
    "--no-prompt",
    "--node-modules-dir=manual",
    ...rights,
    "node_modules/cellstate/dist/cli/main.js",
    "doctor",
  ];
  const { status, stderr } = spawnSync(deno!, args, { cwd: project, encoding: "utf8", timeout: 100_000 });
  expect(stderr).toBe(
    `cellstate: expected its rights, received a Deno without ${lacks}.\n  deno run --allow-all runs every command.\n`,
  );
  expect(status).toBe(1);
});

const bun = find("Bun");
if (!bun) console.warn("Bun's executable skipped: not on the PATH, nor where CELLSTATE_RUNTIMES says");
test.skipIf(!bun)("an executable of `bun build --compile` runs on its own", () => {
  const outfile = join(project, "program");
  execFileSync(bun!, ["build", "--compile", "imported.mjs", "--outfile", outfile], { cwd: project, stdio: "ignore" });
  const { y } = said(outfile, []);
  expect(y).toBeCloseTo(wanted, 5); // another engine's kernels, f32
});

const yarn = join(process.env.CELLSTATE_RUNTIMES ?? root, "node_modules/@yarnpkg/cli-dist/bin/yarn.js");
if (!existsSync(yarn)) console.warn("Yarn's Plug'n'Play skipped: no @yarnpkg/cli-dist where CELLSTATE_RUNTIMES says");
test.skipIf(!existsSync(yarn))("under Yarn's Plug'n'Play a model is saved and opens again", () => {
  const app = join(project, "pnp");
  const copy = join(app, "cellstate");
  cpSync(join(project, "node_modules/cellstate/dist"), join(copy, "dist"), { recursive: true });
  const { name, version, type, bin, exports, preferUnplugged } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")); // biome-ignore format: one line
  // From folders, so that nothing is fetched: what saving loads, no more.
  const dependencies = Object.fromEntries(["fflate", "h5wasm"].map((one) => [one, `file:${join(root, "node_modules", one)}`])); // biome-ignore format: one line
  writeFileSync(join(copy, "package.json"), JSON.stringify({ name, version, type, bin, exports, preferUnplugged, dependencies })); // biome-ignore format: one line
  const asks = { name: "app", private: true, type: "module", dependencies: { cellstate: "file:./cellstate" } };
  writeFileSync(join(app, "package.json"), JSON.stringify(asks));
  writeFileSync(join(app, "yarn.lock"), "");
  writeFileSync(join(app, ".yarnrc.yml"), "nodeLinker: pnp\nenableTelemetry: false\nenableGlobalCache: false\nenableNetwork: false\nenableImmutableInstalls: false\n"); // biome-ignore format: one line
  writeFileSync(join(app, "saved.mjs"), `import * as c from "cellstate";${saves}`);
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [yarn, ...args], { cwd: app, encoding: "utf8", timeout: 100_000 });
  run("install");
  expect(JSON.parse(run("node", "saved.mjs"))).toEqual([wanted, wanted]);
});

const saves = `
  const { dense, loadModel, lstm, sequential } = c;
  const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 1 });
  const read = [];
  for (const file of ["m.keras", "m.h5"]) {
    await model.save(file);
    read.push((await (await loadModel(file)).predict([[[1, 2], [3, 4], [5, 6]]])).data[0]);
  }
  console.log(JSON.stringify(read));`;
