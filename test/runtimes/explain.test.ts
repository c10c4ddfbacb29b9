/** `cellstate/explain` in Chromium and Firefox: the numbers of Node, on WASM and in plain JavaScript. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browsers, serveFolder, startBrowser } from "../studio/browser.ts";
import { openPage } from "../studio/page.ts";
import { type Explained, explained, type traceTimes } from "./explained.ts";

interface Answer {
  readonly wasm: Explained;
  readonly js: Explained;
  readonly times: Awaited<ReturnType<typeof traceTimes>>;
}

const folder = mkdtempSync(join(tmpdir(), "cellstate-explain-"));
const here = (Object.keys(browsers) as (keyof typeof browsers)[]).filter((name) => browsers[name]);
for (const [name, path] of Object.entries(browsers))
  if (!path) console.warn(`${name} skipped: not on the PATH, so that cellstate/explain is not tried in it`);

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, "explain-on-page.ts")],
    outfile: join(folder, "page.js"),
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    external: ["node:*", "h5wasm", "linkedom", "@observablehq/plot", "env-paths", "commander"],
    logLevel: "silent", // problems arrive as an exception
  });
  writeFileSync(
    join(folder, "index.html"),
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As it comes from a page: the NaN of masked steps is null. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/** Bits where both have fused multiply-add, rounding apart otherwise. */
function expectAlike(seen: Explained, wanted: Explained, exact: boolean): void {
  expect(Object.keys(seen.numbers)).toEqual(Object.keys(wanted.numbers));
  for (const [name, values] of Object.entries(wanted.numbers)) {
    expect(seen.numbers[name]).toHaveLength(values.length);
    if (exact) expect(seen.numbers[name], name).toEqual(values);
    // f32, 12 steps through two layers; gradients of a gradient's size
    else for (const [k, v] of values.entries()) expect(Math.abs(seen.numbers[name][k] - v), name).toBeLessThan(2e-5);
  }
}

describe.each(here)("%s", (name) => {
  test("explains a model with the numbers of Node", { timeout: 120_000 }, async () => {
    const { address, end: endServer } = await serveFolder(folder);
    const { browser, end } = await startBrowser({ name });
    const { page, said } = await openPage(browser, address, {}, null);
    await page.waitForFunction(() => "answer" in globalThis, { timeout: 100_000 });
    const answer: Answer = JSON.parse(await page.evaluate(() => JSON.stringify(Reflect.get(globalThis, "answer"))));
    await end();
    endServer();
    const node: Omit<Answer, "times"> = plain({ wasm: await explained("wasm"), js: await explained("js") });
    const fused = answer.wasm.description.includes("relaxed SIMD");
    expectAlike(answer.wasm, node.wasm, fused && node.wasm.description.includes("relaxed SIMD"));
    expectAlike(answer.js, node.js, false);
    expectAlike(answer.wasm, answer.js, false);
    const { first, later } = answer.times;
    const middle = [...later].sort((a, b) => a - b)[later.length >> 1];
    console.log(
      `${name}, ${answer.wasm.description}: a trace of T 200, H 128 takes ${middle.toFixed(1)} ms, the first ${first.toFixed(0)} ms`,
    );
    expect(said).toEqual([]);
  });
});
