/** A training killed with SIGKILL, again and again, ends with the very bits of one that was left alone. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../../../src/index.ts";
import { Random } from "../../../src/tensor/random.ts";
import { decodeCheckpoint } from "../../../src/train/checkpoint.ts";
import { thorough } from "../../thorough.ts";

const kills = thorough ? 20 : 2;
const root = join(import.meta.dirname, "../../..");
const program = join(root, `build/killed-training-${process.pid}.mjs`);
const folder = mkdtempSync(join(tmpdir(), "cellstate-killed-"));

beforeAll(() =>
  build({
    entryPoints: [join(import.meta.dirname, "training.ts")],
    outfile: program,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    tsconfigRaw: {},
  }),
);
afterAll(() => {
  rmSync(program, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the training; kills it some milliseconds after its line number `until`. Gives its last line when it was not killed. */
function train(into: string, until = Number.POSITIVE_INFINITY, delay = 0): Promise<string | null> {
  const addon = join(root, "build/cellstate.node"); // found by its place beside src/, where the bundle is not
  const env = { ...process.env, ...(existsSync(addon) ? { CELLSTATE_ADDON: addon } : { CELLSTATE_BACKEND: "js" }) };
  const child = spawn(process.execPath, [program, into], { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  let doomed = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (doomed || said.split("\n").length <= until) return;
    doomed = true;
    setTimeout(() => child.kill("SIGKILL"), delay);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve(null);
      else if (code === 0) resolve(said.trim().split("\n").at(-1)!);
      else reject(new Error(`the training ended with code ${code}`));
    });
  });
}

test(`killed ${kills} times it ends with the same bits, and no file is ever half-written`, {
  timeout: 120_000,
}, async () => {
  const [alone, killed] = ["alone", "killed"].map((name) => join(folder, name));
  for (const path of [alone, killed]) mkdirSync(path);
  const expected = await train(alone);
  expect(JSON.parse(expected!).history.loss.length).toBe(24);

  const random = new Random(20);
  for (let death = 0; death < kills; death++) {
    // mostly beyond the next checkpoint, which comes after 3 steps at the latest, so that it gets on; 288 steps in all
    const until = random.below(10) === 0 ? 1 : 4 + random.below(Math.ceil(100 / kills));
    expect(await train(killed, until, random.uniform(0, 4)), `death ${death + 1}`).toBeNull();
    const checkpoint = join(killed, "backup/training.checkpoint");
    if (existsSync(checkpoint)) expect(decodeCheckpoint(readFileSync(checkpoint))).toHaveProperty("place");
    if (existsSync(join(killed, "best.keras"))) await loadModel(join(killed, "best.keras"));
    if (existsSync(join(killed, "log.csv"))) expect(readFileSync(join(killed, "log.csv"), "utf8")).toMatch(/\r\n$/);
  }
  expect(await train(killed)).toBe(expected);
  expect(readFileSync(join(killed, "log.csv"), "utf8")).toBe(readFileSync(join(alone, "log.csv"), "utf8"));
  const [best, bestAlone] = await Promise.all([killed, alone].map((path) => loadModel(join(path, "best.keras"))));
  expect(best.getWeights().map((w) => w.data)).toEqual(bestAlone.getWeights().map((w) => w.data));
  expect(readdirSync(killed).sort()).toEqual(["best.keras", "log.csv"]);
});
