/** A page of the studio in a browser, and what its tests do on it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, ElementHandle, Page } from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface OpenedPage {
  readonly page: Page;
  /** What it asked of the network: "GET http://...". */
  readonly asked: string[];
  /** What it complained of: errors of its scripts and of its console. */
  readonly said: string[];
}

interface Looks {
  readonly width?: number;
  readonly height?: number;
  /** Colours and motion are a setting of the whole browser in Firefox: see startBrowser. */
  readonly dark?: boolean;
  /** Device pixels of a CSS pixel: 2 at half the width is a page at 200 %. */
  readonly scale?: number;
}

/** Opens a page of a size and waits until there is something on it: by default what a view has. */
export async function openPage(
  browser: Browser,
  at: string,
  looks: Looks = {},
  wait: string | null = "main > *",
): Promise<OpenedPage> {
  const { width = 1280, height = 800, dark = false, scale = 1 } = looks;
  const page = await browser.newPage();
  page.setDefaultTimeout(100_000); // ms; what takes one second alone took over 30 s on a crowded machine
  const [asked, said]: [string[], string[]] = [[], []];
  page.on("request", (request) => void asked.push(`${request.method()} ${request.url()}`));
  page.on("pageerror", (error) => void said.push(String(error)));
  page.on("console", (message) => void (message.type() === "error" && said.push(message.text())));
  await page.setViewport({ width, height, deviceScaleFactor: scale });
  const reduced = { name: "prefers-reduced-motion", value: "reduce" };
  if (!/firefox/i.test(await browser.version()))
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }, reduced]);
  await page.goto(at);
  if (wait) await page.waitForSelector(wait);
  return { page, asked, said };
}

export const text = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => element.textContent ?? "");

/** The word that is chosen. */
export const chosen = (page: Page): Promise<string> => text(page, ".words [aria-pressed=true]");

/** The button of a word of the input. */
export async function wordButton(page: Page, word: string): Promise<ElementHandle<Element>> {
  await page.waitForSelector(".words button");
  const [button] = await page.$$(`xpath///div[@class="words"]/button[normalize-space()="${word}"]`);
  return button as ElementHandle<Element>;
}

export async function clickWord(page: Page, word: string): Promise<void> {
  await (await wordButton(page, word)).click();
  await page.waitForSelector(".cell");
}

/** Opens what is folded, at once: what opens moves what is below. */
export const openAll = (page: Page): Promise<void> =>
  page.$$eval("summary", (all) => {
    for (const summary of all) (summary as HTMLElement).click();
  });

/** Clicks the button of that name within the element of a path. */
export async function press(page: Page, where: string, label: string): Promise<void> {
  const named = `normalize-space(translate(., "▸▾", ""))="${label}"`; // the signs of what opens below
  const [button] = await page.$$(`xpath///${where}//button[${named}]`);
  if (!button) throw new Error(`no button "${label}" in ${where}`);
  await button.click();
}

interface AxeResult {
  violations: { id: string; nodes: { html: string }[] }[];
}

/** What axe-core finds wrong on the page as it is, rule by rule. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run();
    return (await run).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((n) => n.html.slice(0, 100)).join(" | ")}`,
    );
  });
}

/** Drops a file on the page, as a hand would. */
export const dropFile = (page: Page, name: string, bytes: Uint8Array): Promise<void> =>
  dropFiles(page, { [name]: bytes });

/** Drops files together, by their names. */
export async function dropFiles(page: Page, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const given = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]);
  await page.evaluate((all) => {
    const transfer = new DataTransfer();
    for (const [name, base64] of all)
      transfer.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name));
    const given = { dataTransfer: transfer, bubbles: true, cancelable: true };
    document.querySelector("main")!.dispatchEvent(new DragEvent("drop", given));
  }, given);
}
