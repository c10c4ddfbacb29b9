/**
 * A page and a worker that load a model, predict and train, as each bundler makes them without a setting, in Chromium. Vite and esbuild are
 * at hand; the others come with `npm run bundlers`, which installs them and the packed package in a folder of their own. By command, or in .ci/run.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs"; // biome-ignore format: one line
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  worker: Answer;
  isolated: boolean;
}

/** All a page of one's own needs: WASM is compiled, and threads begin at blob: addresses. Nothing outside the page's server. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'";
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const withPolicy = (text: string) => ({ ...isolation, "Content-Security-Policy": text });

const chromium = find("Chromium");
if (!chromium) console.warn("pages of bundlers skipped: no Chromium on the PATH");

for (const [name, bundler] of Object.entries(bundlers)) {
  const there = existsSync(tool(name));
  if (!there) console.warn(`${name} skipped: not installed here (npm run bundlers installs it)`);
  describe.skipIf(!chromium || !there)(name, () => {
    const app = join(folder, name);
    const out = join(app, bundler.out);
    const says = (headers: Record<string, string>) => pageSays<Said>(chromium!, out, headers);

    test("builds the app; the addon, Node's modules and 4 MB of h5wasm are not in it", () => {
      writeApp(app, bundler);
      for (const [command, ...args] of bundler.command) {
        const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
        execFileSync(tool(command), args, { cwd: app, env, stdio: "pipe", timeout: 300_000 });
      }
      addModel(app, bundler, join(folder, "model.keras"));
      const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((f) => statSync(join(out, f)).isFile()); // biome-ignore format: one line
      const scripts = files.filter((file) => file.endsWith(".js"));
      const kB = (file: string) => Math.round(statSync(join(out, file)).size / 1000);
      const sizes = scripts.map(kB).sort((a, b) => b - a);
      console.log(`${name}: ${scripts.length} scripts, ${sizes.reduce((a, b) => a + b, 0)} kB, largest ${sizes[0]} kB`);
      expect(files.filter((file) => file.endsWith(".node"))).toEqual([]);
      for (const file of scripts) {
        const text = readFileSync(join(out, file), "utf8");
        expect(text, file).not.toMatch(/from ?["']node:|import ?["']node:|require\(["']node:|napi_|cellstate\.node/);
        expect(text.includes("H5Fopen"), `${file} has h5wasm`).toBe(false);
      }
    });

    test("runs with threads, and under a strict Content-Security-Policy", async () => {
      for (const headers of [isolation, withPolicy(name === "next" ? inline(out) : policy)]) {
        const said = await says(headers);
        expect(said.isolated).toBe(true);
        for (const { error, description, predicted, loss } of [said.page, said.worker]) {
          expect(error).toBeUndefined();
          expect(description).toMatch(/WASM.*\d+ threads?$/);
          expect(predicted).toEqual(wanted.map((v) => expect.closeTo(v, 5)));
          expect(loss[1]).toBeLessThan(loss[0]);
        }
        expect(said.page.description).toMatch(/[2-9] threads|1\d threads/);
      }
    });
  });
}

/** Next puts scripts of its own into the page's text: its policy allows those by a nonce of a server; here, all of them. */
const inline = (_out: string) => policy.replace("script-src", "script-src 'unsafe-inline'");

describe.skipIf(!chromium || !existsSync(tool("esbuild")))("a Content-Security-Policy that allows less", () => {
  const out = join(folder, "esbuild/out");
  test.each([
    ["worker-src 'self' blob:", "worker-src 'self'", /WASM.*1 thread/],
    [" 'wasm-unsafe-eval'", "", /plain TypeScript|js/i],
  ])("without %s it takes the next best", async (allowed, left, expected) => {
    const { page, worker } = await pageSays<Said>(chromium!, out, withPolicy(policy.replace(allowed, left)));
    for (const { error, description, predicted } of [page, worker]) {
      expect(error).toBeUndefined();
      expect(description).toMatch(expected);
      expect(predicted).toEqual(wanted.map((v) => expect.closeTo(v, 5)));
    }
  });
});
