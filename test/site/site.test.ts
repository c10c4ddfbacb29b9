/** The site in Chromium, built once: its pages, its cells, attacks from cells, and what is left without a network. */
import { afterAll, beforeAll, describe } from "vitest";
import { chromium } from "../studio/browser.ts";
import { tryAttacks } from "./attacks.ts";
import { tryCells } from "./cells.ts";
import { type OpenSite, openSite } from "./open-site.ts";
import { leaveNetwork, readPages } from "./pages.ts";

if (!chromium) console.warn("The site's pages skipped: no Chromium on the PATH");

describe.skipIf(!chromium)("the site", { timeout: 300_000 }, () => {
  let site: OpenSite;
  beforeAll(async () => {
    site = await openSite();
  }, 300_000);
  afterAll(() => site.end());
  readPages(() => site);
  tryCells(() => site);
  tryAttacks(() => site);
  leaveNetwork(() => site);
});
