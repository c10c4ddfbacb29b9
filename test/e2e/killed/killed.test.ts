/** A training killed with SIGKILL, again and again, ends with the very bits of one that was left alone. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../../../src/index.ts";
import { Random } from "../../../src/tensor/random.ts";
import { decodeCheckpoint } from "../../../src/train/fit/checkpoint.ts";
import { thorough } from "../../thorough.ts";
import { bundled, runUntil } from "./killable.ts";

const [kills, epochs] = thorough ? [20, 24] : [2, 12];
const folder = mkdtempSync(join(tmpdir(), "cellstate-killed-"));
let program = "";

beforeAll(async () => {
  program = await bundled(join(import.meta.dirname, "training.ts"), "killed-training");
});
afterAll(() => {
  rmSync(program, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** The last line of the training, or null when it was killed after its line number `line`. */
async function train(into: string, line = Number.POSITIVE_INFINITY, delay = 0): Promise<string | null> {
  const said = await runUntil(program, [into, `${epochs}`], { line, delay });
  return said && said.trim().split("\n").at(-1)!;
}

test(`killed ${kills} times it ends with the same bits, and no file is ever half-written`, {
  timeout: 120_000,
}, async () => {
  const [alone, killed] = ["alone", "killed"].map((name) => join(folder, name));
  for (const path of [alone, killed]) mkdirSync(path);
  const expected = await train(alone);
  expect(JSON.parse(expected!).history.loss.length).toBe(epochs);

  const random = new Random(20);
  for (let death = 0; death < kills; death++) {
    // mostly beyond the next checkpoint, which comes after 3 steps at the latest, so that it gets on; 12 steps an epoch
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
