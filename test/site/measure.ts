/** `npm run site -- --measure`: the start page and a lab in Chromium, each opened anew several times: paint, tasks, bytes. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "puppeteer-core";
import { chromium, startBrowser } from "../studio/browser.ts";

const rounds = 7;
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
};

interface Figures {
  readonly paint: number;
  readonly ready: number;
  readonly longest: number;
  readonly tasks: number;
  readonly packed: number;
  readonly plain: number;
  readonly requests: number;
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly dur?: number;
  readonly args?: { readonly name?: string; readonly data?: { readonly url?: string } };
}

/** Prints a line a page; false where one has a task of over 50 ms of processor time on its main thread. */
export async function measure(folder: string): Promise<boolean> {
  if (!chromium) {
    console.log("skipped: the figures; there is no Chromium on the PATH");
    return true;
  }
  let sent = { packed: 0, plain: 0, requests: 0 };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://page");
    try {
      const plain = readFileSync(join(folder, pathname === "/" ? "index.html" : pathname));
      const packed = gzipSync(plain);
      // What the service worker keeps for later is fetched after the page is there.
      const later = /service-worker\.js$/.test(request.headers.referer ?? pathname);
      if (!later)
        sent = { packed: sent.packed + packed.length, plain: sent.plain + plain.length, requests: sent.requests + 1 };
      response.setHeader(
        "Content-Type",
        types[extname(pathname)] ?? (pathname === "/" ? "text/html" : "application/octet-stream"),
      );
      response.setHeader("Content-Encoding", "gzip");
      response.end(packed);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  let good = true;
  for (const [path, ready] of [
    ["", "#demo[data-ready]"],
    ["labs/pass-fail.html", "html[data-cells]"],
  ]) {
    const all: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      sent = { packed: 0, plain: 0, requests: 0 };
      const { browser, end } = await startBrowser(); // a fresh profile: a first visit
      const timed = await opened(browser, address + path, ready);
      all.push({ ...timed, ...sent });
      await end();
    }
    const middle = (name: keyof Figures) => all.map((figures) => figures[name]).sort((a, b) => a - b)[rounds >> 1];
    const kB = (name: "packed" | "plain") => (all[0][name] / 1000).toFixed(1);
    console.log(
      `${path || "start page"}: first paint ${middle("paint")} ms, ready ${middle("ready")} ms, longest task ${middle("longest").toFixed(1)} ms ` +
        `(of ${rounds} visits ${Math.max(...all.map((f) => f.longest)).toFixed(1)}; ${middle("tasks")} over 50 ms by the clock), ` +
        `${kB("packed")} kB packed (${kB("plain")} plain) in ${all[0].requests} requests until it is ready`,
    );
    good &&= middle("longest") <= 50;
  }
  server.close();
  server.closeAllConnections();
  return good;
}

/** Times of a visit; tasks in processor time of the page's main thread, since a busy machine stretches the clock. */
async function opened(browser: Browser, address: string, ready: string) {
  const page = await browser.newPage();
  const client = await page.createCDPSession();
  const durations: number[] = [];
  await client.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"] },
  } as never);
  const events: TraceEvent[] = [];
  client.on("Tracing.dataCollected", ({ value }) => void events.push(...(value as unknown as typeof events)));
  await page.evaluateOnNewDocument(() => {
    Object.assign(globalThis, { long: 0 });
    new PerformanceObserver((list) => {
      (globalThis as unknown as { long: number }).long += list.getEntries().length;
    }).observe({ type: "longtask", buffered: true });
  });
  await page.goto(address);
  await page.waitForSelector(ready, { timeout: 100_000 });
  const timed = await page.evaluate(() => ({
    paint: Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0),
    ready: Math.round(Number(document.querySelector<HTMLElement>("#demo")?.dataset.ready ?? performance.now())),
    tasks: (globalThis as unknown as { long: number }).long,
  }));
  const done = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.end");
  await done;
  // Only the process that shows this page: Chromium's own new tab has scripts in one of its own.
  const shows = events.find(({ name, args }) => name === "CommitLoad" && args?.data?.url?.startsWith(address));
  const isMain = ({ name, pid, args }: TraceEvent) =>
    name === "thread_name" && args?.name === "CrRendererMain" && pid === shows?.pid;
  const main = events.find(isMain);
  if (!main) throw new Error(`the trace does not say which process showed ${address}`);
  for (const event of events)
    if (/RunTask$/.test(event.name) && event.pid === main.pid && event.tid === main.tid)
      durations.push((event.tdur ?? event.dur ?? 0) / 1000);
  if (durations.length === 0) throw new Error("the trace has no tasks of the page");
  return { ...timed, longest: Math.max(...durations) };
}
