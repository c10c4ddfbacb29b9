import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import puppeteer, { type Browser } from "puppeteer-core";
import { find } from "../runtimes/find.ts";

export const chromium = find("Chromium");

/** A headless Chromium with a profile of its own, and the way to end both. */
export async function startBrowser(): Promise<{ browser: Browser; end: () => Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), "cellstate-studio-"));
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run"];
  const browser = await puppeteer.launch({ executablePath: chromium!, args, userDataDir: profile, timeout: 60_000 });
  const end = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  return { browser, end };
}

const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html", ".css": "text/css" };

/** Serves a folder from this machine. */
export async function serveFolder(folder: string): Promise<{ address: string; end: () => void }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://page");
    const file = join(folder, pathname === "/" ? "index.html" : pathname);
    response.statusCode = existsSync(file) ? 200 : 404;
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
