import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import puppeteer, { type Browser } from "puppeteer-core";
import { build } from "vite";
import { find } from "../runtimes/find.ts";

export const chromium = find("Chromium");
/** The browsers that the studio is held to, and where each is, if it is. */
export const browsers = { Chromium: chromium, Firefox: find("Firefox") };

const ownRoot = join(import.meta.dirname, "../..");
const config = (root: string) => ({ configFile: join(root, "studio/vite.config.ts"), logLevel: "error" as const });

/** Builds the studio's site into a folder's site/. `root`: the checkout's, where this file is bundled elsewhere. */
export async function buildSite(folder: string, root = ownRoot): Promise<void> {
  await build({ ...config(root), build: { outDir: join(folder, "site") } });
}

/** Builds the studio in one file, as a folder's file/index.html. */
export async function buildFile(folder: string): Promise<void> {
  await build({ ...config(ownRoot), mode: "file", build: { outDir: join(folder, "file") } });
}

interface Kind {
  readonly name?: keyof typeof browsers;
  /** Firefox only, whose pages cannot be told one by one: dark colours and reduced motion. */
  readonly dark?: boolean;
  /** Chromium only: further flags of its command line. */
  readonly flags?: readonly string[];
}

/** A headless browser with a profile of its own, driven over WebDriver BiDi where it is Firefox, and the way to end both. */
export async function startBrowser(kind: Kind = {}): Promise<{ browser: Browser; end: () => Promise<void> }> {
  const { name = "Chromium", dark = false, flags = [] } = kind;
  const profile = mkdtempSync(join(tmpdir(), "cellstate-studio-"));
  const common = { executablePath: browsers[name]!, userDataDir: profile, timeout: 60_000 };
  const browser = await (name === "Chromium"
    ? // Over a pipe: Chromium ends when the process that started it does, also when that was killed.
      puppeteer.launch({ ...common, pipe: true, args: ["--no-sandbox", "--disable-gpu", "--no-first-run", ...flags] })
    : puppeteer.launch({ ...common, browser: "firefox", extraPrefsFirefox: firefoxSettings(dark) }));
  const end = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  return { browser, end };
}

const firefoxSettings = (dark: boolean): Record<string, unknown> => ({
  "layout.css.prefers-color-scheme.content-override": dark ? 0 : 1,
  "ui.prefersReducedMotion": dark ? 1 : 0,
});

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".html": "text/html",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** Serves a folder from this machine; `isolated`: with the headers that let a page use threads; `hear` is told of each request. */
export async function serveFolder(
  folder: string,
  isolated = false,
  hear: (request: string) => void = () => {},
): Promise<{ address: string; end: () => void }> {
  const server = createServer((request, response) => {
    hear(`${request.method} ${request.url}`);
    const { pathname } = new URL(request.url!, "http://page");
    const file = join(folder, pathname === "/" ? "index.html" : pathname);
    response.statusCode = existsSync(file) ? 200 : 404;
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    response.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
    response.end(existsSync(file) ? readFileSync(file) : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const end = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, end };
}
