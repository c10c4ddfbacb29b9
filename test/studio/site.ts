import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { buildSite, serveFolder, startBrowser } from "./browser.ts";
import { type OpenedPage, openPage } from "./page.ts";

/** The studio's site, built and served, and a browser to look at it. */
export interface Site {
  /** Where its files lie, in site/; tests may put others beside. */
  readonly folder: string;
  readonly address: string;
  /** A page of a size, which must not complain; what it asked of the network is listed. */
  open(hash: string, width?: number, dark?: boolean): Promise<OpenedPage>;
  end(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-studio-site-"));
  await buildSite(folder);
  const { browser, end } = await startBrowser();
  const served = await serveFolder(join(folder, "site"));
  return {
    folder,
    address: served.address,
    open: (hash, width = 1280, dark = false) => openPage(browser, served.address + hash, { width, dark }),
    async end() {
      served.end();
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until an element has a text within it. */
export const shows = (page: Page, selector: string, part: string) =>
  page.waitForFunction(
    (where, wanted) => document.querySelector(where)?.textContent?.includes(wanted),
    { timeout: 100_000 },
    selector,
    part,
  );
