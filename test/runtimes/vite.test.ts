/** A page as Vite makes it without a setting: Cellstate predicts on it, and in a worker. By command, or in .ci/run: CELLSTATE_THOROUGH=1. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, describe, expect, test } from "vitest";
import { bundle } from "../../scripts/bundle.mjs";
import { dense, lstm, sequential } from "../../src/index.ts";
import { thorough } from "../thorough.ts";
import { pageSays } from "./chromium.ts";
import { find } from "./find.ts";

const root = join(import.meta.dirname, "../..");
const project = mkdtempSync(join(tmpdir(), "cellstate-vite-"));
afterAll(() => rmSync(project, { recursive: true, force: true }));

const sources = {
  "package.json": '{ "type": "module" }',
  "index.html": '<!doctype html><script type="module" src="/page.js"></script>',
  "model.js": `
    import { chooseBackend, dense, lstm, sequential } from "cellstate";
    export async function answer() {
      const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 1 });
      const y = await model.predict([[[1, 2], [3, 4], [5, 6]]]);
      return { description: (await chooseBackend()).description, y: [...y.data] };
    }`,
  "work.js": 'import { answer } from "./model.js"; answer().then(postMessage, (error) => postMessage(String(error)));',
  "page.js": `
    import { answer } from "./model.js";
    const worker = new Worker(new URL("./work.js", import.meta.url), { type: "module" });
    const there = new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve(message);
    });
    const said = { page: await answer().catch(String), worker: await there };
    await fetch("/said", { method: "POST", body: JSON.stringify(said) });`,
};

const chromium = find("Chromium");
if (thorough && !chromium) console.warn("Vite's page skipped: no Chromium on the PATH");
describe.skipIf(!thorough || !chromium)("Vite, without a setting", () => {
  test("makes a page and a worker that predict, without the addon and Node's modules", async () => {
    const installed = join(project, "node_modules/cellstate");
    mkdirSync(installed, { recursive: true });
    for (const beside of ["package.json", "node_modules", "build"])
      symlinkSync(join(root, beside), join(installed, beside));
    await bundle(root, join(installed, "dist"));
    for (const [name, text] of Object.entries(sources)) writeFileSync(join(project, name), text);

    const warned: string[] = [];
    const customLogger = { ...quiet, warn: (text: string) => warned.push(text) };
    await build({ root: project, configFile: false, customLogger }); // a logger, which changes nothing that is made
    expect(warned.filter((text) => !/chunkSizeWarningLimit|PLUGIN_TIMINGS/.test(text))).toEqual([]);
    const made = readdirSync(join(project, "dist/assets"));
    expect(made.filter((name) => !name.endsWith(".js"))).toEqual([]);

    const y = await sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 1 }).predict([[[1, 2], [3, 4], [5, 6]]]); // biome-ignore format: one line
    for (const isolated of [true, false]) {
      const said = await pageSays<Said>(chromium!, join(project, "dist"), isolated);
      for (const place of [said.page, said.worker]) {
        expect(place.description).toMatch(isolated ? /WASM.*[2-9] threads/ : /WASM.*1 thread/);
        expect(place.y[0]).toBeCloseTo(y.data[0], 5); // other kernels than here, f32
      }
    }
  }, 120_000);
});

interface Answer {
  description: string;
  y: number[];
}
type Said = Record<"page" | "worker", Answer>;

const quiet = {
  info: () => {},
  warnOnce: () => {},
  error: () => {},
  clearScreen: () => {},
  hasErrorLogged: () => false,
  hasWarned: false,
};
