/** What opens in the studio's views, in Debian's Chromium: compared with the library in Node on the same files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attribute, factors, gradientFlow, trace } from "../../src/explain/index.ts";
import { loadTextClassifier } from "../../src/index.ts";
import { cividis, placeIn } from "../../studio/src/colours.ts";
import { chromium } from "./browser.ts";
import { press, type Site, shows, startSite, textOf, violations } from "./site.ts";

const models = join(import.meta.dirname, "../../studio/models");
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(models, `${name}.keras`)));
if (!chromium) console.warn("The studio's views skipped: no Chromium on the PATH");

describe.skipIf(!chromium)("the views", { timeout: 120_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  }, 240_000);
  afterAll(() => site.end());
  const read = "#v=1&lab=sentiment&view=read&step=4&unit=1";

  test("parts and gradient flow in the page's tables are the library's on the same file; nothing is asked of the network", async () => {
    const { page, asked, said } = await site.open(read);
    await page.waitForSelector(".cell");
    const before = asked.length;
    await press(page, "The part of each step");
    await press(page, "Gradient flow");
    await page.waitForSelector(".parts");
    await page.waitForSelector("svg.gradient");
    expect(await page.$$(".opens")).toHaveLength(2); // no attention: the model has none
    const table = (title: string) =>
      page.evaluate(async (wanted) => {
        const summary = [...document.querySelectorAll("summary")].find((one) => one.textContent === wanted)!;
        summary.click();
        while (!summary.parentElement!.querySelector("tbody")) await new Promise(requestAnimationFrame);
        return [...summary.parentElement!.querySelectorAll("tbody tr")].map((row) =>
          [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent)),
        );
      }, title);
    const task = await loadTextClassifier(bytesOf("sentiment"));
    const { x } = task.modelInput("the film was not good");
    const last = (a: ArrayLike<number>) => Array.from(a).slice(-5);
    const [integrated, occlusion] = [
      last((await attribute(task.model, x, { target: 0 })).attributions.data),
      last((await attribute(task.model, x, { target: 0, method: "occlusion" })).attributions.data),
    ];
    for (const [t, [ig, without]] of (await table("The parts as a table")).entries()) {
      expect(Math.abs(ig - integrated[t])).toBeLessThan(2e-4); // four digits, other kernels than here
      expect(Math.abs(without - occlusion[t])).toBeLessThan(2e-4);
    }
    const [{ c, h }] = await gradientFlow(task.model, x, { target: 0 });
    for (const [t, row] of (await table("The gradient as a table")).entries()) {
      expect(row[0] / last(c!.data)[t]).toBeCloseTo(1, 2);
      expect(row[1] / last(h!.data)[t]).toBeCloseTo(1, 2);
    }
    expect(await violations(page)).toEqual([]);
    expect(asked.slice(before)).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  test("units ordered by factor: the heatmap's rows are the trace's in the order of the library's factors", async () => {
    const { page, said } = await site.open(read);
    await page.waitForSelector(".cell");
    await press(page, "Units that act together");
    await shows(page, ".inner", "From top to bottom by 2 factors");
    const task = await loadTextClassifier(bytesOf("sentiment"));
    const { layers } = await trace(task.model, task.modelInput("the film was not good").x);
    const { order } = factors(layers[0], { count: 2 });
    const pixels = await page.$eval(".heatmap canvas", (element) => {
      const { width, height } = element as HTMLCanvasElement;
      return [...(element as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height).data];
    });
    const f = layers[0].f!.data.slice(-5 * 24);
    for (let t = 0; t < 5; t++)
      for (let row = 0; row < 24; row++) {
        const places = [-1, 0, 1].map((d) => placeIn(f[t * 24 + order[row]] + d * 1e-4, null)); // other kernels than here
        const colours = places.map((place) => [...cividis.subarray(place * 4, place * 4 + 4)].join());
        expect(colours).toContain(pixels.slice((row * 5 + t) * 4, (row * 5 + t) * 4 + 4).join());
      }
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press("ArrowDown"); // the unit below in the picture, not the next number
    expect(await page.$eval(".cell input[type=number]", (e) => Number((e as HTMLInputElement).value))).toBe(
      order[order.indexOf(0) + 1] + 1,
    );
    expect(said).toEqual([]);
    await page.close();
  });

  test("a bar that is dragged holds the forget gate, a unit is silenced, a word is replaced: the prediction moves and says what it was", async () => {
    const { page, said } = await site.open(read);
    await page.waitForSelector("table.sum");
    const before = await textOf(page, ".outcome");
    const bar = (await (await page.$$(".drags .bar"))[3].boundingBox())!;
    await page.mouse.move(bar.x + 20, bar.y + 10);
    await page.mouse.down();
    await page.mouse.move(bar.x + 20, bar.y + bar.height - 1, { steps: 4 });
    await page.mouse.up();
    await shows(page, ".interventions", "Held at “not”");
    await shows(page, ".outcome", "it was");
    expect(await page.$$eval(".drags .bar b", (all) => Number(all[3].textContent))).toBeLessThan(5);
    await press(page, "Let it go");
    await page.waitForFunction((old) => document.querySelector(".outcome")?.textContent === old, {}, before);
    await press(page, "Silence unit 1");
    await shows(page, ".interventions", "Unit 1 is silent");
    await shows(page, ".outcome", "it was");
    await press(page, "Let it go");
    await page.type(".interventions input[type=text]", "two words");
    await page.keyboard.press("Enter");
    await shows(page, "main", "expected one word");
    await page.click(".interventions input[type=text]", { count: 3 });
    await page.type(".interventions input[type=text]", "very");
    await page.keyboard.press("Enter");
    await shows(page, ".words", "very");
    await shows(page, ".outcome", "it was");
    const positive = Number(/positive(0\.\d\d)/.exec(await textOf(page, ".outcome"))![1]);
    expect(positive).toBeGreaterThan(0.9);
    expect(await violations(page)).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });
});
