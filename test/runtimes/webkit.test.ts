/** Safari's engine: the start page trains, and a page of one's own trains, writes a file and opens it. By command, or in .ci/run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeSite, writeSite } from "../../site/build/site.ts";
import { dense, lstm, sequential } from "../../src/index.ts";
import { serveFolder } from "../studio/browser.ts";
import { missingForWebKit, startWebKit, type WebKit } from "./webkit.ts";

const root = join(import.meta.dirname, "../..");
const longest = 100_000; // ms
const x = [[[1, 2], [3, 4], [5, 6]], [[2, 1], [0, 1], [1, 0]]]; // biome-ignore format: rows
const program = `
  import { chooseBackend, dense, loadModel, lstm, sequential } from "cellstate";
  import { modelBytes } from "cellstate/formats";
  async function through() {
    const x = ${JSON.stringify(x)};
    const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 7 });
    const before = [...(await model.predict(x)).data];
    model.compile({ optimizer: "adam", loss: "mse" });
    const { history } = await model.fit(x, [1, 0], { epochs: 20, verbose: 0 });
    const file = new File([await modelBytes(model, "m.keras")], "m.keras");
    const again = await loadModel(new Uint8Array(await file.arrayBuffer()));
    const [kept, read] = [await model.predict(x), await again.predict(x)].map(({ data }) => [...data]);
    return { before, kept, read, loss: [history.loss[0], history.loss.at(-1)], on: (await chooseBackend()).description };
  }
  const said = await through().catch((error) => ({ error: String(error) }));
  document.documentElement.dataset.said = JSON.stringify(said);`;

interface Said {
  error?: string;
  before: number[];
  kept: number[];
  read: number[];
  loss: number[];
  on: string;
}

if (missingForWebKit)
  console.warn(`Safari's engine skipped: there is no ${missingForWebKit} (Debian: webkit2gtk-driver, xvfb)`);
describe.skipIf(missingForWebKit)("in WebKit", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-webkit-"));
  let served: Awaited<ReturnType<typeof serveFolder>>;
  let webKit: WebKit;
  beforeAll(async () => {
    writeSite(await makeSite(root), folder);
    mkdirSync(join(folder, "own"));
    const html = '<!doctype html><meta charset="utf-8"><script type="module" src="./page.js"></script>';
    writeFileSync(join(folder, "own/index.html"), html);
    const stdin = { contents: program, resolveDir: root };
    const alias = { cellstate: join(root, "src/index.ts"), "cellstate/formats": join(root, "src/formats/index.ts") };
    const made = { outfile: join(folder, "own/page.js"), bundle: true, format: "esm", tsconfigRaw: {}, alias } as const;
    await build({ stdin, ...made, logLevel: "error" });
    served = await serveFolder(folder, true, () => undefined);
    webKit = await startWebKit();
    console.log(`WebKit ${webKit.version}`);
  });
  afterAll(async () => {
    await webKit?.end();
    served?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the start page trains its model and answers", async () => {
    await webKit.open(`${served.address}index.html`);
    const ready =
      "return document.querySelector('#demo')?.dataset.ready ? document.querySelector('#demo').textContent : null";
    expect(await webKit.until<string>(ready, longest)).toMatch(/epochs in \d+ ms.*(passes|fails): [01]\.\d{3}/s);
  });

  test("a page trains as Node does, and opens the file that it wrote", async () => {
    await webKit.open(`${served.address}own/index.html`);
    const said = await webKit.until<string>("return document.documentElement.dataset.said ?? null", longest);
    const { error, before, kept, read, loss, on }: Said = JSON.parse(said);
    expect(error).toBeUndefined();
    expect(on).toMatch(/WASM/);
    const wanted = await sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 7 }).predict(x);
    expect(before).toEqual([...wanted.data].map((value) => expect.closeTo(value, 5))); // other kernels than here, f32
    expect(loss[1]).toBeLessThan(loss[0]);
    expect(read).toEqual(kept);
  });
});
