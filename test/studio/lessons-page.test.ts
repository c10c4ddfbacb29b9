/** Lessons and labs in Chromium: asked, predicted, revealed; a teacher's own; trained, gone back, with data that are dropped. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plainSentences } from "../../src/studio/labs/made-up-reviews.ts";
import { chromium } from "./browser.ts";
import { dropFile, press, text, violations } from "./page.ts";
import { type Site, startSite } from "./site.ts";

if (!chromium) console.warn("The studio's lessons skipped: no Chromium on the PATH");

describe.skipIf(!chromium)("lessons and labs", { timeout: 120_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  }, 240_000);
  afterAll(() => site.end());
  const begins = (page: Page, word: string) =>
    page.waitForFunction((wanted) => document.querySelector(".said")?.textContent?.startsWith(wanted), {}, word);
  const narrow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

  test("from Start to a lesson by keyboard: no number before the prediction, then the trace's own, and the address holds it", async () => {
    const { page, asked, said } = await site.open("#", 360);
    const [button] = await page.$$('xpath///main//button[starts-with(normalize-space(), "The forget gate")]');
    await button.focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector(".words-to-choose button");
    expect(await text(page, ".diagram")).not.toMatch(/\d/);
    expect(await text(page, ".equations")).not.toMatch(/\d/);
    expect(await page.$eval(".reveal", (reveal) => (reveal as HTMLButtonElement).disabled)).toBe(true);
    const words = await page.$$(".words-to-choose button");
    await words[2].focus();
    await page.keyboard.press("Enter");
    await page.focus(".reveal");
    const before = asked.length;
    await page.keyboard.press("Enter");
    await page.waitForSelector(".verdict");
    expect(await text(page, ".verdict")).toMatch(
      /^Not quite\. At “but” the network keeps the least of its memory: 28 %\. You said “was”: 71 %\./,
    );
    await page.waitForFunction(() => document.querySelector(".equations")?.textContent?.includes("σ(−"));
    const [f, i, g, , c] = await page.$$eval(".equations tr", (rows) =>
      rows.map((row) => Number(row.lastElementChild!.textContent!.split("=").at(-1)!.trim().replace("−", "-"))),
    );
    const kept = (await text(page, ".equations tr:nth-child(5) td:last-child"))
      .match(/× (\S+) \+/)![1]
      .replace("−", "-");
    expect(f * Number(kept) + i * g).toBeCloseTo(c, 2); // three digits each
    expect(page.url()).toMatch(/#v=1&view=lessons&lesson=forget&answer=3&shown=1$/);
    expect(await narrow(page)).toBeLessThanOrEqual(360);
    expect(await violations(page)).toEqual([]);
    expect(asked.slice(before)).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  test("every other lesson is revealed from its link, and says the numbers that it saw", async () => {
    for (const [lesson, answer, wanted] of [
      ["input", 4, /^Right\. At “not” the network writes the most to its memory: 0\.67\./],
      ["output", 0, /^Right, within 5 points\. The probability of “gate”, 94 % before, is less than 1 %/],
      ["padding", 1, /^Right: with the mask only\. Positive has 0\.03 .* 0\.03 .* 0\.51/],
      ["overfitting", 3, /^Right: it falls, then rises again\. On new sentences 0\.\d+ at best and \d\.\d+ in the end/],
      ["temperature", 90, /^Not quite\. “candidate” has 11 % at temperature 1; at 0\.5 it is 19 %; you said 90 %/],
      ["forecasts", 4, /^Right: the same month a year ago, times the growth since\. RMSE .* the network 39\.\d/],
    ] as const) {
      const { page, said } = await site.open(
        `#v=1&view=lessons&lesson=${lesson}&answer=${answer}&shown=1`,
        800,
        answer === 4,
      );
      await page.waitForSelector(".verdict", { timeout: 60_000 });
      expect(await text(page, ".verdict"), lesson).toMatch(wanted);
      expect(await violations(page), lesson).toEqual([]);
      expect(said, lesson).toEqual([]);
      await page.close();
    }
  });

  test("why RNNs forget: the race is run on the page, its gradient and the attention lane stand beside it", async () => {
    const { page, said } = await site.open("#v=1&view=lessons&lesson=why-rnns-forget");
    await page.waitForSelector(".choices input");
    await page.click(".choices label:nth-of-type(1) input");
    await page.evaluate(() => {
      const tasks: number[] = [];
      Object.assign(globalThis, { tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: "longtask",
      });
    });
    await press(page, "main", "Show what the network does");
    await page.waitForSelector(".verdict", { timeout: 110_000 });
    expect(await text(page, ".verdict")).toMatch(
      /^Not quite: the LSTM and the GRU\. Losses after 600 steps: simple RNN 0\.2/,
    );
    expect(await text(page, "section[aria-labelledby=flow-title] .said")).toContain(
      "It vanishes on its way in the simple RNN",
    );
    expect(await text(page, "section[aria-labelledby=attention-title] .said")).toMatch(
      /The two marked steps have [3-9]\d %/,
    );
    const longest = await page.evaluate(() => Math.max(0, ...(globalThis as unknown as { tasks: number[] }).tasks));
    console.log(`lesson with a race: longest task of the page ${longest} ms (0: none over 50)`);
    expect(await text(page, ".in-the-cell")).toMatch(/f\s*× c₋|σ\(/);
    expect(await violations(page)).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  test("a teacher makes a lesson, its link asks it elsewhere; what is damaged is refused in words", async () => {
    const { page } = await site.open("#v=1&view=lessons", 360);
    await page.waitForSelector("#own-sentence");
    await page.type("#own-sentence", "the story was slow but the actors were wonderful");
    await page.type("#own-question", "Where does it forget <b>?");
    await page.waitForSelector(".make .link");
    const link = await page.$eval(".make .link", (input) => (input as HTMLInputElement).value);
    expect(await narrow(page)).toBeLessThanOrEqual(360);
    await page.close();
    const { page: student, said } = await site.open(new URL(link).hash);
    await student.waitForSelector(".words-to-choose button");
    expect(await text(student, ".question")).toBe("Where does it forget <b>?");
    const words = await student.$$(".words-to-choose button");
    await words[4].click();
    await press(student, "main", "Show what the network does");
    await student.waitForSelector(".verdict.right");
    expect(await violations(student)).toEqual([]);
    expect(said).toEqual([]);
    await student.close();
    const { page: stranger } = await site.open(`${new URL(link).hash.replace("kept", "stolen")}&reveal=1`);
    await stranger.waitForSelector(".note");
    const notes = await stranger.$$eval(".note", (all) => all.map((note) => note.textContent).join(" "));
    expect(notes).toMatch(/unknown part "reveal".*measure is left out: expected one of kept/);
    await stranger.waitForSelector(".lessons");
    await stranger.close();
  });

  test("a lab trains from its link, goes back by keyboard to the beginning, and writes what it learned", async () => {
    const { page, said } = await site.open(
      "#v=1&view=train&train=four-lines&layer=gru&steps=200&rate=0.01&units=evil",
      360,
    );
    await page.waitForSelector(".note");
    expect(await text(page, ".note")).toContain("The link's units is left out: expected a whole number from 1 to 256");
    await press(page, "main", "Train");
    await begins(page, "Done: step 200 of 200");
    await page.waitForFunction(() => document.querySelector(".outcome bdi, .outcome .name")?.textContent === "your");
    await page.focus(".rewind input");
    await page.keyboard.press("Home");
    await begins(page, "Back: step 0 of 200");
    expect(await text(page, ".rewind")).toMatch(/networks are kept, one in 2 epochs: \d+(\.\d)? MB of at most 64 MB/);
    await page.keyboard.press("End");
    await begins(page, "Done: step 200 of 200");
    expect(page.url()).toContain("view=train&train=four-lines&layer=gru&units=50&rate=0.01");
    expect(await narrow(page)).toBeLessThanOrEqual(360);
    await press(page, "main", "Write with it");
    await page.waitForSelector(".tree .guess");
    expect(said).toEqual([]);
    await page.close();
  });

  test("data that are dropped are read, trained on and stay here; a damaged file is refused with its line", async () => {
    const { page, asked, said } = await site.open("#v=1&view=train&train=imdb");
    await page.waitForSelector("fieldset.drop");
    const begin = () => page.$eval(".train .row button", (button) => (button as HTMLButtonElement).disabled);
    expect(await begin()).toBe(true);
    const rows = plainSentences(60, 4).map(([text, label]) =>
      JSON.stringify({ text, label: Number(label === "positive") }),
    );
    const before = asked.length;
    await dropFile(page, "reviews.jsonl", Buffer.from([...rows.slice(0, 3), '{"text": 1}'].join("\n")));
    await page.waitForSelector("[role=alert]");
    expect(await text(page, "[role=alert]")).toContain("reviews.jsonl, line 4");
    await dropFile(page, "aclImdb_train.jsonl.gz", gzipSync(rows.join("\n")));
    await page.waitForFunction(() => document.querySelector("fieldset.drop")?.textContent?.includes("60 reviews"));
    expect(await begin()).toBe(false);
    expect(await violations(page)).toEqual([]);
    await page.$$eval(".settings label", (labels) => {
      const input = labels.find((label) => label.textContent?.trim() === "Steps")!.querySelector("input")!;
      input.value = "5";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await press(page, "main", "Train");
    await begins(page, "Done: step 5 of 5");
    expect(await text(page, ".said")).toContain("on rows held out");
    expect(asked.slice(before).filter((line) => !/\.(js|css)$/.test(line))).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  test("a table that is dropped trains the lab of series, beside the value before as the forecast, and is read with", async () => {
    const { page, asked, said } = await site.open("#v=1&view=train&train=series", 360);
    await page.waitForSelector("fieldset.drop");
    const before = asked.length;
    const rows = Array.from({ length: 200 }, (_, t) => `2024-01-${1 + (t % 28)},${300 + ((t * 37) % 11)}`);
    await dropFile(page, "prices.csv", Buffer.from(["Date,Open", ...rows].join("\n")));
    await page.waitForFunction(() =>
      document.querySelector("fieldset.drop")?.textContent?.includes("200 values of Open"),
    );
    await page.$$eval(".settings label", (labels) => {
      const input = labels.find((label) => label.textContent?.trim() === "Steps")!.querySelector("input")!;
      input.value = "20";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await press(page, "main", "Train");
    await begins(page, "Done: step 20 of 20");
    expect(await text(page, ".said")).toMatch(/the value before as the forecast: \d/);
    expect(await violations(page)).toEqual([]);
    expect(await narrow(page)).toBeLessThanOrEqual(360);
    await press(page, "main", "Read with it");
    await page.waitForSelector(".words button");
    expect((await page.$$(".words button")).length).toBe(20);
    expect(asked.slice(before).filter((line) => !/\.(js|css)$/.test(line))).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  test("dialogues open with their small model, without any data", async () => {
    const { page, said } = await site.open("#v=1&view=train&train=dialogues");
    await press(page, "main", "Open the small model that was trained on such data");
    await page.waitForSelector(".tree .guess");
    expect(readFileSync(join(import.meta.dirname, "../../studio/models/dialogues.keras")).length).toBeLessThan(500_000);
    expect(said).toEqual([]);
    await page.close();
  });
});
