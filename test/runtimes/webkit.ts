/** WebKitGTK, Safari's engine, driven over the W3C's WebDriver protocol: Debian's webkit2gtk-driver with its MiniBrowser, on a screen of Xvfb's. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { freePort } from "../free-port.mjs";

const library = "/usr/lib/x86_64-linux-gnu";
/** The folder of the browser that comes with the driver's library. */
function miniBrowser(): string | undefined {
  const folders = existsSync(library) ? readdirSync(library).filter((name) => name.startsWith("webkit")) : [];
  return folders.map((name) => `${library}/${name}/MiniBrowser`).find(existsSync);
}

/** What is missing here for a test in WebKit; null where it can run. */
export const missingForWebKit =
  ["/usr/bin/WebKitWebDriver", "/usr/bin/xvfb-run"].find((file) => !existsSync(file)) ??
  (miniBrowser() ? null : `MiniBrowser below ${library}`);

export interface WebKit {
  readonly version: string;
  open(address: string): Promise<void>;
  /** Runs a function's body on the page until it returns something other than null. */
  until<T>(body: string, longest: number): Promise<T>;
  end(): Promise<void>;
}

export async function startWebKit(): Promise<WebKit> {
  const port = await freePort();
  const env = { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" }; // its sandbox needs rights that a container has not
  const program = ["-a", "/usr/bin/WebKitWebDriver", `--port=${port}`];
  const driver = spawn("/usr/bin/xvfb-run", program, { stdio: "ignore", detached: true, env }); // a group of its own
  const call = async (method: string, path: string, body?: object) => {
    const text = body && JSON.stringify(body);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: text });
    const { value } = (await answer.json()) as { value: never };
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value as { sessionId: string; capabilities: { browserVersion: string } };
  };
  const end = async () => {
    const gone = new Promise((resolve) => driver.once("exit", resolve));
    if (driver.exitCode === null && process.kill(-driver.pid!, "SIGTERM")) await gone;
  };
  try {
    const options = { binary: miniBrowser(), args: ["--automation"] };
    const asked = { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } } };
    const { sessionId, capabilities } = await listened(() => call("POST", "/session", asked));
    const session = `/session/${sessionId}`;
    return {
      version: capabilities.browserVersion,
      open: async (url) => void (await call("POST", `${session}/url`, { url })),
      async until<T>(body: string, longest: number) {
        for (const started = Date.now(); Date.now() - started < longest; await pause(200)) {
          const value = await call("POST", `${session}/execute/sync`, { script: body, args: [] });
          if (value !== null) return value as T;
        }
        throw new Error(`within ${longest} ms the page did not get as far as ${body}`);
      },
      async end() {
        await call("DELETE", session).catch(() => undefined); // the driver ends below
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Asks until somebody listens. */
async function listened<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left--) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0 || !(error instanceof TypeError)) throw error; // a TypeError of fetch: nobody listens yet
      await pause(500);
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
