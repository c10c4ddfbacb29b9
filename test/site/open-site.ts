/** The site, built without the studio, served, and a browser on it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { type BuiltSite, makeSite, writeSite } from "../../site/build/site.ts";
import { serveFolder, startBrowser } from "../studio/browser.ts";
import { type OpenedPage, openPage } from "../studio/page.ts";

export const longest = 100_000; // ms that a test waits: continuous integration may be slow

export interface OpenSite {
  readonly built: BuiltSite;
  readonly folder: string;
  readonly address: string;
  /** Requests that reached the server, as "GET /labs/memory.html". */
  readonly requests: string[];
  open(path: string, looks?: { width?: number; dark?: boolean }): Promise<OpenedPage>;
  /** A lab's page, its cells ready. */
  lab(path?: string): Promise<OpenedPage>;
  endServer(): void;
  end(): Promise<void>;
}

export async function openSite(): Promise<OpenSite> {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-site-"));
  const built = await makeSite(join(import.meta.dirname, "../.."));
  writeSite(built, folder);
  mkdirSync(join(folder, "studio"));
  writeFileSync(
    join(folder, "studio/index.html"),
    "<!doctype html><title>The studio is built by its own tests</title>",
  );
  const requests: string[] = [];
  const served = await serveFolder(folder, false, (request) => void requests.push(request));
  const { browser, end } = await startBrowser();
  const open: OpenSite["open"] = (path, looks = {}) => openPage(browser, served.address + path, looks);
  return {
    built,
    folder,
    address: served.address,
    requests,
    open,
    async lab(path = "labs/pass-fail.html") {
      const opened = await open(path);
      await cellsReady(opened.page);
      return opened;
    },
    endServer: served.end,
    async end() {
      served.end();
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the cells of a page can be used. */
export async function cellsReady(page: Page): Promise<void> {
  await page.waitForFunction(() => document.documentElement.dataset.cells !== undefined, { timeout: longest });
}

const cell = (number: number) => `.cell[data-cell="${number}"]`;

/** Puts code into a cell, as typing would. */
export async function write(page: Page, number: number, code: string): Promise<void> {
  await page.$eval(
    `${cell(number)} textarea`,
    (field, text) => {
      (field as HTMLTextAreaElement).value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    code,
  );
}

export const pressIn = (page: Page, number: number, label: string): Promise<void> =>
  page.$$eval(
    `${cell(number)} .cell-buttons button`,
    (buttons, wanted) => (buttons.find((button) => button.textContent === wanted) as HTMLButtonElement).click(),
    label,
  );

export const linesOf = (page: Page, number: number): Promise<string> =>
  page.$eval(`${cell(number)} .cell-lines`, (element) => element.textContent ?? "");

export const saidIn = (page: Page, number: number): Promise<string> =>
  page.$eval(`${cell(number)} .cell-said`, (element) => element.textContent ?? "");

/** Runs a cell to its end; the lines it printed. */
export async function runCell(page: Page, number = 1, code?: string): Promise<string> {
  if (code !== undefined) await write(page, number, code);
  await pressIn(page, number, "Run");
  await saidToEnd(page, number);
  return linesOf(page, number);
}

export const saidToEnd = (page: Page, number: number) =>
  page.waitForFunction(
    (where) =>
      /^(Done|Ended|Stopped|The engine)/.test(document.querySelector(`${where} .cell-said`)?.textContent ?? ""),
    { timeout: longest },
    cell(number),
  );
