import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import "../../index.ts"; // gives models their writer
import { NdArray } from "../../tensor/nd-array.ts";
import { loadTextClassifier } from "../classify/text-classifier.ts";
import type { Translator } from "../translate/translator.ts";
import { drawTrial, usualSpaces } from "./space.ts";
import { runTrial, type TrialRecord, type TunedData } from "./trial.ts";
import { type TrialRunner, tune } from "./tune.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-tune-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = Array.from({ length: 24 }, (_, k) => ({
  text: k % 2 ? `a good film ${k % 5}` : `a bad film ${k % 5}`,
  label: k % 2 ? "good" : "bad",
}));
const space = { units: { choices: [2, 3, 4] }, learningRate: { from: 0.001, to: 0.1, log: true } };
const fixed = { embedding: 4 };
const told = ({ trial, score, figures }: TrialRecord) => ({ trial, score, figures });

test("a trial's settings and seed depend on the search's seed and its number alone", () => {
  const first = Array.from({ length: 5 }, (_, k) => drawTrial(usualSpaces.textClassifier, 7, k));
  expect(drawTrial(usualSpaces.textClassifier, 7, 3)).toEqual(first[3]);
  expect(drawTrial(usualSpaces.textClassifier, 8, 3)).not.toEqual(first[3]);
  expect(new Set(first.map((one) => JSON.stringify(one))).size).toBe(5);
  for (const { settings } of first) {
    expect(usualSpaces.textClassifier.units.choices).toContain(settings.units);
    expect(settings.learningRate).toBeGreaterThanOrEqual(0.0005);
    expect(settings.learningRate).toBeLessThanOrEqual(0.02);
  }
});

test("halving trains nine for a ninth, three for a third, one for all; the best is of the longest", async () => {
  const { trials, best, task, complete } = await tune("textClassifier", rows, { trials: 9, epochs: 9, space, fixed });
  expect(trials.map(({ trial }) => trial.epochs)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 9]);
  const ranked = trials.slice(0, 9).sort((a, b) => b.score - a.score);
  const kept = ranked.slice(0, 3).map(({ trial }) => trial.trial);
  expect(
    trials
      .slice(9, 12)
      .map(({ trial }) => trial.trial)
      .sort(),
  ).toEqual(kept.sort());
  expect([best.trial.epochs, complete]).toEqual([9, true]);
  expect(task).not.toBeNull();
});

test("a trial is a function of its JSON and the data, and a search in a folder goes on where it stopped", async () => {
  const options = { trials: 4, epochs: 2, search: "random", space, fixed, seed: 5 } as const;
  const whole = await tune("textClassifier", rows, options);
  const stop = new AbortController();
  const place = join(folder, "search");
  const onTrial = (one: TrialRecord) => one.trial.trial === 1 && stop.abort(new Error("stopped"));
  await expect(
    tune("textClassifier", rows, { ...options, folder: place, signal: stop.signal, onTrial }),
  ).rejects.toThrow("stopped");
  const path = join(place, "trials.jsonl");
  expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(2);
  const run: number[] = [];
  const again = await tune("textClassifier", rows, {
    ...options,
    folder: place,
    onTrial: (one) => void run.push(one.trial.trial),
  });
  expect(run).toEqual([2, 3]);
  expect(again.trials.map(told)).toEqual(whole.trials.map(told));
  const { task: _, ...found } = await runTrial(JSON.parse(JSON.stringify(whole.best.trial)), rows);
  expect(found).toEqual({ score: whole.best.score, figures: whole.best.figures });
  const best = await loadTextClassifier(join(place, "best.keras"));
  expect(best.options).toMatchObject({ units: whole.best.trial.settings.units, seed: whole.best.trial.seed });
  writeFileSync(path, "no trial\n");
  await expect(tune("textClassifier", rows, { ...options, folder: place })).rejects.toThrow("trials.jsonl: line 1");
});

test("a runner is asked at once for all that need not wait, and gives the search of one process, in any order", async () => {
  const options = { trials: 9, epochs: 9, space, fixed } as const;
  const here = await tune("textClassifier", rows, options);
  let [waiting, most] = [0, 0];
  const place = join(folder, "elsewhere");
  const runner: TrialRunner = async (trial) => {
    most = Math.max(most, ++waiting);
    await new Promise((resolve) => setTimeout(resolve, (trial.trial * 7) % 5));
    const { task: _, ...found } = await runTrial(JSON.parse(JSON.stringify(trial)), rows);
    waiting--;
    return { ...found, seconds: 0 };
  };
  const there = await tune("textClassifier", rows, { ...options, folder: place, runner });
  expect(most).toBe(9);
  expect(there.trials.map(told)).toEqual(here.trials.map(told));
  expect([told(there.best), there.complete]).toEqual([told(here.best), true]);
  expect(readFileSync(join(place, "trials.jsonl"), "utf8").trim().split("\n")).toHaveLength(13);
  expect((await loadTextClassifier(join(place, "best.keras"))).options.seed).toBe(here.best.trial.seed);
});

