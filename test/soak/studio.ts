/**
 * The studio's budgets, measured in Chromium: what comes of an answer on the screen, how soon input is answered, tasks of the main
 * thread while something trains, the heap of a long training, a large model. By `npm run soak -- studio`: no test asserts on time.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, ElementHandle, Page } from "puppeteer-core";
import { buildSite, chromium, serveFolder, startBrowser } from "../studio/browser.ts";
import { clickWord, openPage, press } from "../studio/page.ts";

/** What a page's watch has seen; times in ms. */
interface Seen {
  /** From an answer's arrival to the frame that shows it. */
  traces: number[];
  /** From a key or click to the next frame (Event Timing, in steps of 8). */
  inputs: number[];
  /** Tasks of the main thread of over 50. */
  long: number[];
}

interface Wanted {
  /** The checkout. */
  readonly root: string;
  /** How long something trains. */
  readonly seconds: number;
  /** The bytes of a model file of about 20 MB. */
  readonly large: Uint8Array;
  /** Is told each result, as a line, as soon as there is one. */
  say(line: string): void;
}

/** Measures all of it. Resolves to whether the heap stayed flat, which no load of the machine changes. */
export async function measureStudio({ root, seconds, large, say }: Wanted): Promise<boolean> {
  if (!chromium) {
    say("skipped: no Chromium on the PATH");
    return true;
  }
  const folder = mkdtempSync(join(tmpdir(), "cellstate-studio-soak-"));
  await buildSite(folder, root);
  const { address, end: endServer } = await serveFolder(join(folder, "site"), true);
  const { browser, end } = await startBrowser({ flags: ["--enable-blink-features=ForceEagerMeasureMemory"] });
  try {
    const file = join(folder, "large.keras");
    writeFileSync(file, large);
    for (const line of await measureReading(browser, address)) say(line);
    say(await measureLarge(browser, address, file));
    return await measureTraining(browser, address, seconds, say);
  } finally {
    await end();
    endServer();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Watches a page from its first line: answers of its engine, inputs, long tasks. */
async function watch(browser: Browser, address: string): Promise<Page> {
  const { page } = await openPage(browser, "about:blank", {}, null);
  await page.evaluateOnNewDocument(() => {
    const seen: Seen = { traces: [], inputs: [], long: [] };
    Object.assign(globalThis, { seen });
    const Plain = Worker;
    globalThis.Worker = class extends Plain {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        this.addEventListener("message", ({ data }) => {
          if (data.tell !== "traced") return;
          const from = performance.now();
          // A message of the page to itself, sent in a frame, arrives after that frame was painted.
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => void seen.traces.push(performance.now() - from);
            port2.postMessage(null);
          });
        });
      }
    };
    const note = (type: string, list: number[], more: object = {}) =>
      new PerformanceObserver((found) => {
        for (const { duration } of found.getEntries()) list.push(duration);
      }).observe({ type, buffered: true, ...more });
    note("event", seen.inputs, { durationThreshold: 16 });
    note("longtask", seen.long);
  });
  await page.goto(address);
  await page.waitForSelector(".card");
  return page;
}

/** The longest task of a page's main thread during some work, in ms of processor time: what others on the machine do is not in it. */
async function longestTask(page: Page, work: () => Promise<void>): Promise<number> {
  await page.tracing.start({ categories: ["toplevel"] });
  await work();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(await page.tracing.stop())) as {
    traceEvents: TraceEvent[];
  };
  const mains = new Set(
    traceEvents
      .filter((e) => e.name === "thread_name" && e.args?.name === "CrRendererMain")
      .map((e) => `${e.pid} ${e.tid}`),
  );
  const tasks = traceEvents.filter((e) => e.name.endsWith("RunTask") && mains.has(`${e.pid} ${e.tid}`));
  return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur / 1000));
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds of the thread's processor time. */
  tdur?: number;
  args?: { name?: string };
}

const seenOf = (page: Page) => page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);

/** Begins to count again. */
const forget = (page: Page) =>
  page.evaluate(() => {
    for (const list of Object.values((globalThis as unknown as { seen: Seen }).seen)) list.length = 0;
  });

async function measureReading(browser: Browser, address: string): Promise<string[]> {
  const page = await watch(browser, address);
  await page.click(".card");
  await clickWord(page, "not");
  await forget(page);
  const longest = await longestTask(page, () => readAround(page));
  const short = await seenOf(page);
  await forget(page);
  const words = Array.from({ length: 500 }, (_, k) => ["good", "film", "not", "the", "bad"][k % 5]).join(" ");
  const ofMany = await longestTask(page, () => typeAll(page, words));
  const long = await seenOf(page);
  await page.close();
  return [
    `an answer on the screen (${short.traces.length} traces of 5 to 13 words): ${spread(short.traces)}; wanted: 50 ms`,
    `keys, clicks and the slider answered (${short.inputs.length} of over 16 ms): ${spread(short.inputs)}; wanted: 100 ms`,
    `main-thread tasks of over 50 ms meanwhile: ${listed(short.long)}; the longest has ${Math.round(longest)} ms of processor time`,
    `500 words typed at once: on the screen ${spread(long.traces)} after the answer; tasks of over 50 ms: ${listed(long.long)}, the longest has ${Math.round(ofMany)} ms of processor time`,
  ];
}

