/** Programs of ours in processes of their own, to be killed. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../../..");

/** A TypeScript file as a program of one file, in build/; remove it when done. */
export async function bundled(entry: string, name: string): Promise<string> {
  const outfile = join(root, `build/${name}-${process.pid}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    tsconfigRaw: {},
  });
  return outfile;
}

/** The moment at which a process is killed: some milliseconds after its line number `line`; 0 is its beginning. */
export interface Death {
  readonly line: number;
  readonly delay: number;
}

/** Runs a program to its end, or kills it with SIGKILL. Gives what it said on standard output; null when it was killed. */
export function runUntil(
  program: string,
  words: readonly string[],
  death?: Death,
  cwd?: string,
): Promise<string | null> {
  const addon = join(root, "build/cellstate.node"); // found by its place beside src/, where the bundle is not
  const backend = existsSync(addon) ? { CELLSTATE_ADDON: addon } : { CELLSTATE_BACKEND: "js" };
  const env = { ...process.env, ...backend, SOURCE_DATE_EPOCH: "1700000000" };
  const child = spawn(process.execPath, [program, ...words], { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let doomed = false;
  let complaint = "";
  const perhapsKill = () => {
    if (doomed || !death || said.split("\n").length <= death.line) return;
    doomed = true;
    setTimeout(() => child.kill("SIGKILL"), death.delay);
  };
  perhapsKill();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    perhapsKill();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve(null);
      else if (code === 0) resolve(said);
      else reject(new Error(`the training ended with code ${code}: ${complaint}`));
    });
  });
}
