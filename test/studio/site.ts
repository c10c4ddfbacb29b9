import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { build } from "vite";
import { serveFolder, startBrowser } from "./browser.ts";

const root = join(import.meta.dirname, "../..");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The studio's site, built and served, and a browser to look at it. */
export interface Site {
  readonly folder: string;
  /** A page of a size, which must not complain; what it asked of the network is listed. */
  open(hash: string, width?: number, dark?: boolean): Promise<{ page: Page; asked: string[]; said: string[] }>;
  end(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-studio-views-"));
  const configFile = join(root, "studio/vite.config.ts");
  await build({ configFile, logLevel: "error", build: { outDir: join(folder, "site") } });
  const { browser, end } = await startBrowser();
  const served = await serveFolder(join(folder, "site"));
  return {
    folder,
    open: (hash, width = 1280, dark = false) => openPage(browser, served.address + hash, width, dark),
    async end() {
      served.end();
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openPage(browser: Browser, address: string, width: number, dark: boolean) {
  const page = await browser.newPage();
  const [asked, said]: [string[], string[]] = [[], []];
  page.on("request", (request) => void asked.push(`${request.method()} ${request.url()}`));
  page.on("pageerror", (error) => void said.push(String(error)));
  page.on("console", (message) => void (message.type() === "error" && said.push(message.text())));
  await page.setViewport({ width, height: 800 });
  const reduced = { name: "prefers-reduced-motion", value: "reduce" };
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }, reduced]);
  await page.goto(address);
  await page.waitForSelector("main > *");
  return { page, asked, said };
}

/** The text of an element. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => element.textContent ?? "");

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

/** What axe-core finds. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } };
    return (await axe.run()).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 100)).join(" | ")}`,
    );
  });
}

interface AxeResult {
  violations: { id: string; nodes: { html: string }[] }[];
}