/** Types words, walks by keys, holds a gate. */
async function readAround(page: Page): Promise<void> {
  for (const word of [" but", " i", " liked", " the", " music", " and", " the", " end"]) {
    await page.focus("#input");
    await page.keyboard.press("End");
    await page.keyboard.type(word, { delay: 30 });
    await pause(400);
  }
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (const key of ["ArrowRight", "ArrowLeft", "ArrowDown", "1", "2", "3", "4", "Home", "End"]) {
    await page.keyboard.press(key as "Home");
    await pause(120);
  }
  await page.focus(".hold input");
  for (let k = 0; k < 10; k++) await page.keyboard.press("ArrowRight", { delay: 60 });
  await pause(500);
}

async function typeAll(page: Page, words: string): Promise<void> {
  await page.$eval(
    "#input",
    (box, typed) => {
      (box as HTMLTextAreaElement).value = typed;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    },
    words,
  );
  await page.waitForFunction(() => document.querySelectorAll(".words button").length > 50, { timeout: 60_000 });
  await pause(1000);
}

async function measureLarge(browser: Browser, address: string, file: string): Promise<string> {
  const page = await watch(browser, address);
  const input = (await page.$("input[type=file]")) as ElementHandle<HTMLInputElement>;
  const from = performance.now();
  await input.uploadFile(file);
  await page.waitForSelector("#input", { timeout: 120_000 });
  const took = performance.now() - from;
  const { long } = await seenOf(page);
  await page.close();
  return `a model of 20 MB opened in ${(took / 1000).toFixed(1)} s; wanted: 3 s; tasks of over 50 ms: ${listed(long)}`;
}

const mostGrowth = 1.25; // from the most of the second quarter to that of the last; before, curves and WASM's memory come to their full size

async function measureTraining(
  browser: Browser,
  address: string,
  seconds: number,
  say: Wanted["say"],
): Promise<boolean> {
  const page = await watch(browser, address);
  await press(page, "nav", "Train");
  await page.$$eval(".settings label", (labels) => {
    const input = labels.find((label) => label.textContent?.trim() === "Steps")!.querySelector("input")!;
    input.value = "100000";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await press(page, "main", "Train");
  await page.waitForSelector(".pair canvas");
  await pause(2000);
  await forget(page);
  const longest = await longestTask(page, () => pause(10_000));
  const heaps: number[] = [];
  const began = performance.now() / 60_000;
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    heaps.push(await heapOf(page)); // takes a minute while the worker is busy
    say(`  ${Math.round(performance.now() / 60_000 - began)} min: ${(heaps.at(-1)! / 1e6).toFixed(1)} MB`);
    // A training that came to its end begins again: the page stays the same.
    const done = await page.$eval(".said", (said) => said.textContent!.startsWith("Done"));
    if (done) await press(page, "main", "Train");
    await pause(5000);
  }
  const { long, traces } = await seenOf(page);
  const step = await page.$eval(".said", (said) => said.textContent!.split(".")[0]);
  await page.close();
  const part = Math.ceil(heaps.length / 4);
  const [early, late] = [heaps.slice(part, 2 * part), heaps.slice(-part)].map((some) => Math.max(...some));
  const flat = heaps.length < 8 || late < early * mostGrowth;
  const heap = `${(early / 1e6).toFixed(1)} MB in the second quarter, ${(late / 1e6).toFixed(1)} MB in the last`;
  say(
    `${seconds} s of training (${step}): tasks of over 50 ms: ${listed(long)}, in its first 10 s the longest has ${Math.round(longest)} ms of processor time; gates drawn again ${traces.length} times, ${spread(traces)}`,
  );
  say(
    `memory of page and worker, each after collection: ${heap}${heaps.length < 8 ? " (too few to say whether it grows)" : ""}`,
  );
  return flat;
}

/** Bytes that the page and its worker use once what is not used was collected, as the browser measures them. */
const heapOf = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const { measureUserAgentSpecificMemory: measure } = performance as unknown as {
      measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
    };
    return (await measure.call(performance)).bytes;
  });

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, ms)));

function spread(values: readonly number[]): string {
  if (values.length === 0) return "none";
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return `median ${Math.round(middle)} ms, longest ${Math.round(sorted.at(-1)!)} ms`;
}

const listed = (tasks: readonly number[]): string =>
  tasks.length === 0 ? "none" : `${tasks.length}, the longest ${Math.round(Math.max(...tasks))} ms`;