test("a runner that fails ends the search, and one that has no time cuts it short", async () => {
  const options = { trials: 4, epochs: 1, search: "random", space, fixed } as const;
  let ended = 0;
  const failing: TrialRunner = ({ trial }, { signal }) => {
    if (trial === 2) return Promise.reject(new Error("broken"));
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        ended++;
        reject(signal.reason);
      });
    });
  };
  await expect(tune("textClassifier", rows, { ...options, runner: failing })).rejects.toThrow("broken");
  expect(ended).toBe(3);
  const figures = { accuracy: 1 };
  const late: TrialRunner = async ({ trial }) => (trial > 1 ? null : { score: trial, figures, seconds: 0 });
  const { trials, complete, best } = await tune("textClassifier", rows, { ...options, runner: late });
  expect([trials.length, complete, best.trial.trial]).toEqual([2, false, 1]);
  const none = tune("textClassifier", rows, { ...options, runner: async () => null });
  await expect(none).rejects.toThrow("at least one trial that is done");
});

test("a perplexity that is infinite ranks last, and is what it was when the search goes on", async () => {
  const steps = { units: { choices: [2] }, learningRate: { choices: [1000, 0.01] } };
  const place = join(folder, "infinite");
  const options = { trials: 6, epochs: 2, search: "random", space: steps, fixed, folder: place } as const;
  const lines = rows.map(({ text }) => text);
  const whole = await tune("languageModel", lines, options);
  const scores = whole.trials.map(({ score }) => score);
  expect(new Set(scores.map(Number.isFinite))).toEqual(new Set([true, false]));
  expect([whole.best.score, Math.min(...scores)]).toEqual([Math.max(...scores), Number.NEGATIVE_INFINITY]);
  expect(readFileSync(join(place, "trials.jsonl"), "utf8")).toContain('"score":"-Infinity"');
  const again = await tune("languageModel", lines, { ...options, onTrial: () => expect.unreachable() });
  expect([again.trials, again.best]).toEqual([whole.trials, whole.best]);
});

test("minutes cut the same list short", async () => {
  const options = { trials: 6, epochs: 1, search: "random", space, fixed } as const;
  const { trials, complete } = await tune("textClassifier", rows, { ...options, minutes: 1e-9 });
  expect([trials.length, complete]).toEqual([1, false]);
  expect(trials[0].trial.settings).toEqual(drawTrial(space, 1, 0).settings);
});

const small: TunedData = {
  textClassifier: rows,
  sequenceClassifier: rows.map(({ label }, k) => ({ sequence: [[k % 2], [k % 3]], label })),
  sequenceTagger: rows.map(({ text }) => ({ tokens: text.split(" "), labels: ["O", "B-mood", "O", "O"] })),
  forecaster: Array.from({ length: 80 }, (_, t) => Math.sin(t / 3)),
  languageModel: rows.map(({ text }) => text),
  sequenceTranscriber: rows.map((_, k) => ({
    input: new NdArray(
      Float32Array.from({ length: 12 }, (_, t) => Math.sin(t + k)),
      [6, 2],
    ),
    transcript: k % 2 ? "ab" : "b",
  })),
  translator: rows.map(({ text, label }, k) => ({ source: text, target: `${label} ${k % 3}` })),
};
for (const kind of Object.keys(small) as (keyof TunedData)[])
  test(`every kind of task is tuned: ${kind}`, async () => {
    const narrow = { units: { choices: [2] }, learningRate: { from: 0.01, to: 0.02 } };
    const { best } = await tune(kind, small[kind] as never, { trials: 1, epochs: 1, space: narrow });
    expect(best.score).toBeTypeOf("number");
    expect(Object.values(best.figures).every(Number.isFinite)).toBe(true);
  });

test("translations of one text are trained on or compared by, never both", async () => {
  const pairs = Array.from({ length: 40 }, (_, k) => ({ source: `text ${k % 4}`, target: `target ${k}` }));
  const narrow = { units: { choices: [2] }, embedding: { choices: [4] } };
  const fewer = { trials: 1, epochs: 1, space: narrow, validationSplit: 0.5 };
  const { task } = await tune("translator", pairs, fewer);
  expect((task as Translator).split).toEqual({ training: 20, validation: 0 });
});

test("an unknown option, and no row to compare by, are refused", async () => {
  await expect(tune("textClassifier", rows, { trails: 3 } as never)).rejects.toThrow('Did you mean "trials"?');
  await expect(tune("textClassifier", rows.slice(0, 3), { trials: 1 })).rejects.toThrow("rows to compare trials by");
  await expect(tune("regressor" as never, rows as never)).rejects.toThrow("textClassifier");
});
