import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { Command } from "commander";
import { chooseBackend, version } from "../index.ts";
import type { Screen } from "./screen.ts";

/** `cellstate doctor`: which backend runs here and why, and what is missing. */
export function doctorCommand(screen: Screen): Command {
  return new Command("doctor")
    .description("Which backend runs here and why, what the processor can do, what is missing and how to get it.")
    .option("--json", "for machines")
    .action(async ({ json }: { json?: boolean }) => {
      const found = await examine();
      if (json) return screen.out(`${JSON.stringify(found)}\n`);
      const { processor, features, threads, threadsAsked, asked } = found;
      screen.out(
        [
          `cellstate ${version}, node ${process.version}, ${process.platform} ${process.arch}`,
          `processor  ${processor}${features.length > 0 ? ` (${features.join(", ")})` : ""}`,
          `threads    ${threads} processors${threadsAsked ? `, CELLSTATE_THREADS=${threadsAsked}` : ""}`,
          ...found.backends.map(
            ({ name, works, why }) => `${name.padEnd(9)}  ${works ? "works: " : "does not: "}${why}`,
          ),
          `chosen     ${found.chosen}: ${asked ? `CELLSTATE_BACKEND=${asked}` : "the fastest that loads here"}`,
          ...found.missing.map(({ what, next }) => `missing    ${what}: ${next}`),
        ].join("\n"),
      );
      screen.out("\n");
    });
}

async function examine() {
  const asked = process.env.CELLSTATE_BACKEND || null;
  const backends = await Promise.all(["native", "wasm", "js"].map(tried));
  const chosen = asked ?? backends.find(({ works }) => works)!.name;
  const missing: { what: string; next: string }[] = [];
  if (!backends[0].works) missing.push({ what: "native kernels", next: "npm run native (needs a C++ compiler)" });
  const png = await import("@resvg/resvg-js").then(
    () => true,
    () => false,
  );
  if (!png) missing.push({ what: "charts as png", next: "npm install @resvg/resvg-js" });
  return {
    version,
    ...{ processor: cpus()[0]?.model ?? "unknown", features: await features(), threads: availableParallelism() },
    ...{ threadsAsked: process.env.CELLSTATE_THREADS ?? null, asked, backends, chosen, missing },
  };
}

async function tried(name: string): Promise<{ name: string; works: boolean; why: string }> {
  try {
    return { name, works: true, why: (await chooseBackend(name)).description };
  } catch (error) {
    return { name, works: false, why: (error as Error).message.split("\n")[0] };
  }
}

/** What matters to the kernels, where the system says it: Linux. */
async function features(): Promise<string[]> {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1].trim().split(/\s+/));
  return ["avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd"].filter((name) => flags.has(name));
}
