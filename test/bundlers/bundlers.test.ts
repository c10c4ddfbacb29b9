/**
 * A page and a worker that load a model, predict and train, as each bundler makes them without a setting, in Chromium. Vite and esbuild are
 * at hand; the others come with `npm run bundlers`, which installs them and the packed package in a folder of their own. By command, or in .ci/run.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"; // biome-ignore format: one line
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../../scripts/bundle.mjs";
import { dense, lstm, sequential } from "../../src/index.ts";
import { pageSays } from "../runtimes/chromium.ts";
import { find } from "../runtimes/find.ts";
import { addModel, bundlers, writeApp } from "./builds.ts";

const root = join(import.meta.dirname, "../..");
/** Where `npm run bundlers` installed them; `node_modules` of the checkout is looked in otherwise. */
const installed = process.env.CELLSTATE_BUNDLERS;
const folder = mkdtempSync(join(realpathSync(installed ?? tmpdir()), "cellstate-bundlers-"));
const tool = (name: string) => join(installed ?? root, "node_modules/.bin", name);
const x = [[[1, 2], [3, 4], [5, 6]], [[2, 1], [0, 1], [1, 0]]]; // biome-ignore format: rows
let wanted: number[];

beforeAll(async () => {
  const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 7 });
  wanted = [...(await model.predict(x)).data];
  await model.save(join(folder, "model.keras"));
  if (installed) return; // apps lie in that folder: they find its packages
  const place = join(folder, "node_modules/cellstate");
  mkdirSync(place, { recursive: true });
  for (const beside of ["package.json", "node_modules", "build"]) symlinkSync(join(root, beside), join(place, beside));
  await bundle(root, join(place, "dist"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  description: string;
  predicted: number[];
  loss: number[];
  error?: string;
}
interface Said {
  page: Answer;
  /** Not where a bundler's workers are broken: Parcel's. */
  worker?: Answer;
  isolated: boolean;
}

/** All a page of one's own needs: WASM is compiled, and threads begin at blob: addresses. Nothing outside the page's server. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'";
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const none: Readonly<Record<string, string>> = {};
const withPolicy = (text: string) => ({ ...isolation, "Content-Security-Policy": text });

/** ms: webpack takes a minute and a half on a machine that does other work. */
const minutes = 400_000;
const chromium = find("Chromium");
if (!chromium) console.warn("pages of bundlers skipped: no Chromium on the PATH");

for (const [name, bundler] of Object.entries(bundlers)) {
  const there = existsSync(tool(name));
  if (!there) console.warn(`${name} skipped: not installed here (npm run bundlers installs it)`);
  describe.skipIf(!chromium || !there)(name, () => {
    const app = join(folder, name);
    const out = join(app, bundler.out);
    const says = (headers: Record<string, string>) => pageSays<Said>(chromium!, out, headers);

    test(
      "builds the app; the addon, Node's modules and 4 MB of h5wasm are not in it",
      async () => {
        writeApp(app, bundler);
        for (const [command, ...args] of bundler.command) {
          const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
          const { stdout, stderr } = await promisify(execFile)(tool(command), args, {
            cwd: app,
            env,
            timeout: minutes,
          });
          expect(stdout + stderr).not.toMatch(/externalized|polyfill|can't resolve|could not resolve/i);
        }
        addModel(app, bundler, join(folder, "model.keras"));
        const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((f) => statSync(join(out, f)).isFile()); // biome-ignore format: one line
        const scripts = files.filter((file) => file.endsWith(".js"));
        const kB = (file: string) => Math.round(statSync(join(out, file)).size / 1000);
        const sizes = scripts.map(kB).sort((a, b) => b - a);
        console.log(
          `${name}: ${scripts.length} scripts, ${sizes.reduce((a, b) => a + b, 0)} kB, largest ${sizes[0]} kB`,
        );
        expect(files.filter((file) => file.endsWith(".node"))).toEqual([]);
        for (const file of scripts) {
          const text = readFileSync(join(out, file), "utf8");
          expect(text, file).not.toMatch(/from ?["']node:|import ?["']node:|require\(["']node:|napi_|cellstate\.node/);
          expect(text.includes("H5Fopen"), `${file} has h5wasm`).toBe(false);
        }
      },
      minutes,
    );

    test("runs with threads, and under a strict Content-Security-Policy", async () => {
      const strict = bundler.inline ? policy.replace("script-src", "script-src 'unsafe-inline'") : policy;
      for (const headers of [none, isolation, withPolicy(strict)]) {
        const said = await says(headers);
        expect(said.isolated).toBe(headers !== none);
        for (const { error, description, predicted, loss } of [said.page, said.worker ?? said.page]) {
          expect(error).toBeUndefined();
          expect(description).toMatch(/WASM.*\d+ threads?/);
          expect(predicted).toEqual(wanted.map((v) => expect.closeTo(v, 5)));
          expect(loss[1]).toBeLessThan(loss[0]);
        }
        expect(said.page.description).toMatch(said.isolated ? /[2-9] threads|\d\d threads/ : /, 1 thread/);
      }
    });
  });
}

describe.skipIf(!chromium || !existsSync(tool("esbuild")))(
  "esbuild, under a Content-Security-Policy that allows less",
  () => {
    const out = join(folder, "esbuild/out");
    test.each([
      ["worker-src 'self' blob:", "worker-src 'self'", /WASM.*1 thread/],
      [" 'wasm-unsafe-eval'", "", /plain TypeScript|js/i],
    ])("without %s it takes what runs", async (allowed, left, expected) => {
      const { page, worker } = await pageSays<Said>(chromium!, out, withPolicy(policy.replace(allowed, left)));
      for (const { error, description, predicted } of [page, worker!]) {
        expect(error).toBeUndefined();
        expect(description).toMatch(expected);
        expect(predicted).toEqual(wanted.map((v) => expect.closeTo(v, 5)));
      }
    });
  },
);

describe.skipIf(!chromium || !existsSync(tool("esbuild")))("esbuild, a page that writes .h5", () => {
  test.each([
    ["with cellstate/hdf5 does so and reads it again", 'import "cellstate/hdf5";', /^3,2 -> 1$/],
    ["without it is told which import brings the library", "", /FormatError: .*HDF5 library.*cellstate\/hdf5/s],
  ])("%s", async (name, line, expected) => {
    const app = join(folder, name.slice(0, 4).trim());
    mkdirSync(join(app, "out"), { recursive: true });
    writeFileSync(join(app, "main.js"), line + h5Program);
    writeFileSync(join(app, "out/index.html"), '<!doctype html><script type="module" src="./main.js"></script>');
    const args = ["main.js", "--bundle", "--format=esm", "--splitting", "--outdir=out", "--log-level=warning"];
    await promisify(execFile)(tool("esbuild"), args, { cwd: app });
    expect((await pageSays<{ said: string }>(chromium!, join(app, "out"), false)).said).toMatch(expected);
  });
});

const h5Program = `
  import { dense, loadModel, lstm, sequential } from "cellstate";
  import { modelBytes } from "cellstate/formats";
  async function through() {
    const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 7 });
    const again = await loadModel(await modelBytes(model, "m.h5"));
    return again.inputShape.slice(1) + " -> " + again.outputShape.at(-1);
  }
  const said = await through().catch(String);
  await fetch("/said", { method: "POST", body: JSON.stringify({ said }) });`;
