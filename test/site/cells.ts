/** The cells of the labs in Chromium, as students and teachers use them. */
import { describe, expect, test } from "vitest";
import { violations } from "../studio/page.ts";
import {
  cellsReady,
  linesOf,
  longest,
  type OpenSite,
  pressIn,
  runCell,
  saidIn,
  saidToEnd,
  write,
} from "./open-site.ts";

export const tryCells = (site: () => OpenSite) =>
  describe("the site's cells", () => {
    test("a cell runs TypeScript, shows lines, a training's curve and charts; the next run begins anew", async () => {
      const { page, said } = await site().lab();
      expect(await runCell(page)).toBe("1\n");
      expect(await saidIn(page, 1)).toMatch(/^Done after \d+\.\d s\.$/);
      expect(
        await page.$$eval(".cell-curve polyline", (lines) => lines[0].getAttribute("points")!.split(" ").length),
      ).toBeGreaterThan(1);
      expect(await runCell(page, 2)).toBe("pass\n");
      const program = `import { dense, lstm, sequential, type History } from "cellstate";
import { plotHistory } from "cellstate/plot";
const model = sequential([lstm(2), dense(1)]);
model.compile({ optimizer: "adam", loss: "mse" });
const h: History = await model.fit([[[1], [2]], [[2], [3]]], [3, 4], { epochs: 4, verbose: 0, validationSplit: 0.5 });
console.log(await plotHistory(h.history));
console.log(h.history.loss.length as number, { done: true });`;
      expect(await runCell(page, 1, program)).toBe("4 { done: true }\n");
      const image = await page.waitForSelector(".cell-figures img", { timeout: longest });
      await page.waitForFunction((img) => (img as HTMLImageElement).naturalWidth > 100, { timeout: longest }, image);
      expect(await violations(page)).toEqual([]);
      expect(said).toEqual([]);
      await page.close();
    });

    test("a program that continues others runs after them; a file of the reader's is read by its name", async () => {
      const { page } = await site().lab("labs/next-word.html");
      await write(
        page,
        2,
        "const { x, y, maxLen } = nextWordRows(tokenizer.textsToSequences(lines)); console.log(x.shape, lines.length);",
      );
      expect(await runCell(page, 2)).toMatch(/^\[ 948, 1\d \] \d+\n$/);
      const input = await page.$(".given-files input");
      await page.$eval(".given-files", (details) => ((details as HTMLDetailsElement).open = true));
      const data = await page.evaluateHandle(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["a b c\nd e f"], "faq.txt"));
        transfer.items.add(new File(["n\n1\n2\n"], "n.csv"));
        return transfer;
      });
      await page.evaluate(
        (field, transfer) => {
          (field as HTMLInputElement).files = (transfer as DataTransfer).files;
          field!.dispatchEvent(new Event("change"));
        },
        input,
        data,
      );
      await page.waitForFunction(
        () => document.querySelector(".given-files")?.textContent?.includes("n.csv (0.0 kB)"),
        {
          timeout: longest,
        },
      );
      expect(await runCell(page, 2)).toBe("[ 4, 2 ] 2\n");
      const csv =
        'import { columnNumbers, readCsv } from "cellstate/data"; console.log(columnNumbers(await readCsv("n.csv")).toArray());';
      expect(await runCell(page, 1, csv)).toBe("[ [ 1 ], [ 2 ] ]\n");
      await page.close();
    });

    test("errors say what and in which line; Reset brings the original back, a draft stays until then", async () => {
      const { page } = await site().lab();
      await pressIn(page, 1, "Reset"); // drafts of tests before
      const original = await page.$eval(".cell textarea", (field) => (field as HTMLTextAreaElement).value);
      expect(await runCell(page, 1, 'import { lstm } from "cellstate";\n\nlstm(8, { unitz: 3 } as object);')).toMatch(
        /^line 3: DataError: lstm: unknown option "unitz"\./,
      );
      expect(await saidIn(page, 1)).toMatch(/^Ended with an error/);
      expect(await page.$eval(".marked-line", (line) => (line as HTMLElement).hidden)).toBe(false);
      await runCell(page, 1, 'for (let i = 0; i < 300; i++) console.log(i);\nthrow new Error("at the end");');
      const isSeen = await page.$eval('[data-cell="1"] .cell-error', (error) => {
        const [own, around] = [error, error.parentElement!].map((one) => one.getBoundingClientRect());
        return own.top >= around.top && own.bottom <= around.bottom;
      });
      expect(isSeen).toBe(true);
      expect(await runCell(page, 1, "const a = 1;\nconst b = ;")).toMatch(/^line 2: SyntaxError: /);
      expect(await runCell(page, 1, 'import x from "left-pad"; x();')).toContain(
        'There is no "left-pad" in a cell. There are: cellstate, ',
      );
      await page.reload();
      await cellsReady(page);
      expect(await page.$eval(".cell textarea", (field) => (field as HTMLTextAreaElement).value)).toContain("left-pad");
      await pressIn(page, 1, "Reset");
      expect(await page.$eval(".cell textarea", (field) => (field as HTMLTextAreaElement).value)).toBe(original);
      await page.reload();
      await cellsReady(page);
      expect(await page.$eval(".cell textarea", (field) => (field as HTMLTextAreaElement).value)).toBe(original);
      await page.close();
    });

    test("an endless loop is stopped by a click, and by the clock", async () => {
      const { page } = await site().lab();
      await write(page, 1, 'console.log("begun"); await new Promise((go) => setTimeout(go, 100)); while (true);');
      await pressIn(page, 1, "Run");
      await page.waitForFunction(() => document.querySelector(".cell-lines")?.textContent === "begun\n", {
        timeout: longest,
      });
      await pressIn(page, 1, "Stop");
      await saidToEnd(page, 1);
      expect(await saidIn(page, 1)).toMatch(/^Stopped after/);
      expect(await page.$("iframe")).toBeNull();
      await page.waitForFunction(() => true);
      await expect.poll(() => page.workers().length, { timeout: longest }).toBe(0);
      await page.evaluateOnNewDocument(() => {
        const wait = window.setTimeout;
        Object.assign(window, { setTimeout: (work: () => void, ms: number) => wait(work, ms === 60_000 ? 1500 : ms) });
      });
      await page.reload();
      await cellsReady(page);
      expect(await runCell(page, 1, "while (true);")).toBe("");
      expect(await saidIn(page, 1)).toContain("a run ends after 60 s");
      await page.close();
    });

    test("a link with edits shows its code and a warning, and does not run it", async () => {
      const { page } = await site().lab();
      await write(page, 2, 'console.log("RAN");');
      await pressIn(page, 2, "Copy link");
      await page.waitForSelector("[data-link]", { timeout: longest });
      const link = await page.$eval("[data-link]", (button) => (button as HTMLElement).dataset.link!);
      await pressIn(page, 2, "Reset");
      await page.close();
      const opened = await site().open(link.slice(site().address.length));
      await cellsReady(opened.page);
      expect(await opened.page.$eval('[data-cell="2"] textarea', (field) => (field as HTMLTextAreaElement).value)).toBe(
        'console.log("RAN");',
      );
      expect(await saidIn(opened.page, 2)).toContain("Nothing has run");
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await opened.page.$("iframe")).toBeNull();
      expect(await linesOf(opened.page, 2)).toBe("");
      expect(await runCell(opened.page, 2)).toBe("RAN\n");
      await pressIn(opened.page, 2, "Reset");
      await opened.page.evaluate(() => (location.hash = "#cell=1&code=AAAA"));
      await opened.page.waitForFunction(() => document.querySelector(".cell-said")?.textContent?.includes("damaged"), {
        timeout: longest,
      });
      await opened.page.close();
    });

    test("what a student hands in is a file, which the teacher's page reads as text", async () => {
      const { page } = await site().lab();
      await page.evaluate(() => {
        const { createObjectURL } = URL;
        URL.createObjectURL = (blob) => {
          if ((blob as Blob).type === "application/json")
            void (blob as Blob).text().then((text) => Object.assign(window, { saved: text }));
          return createObjectURL(blob);
        };
      });
      await runCell(page, 1, 'console.log("<b onclick=alert(1)>mine</b>");');
      const save = () => page.$eval(".hand-in button", (button) => (button as HTMLElement).click());
      await save();
      expect(await page.$eval(".hand-in [role=status]", (p) => p.textContent)).toBe("Write your name first.");
      await page.type(".hand-in input", "Ada L");
      await page.type(".hand-in textarea", "The forget gate keeps.");
      await save();
      await page.waitForFunction(() => "saved" in window, { timeout: longest });
      const text = await page.evaluate(() => (window as unknown as { saved: string }).saved);
      expect(JSON.parse(text)).toMatchObject({
        lab: "pass-fail",
        name: "Ada L",
        cells: [
          { number: 1, changed: true, output: "<b onclick=alert(1)>mine</b>\n" },
          { number: 2, changed: false, seconds: null },
          { number: 3 },
        ],
      });
      await pressIn(page, 1, "Reset");
      await page.goto(`${site().address}teaching/index.html`);
      const input = await page.waitForSelector(".given-files input", { timeout: longest });
      await page.evaluate(
        (field, contents) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([contents], "a.json"));
          transfer.items.add(new File(["{}"], "b.json"));
          (field as HTMLInputElement).files = transfer.files;
          field!.dispatchEvent(new Event("change"));
        },
        input,
        text,
      );
      await page.waitForSelector(".handed", { timeout: longest });
      expect(await page.$eval(".given-files [role=status]", (p) => p.textContent)).toBe(
        "1 read. b.json: It is not a hand-in of Cellstate's labs.",
      );
      expect(await page.$eval(".handed", (d) => d.textContent)).toMatch(
        /^Ada L: pass-fail, 1 of 3 programs run, 1 changed.*The forget gate keeps\..*<b onclick=alert\(1\)>mine<\/b>\n$/s,
      );
      expect(await page.$$eval(".handed b", (all) => all.length)).toBe(0);
      await page.close();
    });
  });
