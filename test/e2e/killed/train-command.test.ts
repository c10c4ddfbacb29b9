/** `cellstate train` killed with SIGKILL at random moments and resumed leaves the very bytes of one that was left alone. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { Random } from "../../../src/tensor/random.ts";
import { decodeCheckpoint } from "../../../src/train/fit/checkpoint.ts";
import { thorough } from "../../thorough.ts";
import { bundled, type Death, runUntil } from "./killable.ts";

const [kills, epochs] = thorough ? [15, 20] : [2, 10];
const folder = mkdtempSync(join(tmpdir(), "cellstate-killed-command-"));
const file = (name: string) => join(folder, name);
let program = "";

beforeAll(async () => {
  program = await bundled(join(import.meta.dirname, "../../../src/cli/main.ts"), "killed-command");
  writeFileSync(file("lines.txt"), "the cell remembers the gate\nthe gate opens slowly\na gate forgets\n".repeat(12));
  const reviews = Array.from({ length: 60 }, (_, i) => `a ${i % 2 ? "good" : "bad"} film ${i % 7},${i % 2}`);
  writeFileSync(file("reviews.csv"), `review,label\n${reviews.join("\n")}\n`);
  const sales = Array.from({ length: 90 }, (_, i) => 10 + (i % 4) + i / 10 + Math.sin(i));
  writeFileSync(file("series.csv"), `sales\n${sales.join("\n")}\n`);
  const steps = Array.from({ length: 180 }, (_, i) => [Math.floor(i / 3), Math.floor(i / 3) % 2, Math.cos(i), i % 3]);
  writeFileSync(file("steps.csv"), `group,label,a,b\n${steps.map((row) => row.join()).join("\n")}\n`);
});
afterAll(() => {
  rmSync(program, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

const dropping = ["--dropout", "0.2", "--recurrent-dropout", "0.1", "--units", "6", "--batch-size", "8"];
const validated = ["--validation-split", "0.2", "--patience", "20"];
const trainings: Record<string, string[]> = {
  "text, a stream whose states are carried": [
    ...["text", "lines.txt", "--scheme", "stream", "--steps", "4", "--embedding", "4"],
    ...[...dropping, ...validated],
  ],
  forecast: ["forecast", "series.csv", "--horizon", "3", "--intervals", "gaussian", ...dropping, ...validated],
  ...(thorough
    ? {
        classify: [
          "classify",
          "reviews.csv",
          "--class-weight",
          "balanced",
          "--embedding",
          "4",
          ...dropping,
          ...validated,
        ],
        sequence: ["sequence", "steps.csv", "--cell", "gru", "--bidirectional", ...dropping, ...validated],
        "text, lines": ["text", "lines.txt", "--embedding", "4", ...dropping, ...validated],
        "text, prefixes": ["text", "lines.txt", "--scheme", "prefixes", "--embedding", "4", ...dropping],
        "forecast with quantiles": ["forecast", "series.csv", "--intervals", "quantile", "--units", "4", ...validated],
      }
    : {}),
};

async function train(into: string, words: readonly string[], death?: Death): Promise<string | null> {
  const [kind, data, ...options] = words;
  const files = ["--save", "model.keras", "--history", "history.csv", "--log", "log.csv"];
  const often = ["--epochs", String(epochs), "--checkpoint", "0"];
  return runUntil(program, ["train", kind, file(data), ...options, ...files, ...often], death, into);
}

/** Mostly amid the epochs; now and then while data are read, or while the model is saved. */
function someDeath(random: Random): Death {
  const kind = random.below(8);
  if (kind === 0) return { line: 0, delay: random.uniform(0, 400) };
  if (kind === 1 && thorough) return { line: 2 * epochs, delay: random.uniform(0, 40) };
  return { line: 1 + random.below(Math.ceil(epochs / 2)), delay: random.uniform(0, 6) };
}

describe.concurrent.each(Object.entries(trainings))("cellstate train %s", (name, words) => {
  test(`killed ${kills} times it ends with the same files`, { timeout: 300_000 }, async ({ expect }) => {
    const [alone, killed] = ["alone", "killed"].map((part) => file(`${name} ${part}`));
    for (const path of [alone, killed]) mkdirSync(path);
    expect(await train(alone, words)).toMatch(/(trained|stopped) after \d+ epochs/);

    const random = new Random(name.length);
    let died = 0;
    for (let death = 0; death < kills; death++) {
      if ((await train(killed, [...words, "--resume"], someDeath(random))) === null) died++;
      const checkpoint = join(killed, "model.keras.progress/training.checkpoint");
      if (existsSync(checkpoint)) expect(decodeCheckpoint(readFileSync(checkpoint))).toHaveProperty("place");
    }
    expect(died).toBeGreaterThan(0);
    expect(await train(killed, [...words, "--resume"])).not.toBeNull();
    expect(readdirSync(killed).sort()).toEqual(["history.csv", "log.csv", "model.keras"]);
    for (const one of readdirSync(killed))
      expect({ one, same: readFileSync(join(killed, one)).equals(readFileSync(join(alone, one))) }).toEqual({
        one,
        same: true,
      });
  });
});
