import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };

const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/**
 * Serves a folder from this machine, opens it in a headless Chromium and waits for the JSON that its page posts. `headers`: those of every
 * file; true for the two that isolate the page.
 */
export async function pageSays<T>(
  chromium: string,
  folder: string,
  headers: boolean | Readonly<Record<string, string>>,
): Promise<T> {
  const sent = typeof headers === "object" ? headers : headers ? isolation : {};
  const profile = mkdtempSync(join(tmpdir(), "cellstate-chromium-"));
  let posted: (body: string) => void = () => {};
  const body = new Promise<string>((resolve) => {
    posted = resolve;
  });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(sent)) response.setHeader(name, value);
    if (request.method === "POST") {
      let text = "";
      request.on("data", (part) => {
        text += part;
      });
      request.on("end", () => {
        response.end();
        posted(text);
      });
      return;
    }
    const file = join(folder, request.url === "/" ? "index.html" : new URL(request.url!, "http://page").pathname);
    response.statusCode = existsSync(file) ? 200 : 404;
    response.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
    response.end(existsSync(file) ? readFileSync(file) : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`];
  const browser = spawn(chromium, [...flags, address], { stdio: "ignore", detached: true }); // a group of its own
  try {
    const failed = new Promise<never>((_, reject) => {
      browser.on("error", reject);
      browser.on("exit", (code) => reject(new Error(`Chromium ended with ${code} before the page answered`)));
    });
    return JSON.parse(await Promise.race([body, failed]));
  } finally {
    const gone = new Promise((resolve) => browser.once("exit", resolve));
    if (browser.exitCode === null && process.kill(-browser.pid!, "SIGKILL")) await gone; // with its helpers, which write to the profile
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
