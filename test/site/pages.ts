/** The site in Chromium: its pages as they are read. */
import type { Page } from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { violations } from "../studio/page.ts";
import { cellsReady, longest, type OpenSite, runCell } from "./open-site.ts";

export const readPages = (site: () => OpenSite) =>
  describe("the site's pages", () => {
    const wide = (page: Page) =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

    test("the start page trains a model as it opens, answers for each student, and trains again", async () => {
      const { page, said } = await site().open("");
      await page.waitForSelector("#demo[data-ready]", { timeout: longest });
      expect(await page.$eval(".demo-said", (p) => p.textContent)).toMatch(
        /^300 epochs in \d+ ms, seed 1: loss 0\.\d{3} → 0\.\d{3}, 5 of 5 right\.$/,
      );
      const verdict = () => page.$eval(".demo-verdict", (p) => p.textContent!);
      expect(await verdict()).toMatch(/^passes: 0\.[5-9]\d\d$/);
      for (const box of (await page.$$("#demo input")).slice(0, 2)) await box.click();
      expect(await verdict()).toMatch(/^fails: 0\.[0-4]\d\d$/);
      await page.click(".demo-again");
      await page.waitForFunction(() => document.querySelector(".demo-said")?.textContent?.includes("seed 2"), {
        timeout: longest,
      });
      await cellsReady(page);
      expect(await runCell(page)).toMatch(/^\[ \[ 0\.[5-9]\d+ \] \]\n$/);
      expect(await page.$eval(".cell-figures", (div) => div.textContent)).toMatch(
        /^Save pass-fail\.keras \(\d+\.\d kB\)$/,
      );
      expect(said).toEqual([]);
      await page.close();
    });

    test("pages have no fault that axe finds, light, dark and at 360 pixels, and are never wider than the window", async () => {
      const looks = [{ width: 1280 }, { width: 1280, dark: true }, { width: 360 }];
      const paths = [
        "index.html",
        "labs/index.html",
        "labs/next-word.html",
        "guides/coming-from.html",
        "api/plot.html",
        "results/adding.html",
        "teaching/index.html",
      ];
      for (const path of paths)
        for (const look of path.endsWith("index.html") ? looks : [looks[1 + (path.length % 2)]]) {
          const { page, said } = await site().open(path, look);
          if (site().built.pages.get(path)!.includes('class="cell"')) await cellsReady(page);
          expect(await violations(page), `${path} ${JSON.stringify(look)}`).toEqual([]);
          expect(await wide(page), `${path} at ${look.width}`).toBeLessThanOrEqual(0);
          expect(said, path).toEqual([]);
          await page.close();
        }
    });

    test("pages are read without scripts at 360 pixels, and none is wider", async () => {
      const { page, said } = await site().open("", { width: 360 });
      await page.setJavaScriptEnabled(false);
      const all = [...site().built.pages.keys()];
      const alike = /^(api|results)\//; // made by one hand: a third of them
      for (const path of all.filter((path, i) => !alike.test(path) || i % 3 === 0)) {
        await page.goto(site().address + path, { waitUntil: "load" }); // its styles, too
        expect(await wide(page), path).toBeLessThanOrEqual(0);
      }
      expect(said).toEqual([]);
      await page.close();
    });

    test("the search finds a heading and leads to it", async () => {
      const { page, said } = await site().open("results/index.html");
      await page.keyboard.press("/");
      await page.waitForSelector("dialog[open] input", { timeout: longest });
      await page.type("dialog input", "vanishing gradi");
      await page.waitForSelector(".found a", { timeout: longest });
      expect(await page.$$eval(".found a", (links) => links.map((link) => link.getAttribute("href")))).toContain(
        "../labs/memory.html#the-vanishing-gradient",
      );
      expect(await violations(page)).toEqual([]);
      await page.$eval('.found a[href$="#the-vanishing-gradient"]', (link) => (link as HTMLElement).click());
      await page.waitForFunction(() => location.hash === "#the-vanishing-gradient", { timeout: longest });
      expect(said).toEqual([]);
      await page.close();
    });
  });

/** The last of all: it ends the server. */
export const leaveNetwork = (site: () => OpenSite) =>
  test("after the first visit the labs run without a network", async () => {
    const { page } = await site().lab("labs/next-value.html");
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      while (!(await caches.keys()).some((name) => name.startsWith("cellstate-site")))
        await new Promise((go) => setTimeout(go, 50));
    });
    site().endServer();
    await page.reload();
    await cellsReady(page);
    expect(await runCell(page, 1, 'import { version } from "cellstate"; console.log(typeof version);')).toBe(
      "string\n",
    );
    await page.goto(`${site().address}labs/memory.html`);
    await cellsReady(page);
    await page.goto(site().address);
    await page.waitForSelector("#demo[data-ready]", { timeout: longest });
    await page.close();
  });
