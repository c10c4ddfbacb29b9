import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { buildSite, serveFolder, startBrowser } from "./browser.ts";
import { type OpenedPage, openPage } from "./page.ts";

/** The studio's site, built and served, and a browser to look at it. */
export interface Site {
  readonly folder: string;
  /** A page of a size, which must not complain; what it asked of the network is listed. */
  open(hash: string, width?: number, dark?: boolean): Promise<OpenedPage>;
  end(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-studio-views-"));
  await buildSite(folder);
  const { browser, end } = await startBrowser();
  const served = await serveFolder(join(folder, "site"));
  return {
    folder,
    open: (hash, width = 1280, dark = false) => openPage(browser, served.address + hash, { width, dark }),
    async end() {
      served.end();
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export { text as textOf, violations } from "./page.ts";

/** Waits until an element has a text within it. */
export const shows = (page: Page, selector: string, part: string) =>
  page.waitForFunction(
    (where, wanted) => document.querySelector(where)?.textContent?.includes(wanted),
    { timeout: 30_000 },
    selector,
    part,
  );

/** Presses the button whose name begins so. */
export async function press(page: Page, label: string, where = "main"): Promise<void> {
  const [button] = await page.$$(
    `xpath///${where}//button[starts-with(normalize-space(translate(., "▸▾", "")), "${label}")]`,
  );
  if (!button) throw new Error(`no button "${label}"`);
  await button.click();
}
