import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { type BackendName, chooseBackend, datasets, version } from "../../index.ts";
import { svgToPng } from "../../plot/index.ts";
import type { Screen } from "../screen/screen.ts";

export async function doctor(json: boolean | undefined, screen: Screen): Promise<void> {
  const found = await examine();
  if (found.chosen === null) screen.code = 1;
  screen.out(json ? `${JSON.stringify(found)}\n` : report(found));
}

type Findings = Awaited<ReturnType<typeof examine>>;

function report({ chosen, reason, backends, missing, ...machine }: Findings): string {
  const { processor, features, processors, memory, runtime, variables } = machine;
  return [
    `cellstate  ${version}, ${runtime}, ${process.platform} ${process.arch}`,
    `processor  ${processor}${features.length > 0 ? ` (${features.join(", ")})` : ""}`,
    `           ${processors} processors, ${(memory / 2 ** 30).toFixed(1)} GiB of memory`,
    ...backends.map(({ name, works, why }) => {
      const state = name === chosen ? "chosen: " : works ? "works: " : "does not work: ";
      return `${name.padEnd(9)}  ${state}${why}`;
    }),
    `chosen     ${chosen ?? "none"}: ${reason}`,
    ...Object.entries(variables).map(([name, value]) => `variable   ${name}=${value}`),
    ...missing.map(({ what, next }) => `missing    ${what}: ${next}`),
    "",
  ].join("\n");
}

async function examine() {
  const asked = process.env.CELLSTATE_BACKEND;
  const backends = await Promise.all((["native", "wasm", "js"] as const).map(tried));
  const missing: { what: string; next: string }[] = [];
  if (!backends[0].works) {
    missing.push({ what: "native kernels", next: await nativeAdvice(backends[0].why) });
  }
  const png = await svgToPng('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>').then(
    () => null,
    (error: Error) => error.message,
  );
  if (png !== null)
    missing.push({
      what: "charts as png",
      next: /font/.test(png) ? "apt install fonts-dejavu" : "npm install @resvg/resvg-js",
    });
  return {
    ...{
      version,
      node: process.version,
      runtime: runtime(),
      processor: cpus()[0]?.model.trim() ?? "unknown",
      features: await features(),
    },
    ...{ processors: availableParallelism(), memory: totalmem() }, // bytes
    ...{ ...choice(asked, backends), backends, missing, data: await datasets.dataPlaces() },
    variables: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("CELLSTATE_"))),
  };
}

/** The backend that commands will use, and the reason; null where none can run. */
function choice(asked: string | undefined, backends: Tried[]): { chosen: string | null; reason: string } {
  if (asked === undefined) {
    const fastest = backends.find(({ works }) => works);
    return { chosen: fastest?.name ?? null, reason: "the fastest that loads here" };
  }
  const found = backends.find(({ name }) => name === asked);
  const names = backends.map(({ name }) => name).join(", ");
  const unset = "unset it, or every command will fail.";
  if (!found) return { chosen: null, reason: `CELLSTATE_BACKEND=${asked} is none of ${names}: ${unset}` };
  if (!found.works) return { chosen: null, reason: `CELLSTATE_BACKEND=${asked} does not work here: ${unset}` };
  return { chosen: asked, reason: `CELLSTATE_BACKEND=${asked}` };
}

/** The next step of the reason, and a compiler's package where this system is known. */
async function nativeAdvice(why: string): Promise<string> {
  const reason = await chooseBackend("native").then(
    () => "",
    (error: Error) => error.message,
  );
  const compiler = { linux: "apt install g++", darwin: "xcode-select --install" }[process.platform as string];
  const next = reason.split("\n")[1]?.trim() ?? why;
  return compiler ? next.replace("C++ compiler", `C++ compiler (${compiler})`) : next;
}

/** The program that runs this: Bun and Deno say that they are some Node as well. */
function runtime(): string {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  return bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node v${node}`;
}

interface Tried {
  name: string;
  works: boolean;
  why: string;
}

async function tried(name: BackendName): Promise<Tried> {
  try {
    return { name, works: true, why: (await chooseBackend(name)).description };
  } catch (error) {
    return { name, works: false, why: (error as Error).message.split("\n")[0] };
  }
}

/** The processor features that the kernels use, where the system lists them: Linux. */
async function features(): Promise<string[]> {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1].trim().split(/\s+/));
  return ["avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd"].filter((name) => flags.has(name));
}
