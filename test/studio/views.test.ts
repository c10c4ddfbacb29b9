/** What opens in the studio's views, in Debian's Chromium: compared with the library in Node on the same files. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attribute, factors, gradientFlow, trace } from "../../src/explain/index.ts";
import { dense, loadTextClassifier, lstm, sequential } from "../../src/index.ts";
import { cividis, placeIn } from "../../studio/src/colours.ts";
import { chromium } from "./browser.ts";
import { press, text as textOf, violations } from "./page.ts";
import { type Site, shows, startSite } from "./site.ts";

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
    await press(page, "main", "The part of each step in the prediction");
    await press(page, "main", "Gradient flow: how much of the end reaches each step");
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
    await press(page, "main", "Units that act together, side by side");
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
    await page.waitForFunction(() => location.hash.includes("hold=1.f.4.all.0"));
    const { page: another } = await site.open(await page.evaluate(() => location.hash));
    await shows(another, ".interventions", "Held at “not”"); // the link carries what is held
    await shows(another, ".outcome", "it was");
    await another.close();
    await page.keyboard.press("ArrowLeft");
    await shows(page, ".interventions", "A hold at another step takes its place");
    const kept = await page.$$eval(".drags .bar b", (all) => Number(all[2].textContent));
    const slider = Number(await page.$eval(".hold output", (output) => output.textContent));
    expect(Math.abs(slider - kept / 100)).toBeLessThan(0.011); // of the chosen step, whatever is held elsewhere
    await page.keyboard.press("ArrowRight");
    await press(page, "main", "Let it go");
    await page.waitForFunction((old) => document.querySelector(".outcome")?.textContent === old, {}, before);
    await press(page, "main", "Silence unit 1");
    await shows(page, ".interventions", "Unit 1 is silent");
    await shows(page, ".outcome", "it was");
    await press(page, "main", "Let it go");
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

  test("500 words and 3,000 numbers are read, drawn in bins and walked; 1,024 units are drawn in bins of their smallest and largest value, and said so", {
    timeout: 300_000,
  }, async () => {
    const { page, said } = await site.open("#v=1&lab=next-word&view=read");
    await page.waitForSelector(".words button");
    const words = ["what", "is", "the", "cell", "of", "an", "lstm"];
    const put = (long: string) =>
      page.$eval(
        "#input",
        (element, typed) => {
          (element as HTMLTextAreaElement).value = typed as string;
          element.dispatchEvent(new Event("input", { bubbles: true }));
        },
        long,
      );
    await put(Array.from({ length: 500 }, (_, k) => words[(k * k) % 7]).join(" "));
    await shows(page, "#overview-title", "All 501 words"); // the sign that begins a line among them
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press("End");
    await shows(page, ".cell", "step 501 of 501");
    expect((await page.$$(".words button")).length).toBe(200); // those at the end
    expect(await page.$eval(".words [aria-pressed=true]", (word) => word.nextElementSibling)).toBeNull();
    expect(await violations(page)).toEqual([]);

    await page.goto("about:blank");
    await page.goto(`${site.address}#v=1&lab=airline&view=read`);
    await page.waitForSelector(".words button");
    await put(Array.from({ length: 3000 }, (_, k) => 300 + ((k * 37) % 101)).join(" "));
    await shows(page, "#overview-title", "All 3,000 steps");
    await page.waitForFunction(() => document.querySelectorAll(".words button").length === 200);
    expect(await textOf(page, ".overview")).toMatch(/in bins of 6: for each and every row the smallest value/);
    await page.focus(".overview input");
    await page.keyboard.press("End");
    await shows(page, ".cell", "step 3000 of 3000");
    await shows(page, ".overview", "steps 2801 to 3000");
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let k = 0; k < 60; k++) await page.keyboard.press("ArrowLeft");
    await shows(page, ".cell", "step 2940 of 3000");
    await page.click(".overview canvas", { offset: { x: 2, y: 2 } });
    await shows(page, ".overview", "below, steps 1 to 200");
    const shown = await page.$$eval(".drags .bar b", (all) => all.length);
    expect(shown).toBe(200);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    expect(said).toEqual([]);

    const model = sequential([lstm(1024, { inputShape: [null, 2] }), dense(1)], { seed: 1 });
    const file = join(site.folder, "wide.keras");
    await model.save(file);
    await press(page, "nav", "Model");
    const [input] = (await page.$$("input[type=file]")).slice(-1);
    const from = performance.now();
    await (input as ElementHandle<HTMLInputElement>).uploadFile(file);
    await page.waitForSelector(".heatmap canvas");
    console.log(`17 MB, 1,024 units: opened, traced and drawn in ${Math.round(performance.now() - from)} ms`);
    expect(await textOf(page, ".lanes")).toContain(
      "1024 units in bins of 4: for each its smallest value and its largest",
    );
    const { layers } = await trace(model, await typed(page));
    const f = layers[0].f!.data;
    const pixels = await page.$eval(".heatmap canvas", (element) => {
      const { width, height } = element as HTMLCanvasElement;
      const { data } = (element as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
      return { width, height, data: [...data] };
    });
    expect(pixels.height).toBe(512);
    for (const [t, row] of [
      [0, 0],
      [0, 1],
      [3, 17],
      [pixels.width - 1, 511],
    ]) {
      // biome-ignore format: one line
      const bin = f.slice(t * 1024 + (row >> 1) * 4, t * 1024 + (row >> 1) * 4 + 4);
      const value = row % 2 === 0 ? Math.min(...bin) : Math.max(...bin);
      const colours = [-1, 0, 1].map((d) => placeIn(value + d * 1e-4, null)).map((p) => [...cividis.subarray(p * 4, p * 4 + 4)].join()); // biome-ignore format: one line
      const at = (row * pixels.width + t) * 4;
      expect(colours).toContain(pixels.data.slice(at, at + 4).join());
    }
    expect(said).toEqual([]);
    await page.close();
  });

  test("a damaged file and a model without recurrent layers are refused in words, and the page goes on", async () => {
    const { page, said } = await site.open("");
    const file = (name: string) => join(site.folder, name);
    writeFileSync(file("damaged.keras"), bytesOf("adding").subarray(0, 3000));
    await sequential([dense(2, { inputShape: [3] })], { seed: 1 }).save(file("dense.keras"));
    const choose = async (...names: string[]) => {
      const [input] = (await page.$$("input[type=file]")).slice(-1);
      await (input as ElementHandle<HTMLInputElement>).uploadFile(...names.map(file));
    };
    await choose("damaged.keras");
    await page.waitForSelector("[role=alert]");
    expect(await textOf(page, "[role=alert]")).toMatch(/expected|damaged|zip/);
    await choose("dense.keras");
    await shows(page, "main", "It has no recurrent layer");
    await press(page, "nav", "Read");
    await shows(page, "main", "no gates and no memory to look at");
    expect(await violations(page)).toEqual([]);
    await press(page, "nav", "Start");
    await page.waitForSelector(".card");
    await page.click(".cards li:first-child button");
    await page.waitForSelector(".words button");
    expect(said).toEqual([]);
    await page.close();
  });

  test("a file of Keras 2, a model beside another, and a table that is dropped for a forecaster", async () => {
    const { page, said } = await site.open("");
    const fixture = (name: string) => join(import.meta.dirname, "../fixtures", name);
    const lastInput = async () => (await page.$$("input[type=file]")).slice(-1)[0] as ElementHandle<HTMLInputElement>;
    await (await lastInput()).uploadFile(fixture("models/keras2.h5"));
    await shows(page, "main h1", "keras2");
    await press(page, "nav", "Model");
    const [, beside] = (await page.$$("label.drop")).reverse();
    await ((await beside.$("input"))! as ElementHandle<HTMLInputElement>).uploadFile(fixture("models/keras2.h5"));
    await shows(page, "main", "All weights are the same.");
    expect(await violations(page)).toEqual([]);

    await (await lastInput()).uploadFile(fixture("0.1/forecaster.keras"));
    await shows(page, "main", "step by step");
    await page.waitForSelector(".input label"); // the heading stands before the model is there
    const columns = Number(/(\d+) numbers a step/.exec(await textOf(page, ".input label"))?.[1] ?? 1);
    const rows = Array.from({ length: 60 }, (_, t) => `2024-01-${String((t % 28) + 1).padStart(2, "0")},${Array.from({ length: columns }, (_, d) => (t * (d + 1)) % 7).join(",")}`); // biome-ignore format: one line
    const table = `date,${Array.from({ length: columns }, (_, d) => `c${d}`).join(",")}\n${rows.join("\n")}`;
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "series.csv"));
      document.querySelector(".page")!.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    }, table);
    await shows(page, ".words", "2024-01-");
    await shows(page, "main", "Forecast");
    expect(said).toEqual([]);
    await page.close();
  });

  test("Units: groups, probe, nearest states; its figures are saved and its code shown; so are those of Write and Race", async () => {
    const { page, said } = await site.open("#v=1&lab=sentiment&view=units", 360, true);
    await page.waitForFunction(() => (document.querySelector("textarea")?.value.split("\n").length ?? 0) > 50);
    await press(page, "main", "Look at the units");
    await page.waitForSelector(".units table");
    const text = await textOf(page, "main");
    expect(text).toMatch(/after a negation: (yes|nothing found) \(right at \d+ % of \d+ steps; random labels \d+ %/);
    expect(text).toMatch(/4 factors of the outputs .* which explain \d+ % of/);
    await (await page.$$(".coloured button"))[0].click();
    await page.waitForSelector("ul.near li, h3 + p");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.$$eval(".code summary", (all) => (all[0] as HTMLElement).click());
    await shows(page, ".code pre", "linearProbe");
    expect(await violations(page)).toEqual([]);
    await press(page, "nav", "Write");
    await press(page, "main", "Open the next-word model");
    await page.waitForSelector(".tree .guess");
    await page.$$eval(".code summary", (all) => (all[0] as HTMLElement).click());
    await shows(page, ".code pre", "writer.generate");
    await press(page, "nav", "Race");
    await page.$eval(".settings", () => undefined);
    await page.evaluate(() => {
      location.hash = "#v=1&view=race&length=10&units=2&seeds=1&steps=5";
    });
    await press(page, "main", "Race");
    await shows(page, ".said", "Done: step 5 of 5");
    await page.$$eval(".code summary", (all) => (all[0] as HTMLElement).click());
    await shows(page, ".code pre", "addingProblem({ rows, steps: 10, seed })");
    expect(await page.$$(".race .save")).toHaveLength(2);
    expect(await violations(page)).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });
});

/** What is typed on the page, as numbers [1, T, 2]. */
async function typed(page: Page): Promise<number[][][]> {
  const text = await page.$eval("#input", (element) => (element as HTMLTextAreaElement).value);
  return [text.split(";").map((step) => step.trim().split(/\s+/).map(Number))];
}
