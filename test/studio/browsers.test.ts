/**
 * The two clicks to the forget gate in each browser that is here, Chromium and Firefox: by mouse, by keyboard alone, by touch at
 * 360 pixels, at 200 %, in dark and with reduced motion, from right to left, isolated or not, offline, and from file://.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { unzipSync } from "fflate";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../../src/index.ts";
import { browsers, buildFile, buildSite, serveFolder, startBrowser } from "./browser.ts";
import { chosen, clickWord, dropFile, dropFiles, openAll, openPage, press, text, wordButton } from "./page.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-studio-browsers-"));
const here = (Object.keys(browsers) as (keyof typeof browsers)[]).filter((name) => browsers[name]);
for (const [name, path] of Object.entries(browsers))
  if (!path) console.warn(`${name} skipped: not on the PATH, so that the studio is not tried in it`);

beforeAll(async () => {
  if (here.length === 0) return;
  await buildSite(folder);
  await buildFile(folder);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
const said = /At “not” the layer kept \d+ % of its memory/;
const views = ["Start", "Read", "Train", "Race", "Write", "Units", "Model"];

describe.each(here)("the studio in %s", (name) => {
  let browser: Browser;
  let address = "";
  const site = join(folder, "site");
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    const started = await startBrowser({ name, dark: name === "Firefox" });
    browser = started.browser;
    const served = await serveFolder(site);
    address = served.address;
    ends.push(started.end, served.end);
  }, 120_000);
  afterAll(async () => {
    for (const end of ends) await end();
  });

  test("two clicks by mouse, dark and with reduced motion, on a page that is isolated", async () => {
    const { address, end } = await serveFolder(site, true);
    const { page, said: complaints } = await openPage(browser, address, { dark: true });
    const media = await page.evaluate(() =>
      ["(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"].map((query) => matchMedia(query).matches),
    );
    expect(media).toEqual([true, true]);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page.click(".card");
    await clickWord(page, "not");
    expect(await text(page, ".said")).toMatch(said);
    const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(Math.max(...paper.match(/\d+/g)!.map(Number))).toBeLessThan(60); // dark
    const moving = await page.evaluate(() => document.getAnimations().length);
    expect(moving).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
    end();
  });

  test("the same by keyboard alone, on a page that is not isolated", async () => {
    const { page, said: complaints } = await openPage(browser, address);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    for (let k = 0; k < 30; k++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement?.classList.contains("card"))) break;
    }
    await page.keyboard.press("Enter");
    await page.waitForSelector(".words button");
    // The card is gone: whoever cannot see is led to the heading of what has come.
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    for (let k = 0; k < 4; k++) await page.keyboard.press("ArrowRight");
    await page.waitForSelector(".cell");
    expect(await chosen(page)).toBe("not");
    expect(await text(page, ".said")).toMatch(said);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("2");
    expect(await text(page, ".unseen[role=status]")).toMatch(/Step 4 of 5: not\. Unit 2, input gate \d\.\d\d/);
    await page.keyboard.press("End");
    expect(await chosen(page)).toBe("good");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog"));
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("by touch at 360 pixels; no view scrolls sideways", async () => {
    const { page, said: complaints } = await openPage(browser, address, { width: 360, height: 640, scale: 2 });
    await page.tap(".card");
    await page.waitForSelector(".words button");
    await (await wordButton(page, "not")).tap();
    await page.waitForSelector("table.sum");
    expect(await text(page, ".said")).toMatch(said);
    await openAll(page);
    expect(await sideways(page), "all opened").toBeLessThanOrEqual(0);
    for (const view of views) {
      await press(page, "nav", view);
      expect(await sideways(page), view).toBeLessThanOrEqual(0);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("at 200 % of a small screen nothing is lost or scrolls sideways", async () => {
    const { page } = await openPage(browser, address, { width: 640, height: 400, scale: 2 });
    await page.click(".card");
    await clickWord(page, "not");
    await page.waitForSelector("table.sum");
    await openAll(page);
    expect(await text(page, ".said")).toMatch(said);
    expect(await sideways(page)).toBeLessThanOrEqual(0);
    await page.close();
  });

  test("in a page from right to left each word stands above its own column", async () => {
    const { page } = await openPage(browser, address, { width: 360 });
    await page.evaluate(() => {
      document.documentElement.dir = "rtl";
    });
    await page.click(".card");
    await clickWord(page, "not");
    const off = await page.evaluate(() => {
      const canvas = document.querySelector(".heatmap canvas")!.getBoundingClientRect();
      const words = [...document.querySelectorAll(".words button")].map((word) => word.getBoundingClientRect());
      return words.map(({ left }, t) => Math.abs(left - canvas.left - (t * canvas.width) / words.length));
    });
    expect(Math.max(...off)).toBeLessThan(1.5); // pixels
    expect(await sideways(page)).toBeLessThanOrEqual(0);
    await page.click("#input", { count: 3 });
    await page.type("#input", "הסרט לא היה good");
    await page.waitForFunction(() => document.querySelectorAll(".words button").length === 4);
    const box = await page.$eval("#input", (element) => getComputedStyle(element).direction);
    expect(box).toBe("rtl"); // as it was typed
    await page.close();
  });

  test("opened once it works offline: a card, a word, and a race, whose charts are loaded late", async () => {
    const { address, end } = await serveFolder(site);
    const { page, said: complaints } = await openPage(browser, address);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    end();
    await page.goto("about:blank");
    await page.goto(address);
    await page.waitForSelector(".card");
    await page.click(".card");
    await clickWord(page, "not");
    expect(await text(page, ".said")).toMatch(said);
    await page.goto("about:blank");
    await page.goto(`${address}#v=1&view=race&length=10&units=2&seeds=1&steps=5`);
    await page.waitForSelector(".race");
    await press(page, "main", "Race");
    await page.waitForFunction(() => document.querySelectorAll(".lines canvas").length === 2);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("one file works from file://, and asks nothing of any network", async () => {
    const opened = await openPage(browser, pathToFileURL(join(folder, "file/index.html")).href);
    const { page, said: complaints, asked } = opened;
    await page.click(".card");
    await clickWord(page, "not");
    expect(await text(page, ".said")).toMatch(said);
    await page.evaluate(() => {
      location.hash = "#v=1&view=race&length=10&units=2&seeds=1&steps=5";
    });
    await page.waitForSelector(".race");
    await press(page, "main", "Race");
    await page.waitForFunction(() => document.querySelectorAll(".lines canvas").length === 2);
    expect(await page.$eval(".lines .u-over", (element) => getComputedStyle(element).position)).toBe("absolute");
    expect(complaints).toEqual([]);
    expect(asked.filter((line) => !/^GET (file|blob|data):/.test(line))).toEqual([]);
    await page.close();
  });

  test("a lesson is answered and revealed, on the site and from file://", async () => {
    const places = [address, pathToFileURL(join(folder, "file/index.html")).href];
    for (const place of places) {
      const { page, said: complaints } = await openPage(browser, `${place}#v=1&view=lessons&lesson=forget`);
      await page.waitForSelector(".words-to-choose button");
      expect(await text(page, ".equations"), place).not.toMatch(/\d/);
      await (await page.$$(".words-to-choose button"))[4].click();
      await page.click(".reveal");
      await page.waitForSelector(".verdict");
      expect(await text(page, ".verdict"), place).toMatch(
        /^Right\. At “but” the network keeps the least of its memory/,
      );
      await page.goto("about:blank");
      await page.goto(`${place}#v=1&view=lessons&lesson=temperature&answer=19&shown=1`); // its model is another one
      await page.waitForSelector(".verdict", { timeout: 60_000 });
      expect(await text(page, ".verdict"), place).toMatch(/^Right/);
      await page.goto("about:blank");
      await page.goto(`${place}#v=1&view=lessons&lesson=overfitting&answer=3&shown=1`); // trains on the page
      await page.waitForSelector(".verdict", { timeout: 90_000 });
      expect(await text(page, ".verdict"), place).toMatch(/^Right/);
      expect(complaints, place).toEqual([]);
      await page.close();
    }
  });

  test("Keras's architecture in JSON and its weights, dropped together, are the model; each alone is refused in words", async () => {
    const models = join(import.meta.dirname, "../fixtures/models");
    const whole = unzipSync(readFileSync(join(models, "keras3.keras")));
    const json = whole["config.json"]; // as model.to_json() writes it
    const weights = readFileSync(join(models, "keras3.weights.h5"));
    const { page } = await openPage(browser, pathToFileURL(join(folder, "file/index.html")).href);
    await dropFiles(page, { "net.json": json });
    await page.waitForSelector("[role=alert]");
    expect(await text(page, "[role=alert]")).toMatch(/weights/);
    await dropFiles(page, { "net.weights.h5": weights });
    await page.waitForFunction(() => /received weights alone/.test(document.querySelector("[role=alert]")?.textContent ?? "")); // biome-ignore format: one line
    await dropFiles(page, { "net.weights.h5": weights, "net.json": json });
    await page.waitForFunction(() => document.querySelector("h1")?.textContent?.includes("net.json"));
    await press(page, "nav", "Model");
    await page.waitForSelector(".model table");
    const model = await loadModel(new Uint8Array(readFileSync(join(models, "keras3.keras"))));
    const shown = await text(page, "main");
    for (const { name } of model.layers) expect(shown).toContain(name);
    expect(shown).toContain(model.countParams().toLocaleString("en"));
    await page.close();
  });

  test("what is typed and a file that is dropped never leave the page", async () => {
    const seen: string[] = [];
    const { address, end } = await serveFolder(site, false, (request) => seen.push(request));
    const { page, asked } = await openPage(browser, address);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {})); // it has fetched what it keeps
    const before = [seen.length, asked.length];
    await dropFile(
      page,
      "my-own.keras",
      readFileSync(join(import.meta.dirname, "../fixtures/0.1/textClassifier.keras")),
    );
    await page.waitForSelector("#input");
    await page.click("#input", { count: 3 });
    await page.type("#input", "zebra secret good");
    await page.waitForFunction(() => document.querySelector(".words"));
    await clickWord(page, "good");
    await press(page, "nav", "Model");
    expect(await text(page, "h1")).toContain("my-own");
    expect(page.url()).not.toMatch(/zebra|my-own/); // a model of one's own is in no link
    const local = /^GET (blob:|data:)/;
    expect(asked.slice(before[1]).filter((line) => !local.test(line) && !codeOf(line, address))).toEqual([]);
    expect(seen.slice(before[0]).filter((line) => !/^GET \/(assets\/[\w.-]+|service-worker)\.js$/.test(line))).toEqual(
      [],
    );
    expect(asked.join() + seen.join()).not.toMatch(/zebra|my-own/);
    await page.close();
    end();
  });
});

/** Whether it is a request for a part of the page's own code, which is loaded when it is needed. */
const codeOf = (line: string, address: string): boolean =>
  line.startsWith(`GET ${address}assets/`) && /\/[\w.-]+\.js$/.test(line);
