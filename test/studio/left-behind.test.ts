/** A browser that a test or a soak started ends with it, however that ends. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { chromium } from "./browser.ts";

const root = join(import.meta.dirname, "../..");
mkdirSync(join(root, "build"), { recursive: true });
const folder = mkdtempSync(join(root, "build/left-behind-")); // inside the project, so that packages are found
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether a process runs; one that has ended and that nobody asked about yet does not. */
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

test.skipIf(!chromium)(
  "Chromium is gone once the process that started it was killed",
  { timeout: 60_000 },
  async () => {
    const outfile = join(folder, "start.mjs");
    const contents = `import { startBrowser } from "./test/studio/browser.ts";
    const { browser } = await startBrowser();
    console.log(browser.process().pid);
    setInterval(() => {}, 1000);`;
    const stdin = { contents, resolveDir: root };
    await build({
      stdin,
      outfile,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      tsconfigRaw: {},
    });
    const starter = spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = await new Promise<number>((resolve) => starter.stdout.once("data", (line) => resolve(Number(line))));
    expect(alive(pid)).toBe(true);
    starter.kill("SIGKILL");
    await expect.poll(() => alive(pid), { timeout: 30_000, interval: 200 }).toBe(false);
  },
);
