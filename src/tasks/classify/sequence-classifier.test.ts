import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../tensor/random.ts";
import { loadSequenceClassifier, sequenceClassifier } from "./sequence-classifier.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-sequence-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quiet = { verbose: 0 } as const;

/** Rising or falling lines with noise, of 3 to 9 steps and two features far from 0. */
function lines(count: number, seed = 1) {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? "falls" : "rises";
    const slope = label === "rises" ? 10 : -10;
    const T = 3 + random.below(7);
    const sequence = Array.from({ length: T }, (_, t) => [1000 + slope * t + random.normal(), 0.001 * random.normal()]);
    return { sequence, label };
  });
}

test("sequences of different length are told apart, and a saved task answers alike", async () => {
  const task = sequenceClassifier({ units: 8, seed: 2 });
  await task.fit(lines(60), { ...quiet, epochs: 30 });
  const { accuracy, report } = await task.evaluate(lines(40, 2));
  expect(accuracy).toBeGreaterThan(0.9);
  expect(report.baseline.accuracy).toBe(0.5);
  const path = join(folder, "lines.keras");
  await task.save(path);
  const again = await loadSequenceClassifier(path);
  const sequences = lines(5, 3).map((row) => row.sequence);
  expect(await again.predict(sequences)).toEqual(await task.predict(sequences));
  expect(again.length).toBe(task.length);
  await again.fit(lines(60), { ...quiet, epochs: 30 }); // with the options of the first
  expect(await again.predict(sequences)).toEqual(await task.predict(sequences));
});

test("the scaler sees the training rows alone, and padding nothing", async () => {
  const rows = lines(60);
  const task = sequenceClassifier({ units: 4 });
  await task.fit(rows, { ...quiet, epochs: 1, validationSplit: 0 });
  const all = rows.flatMap((row) => row.sequence.map((step) => Math.fround(step[0])));
  const mean = all.reduce((a, b) => a + b) / all.length;
  expect(task.scaler.toJSON().center[0]).toBeCloseTo(mean, 3); // 1000 in f32 has 4 decimals
  const apart = sequenceClassifier({ units: 4 });
  await apart.fit(rows, { ...quiet, epochs: 1, validationSplit: 0.2 });
  expect(apart.scaler.toJSON().center[0]).not.toBe(task.scaler.toJSON().center[0]);
});

test("padding says nothing: the same weights over more padding give the same answers", async () => {
  const rows = lines(40);
  const fitted = async (length: number) => {
    const task = sequenceClassifier({ units: 6, bidirectional: true, length });
    await task.fit(rows, { ...quiet, epochs: 2 });
    return task;
  };
  const [short, long] = [await fitted(9), await fitted(20)];
  long.model.setWeights(short.model.getWeights());
  const sequences = rows.map((row) => row.sequence);
  const [a, b] = [await short.predict(sequences), await long.predict(sequences)];
  for (const [i, { probability }] of a.entries()) expect(b[i].probability).toBeCloseTo(probability, 5); // f32, 9 steps
});

test("a fit that fails leaves the task as it was", async () => {
  const task = sequenceClassifier({ units: 4 });
  await task.fit(lines(20), { ...quiet, epochs: 1 });
  const one = [lines(1)[0].sequence];
  const before = await task.predict(one);
  const other = lines(20).map(({ sequence, label }) => ({ sequence: sequence.map(([v]) => [v, v, v]), label }));
  const fails = { ...quiet, callbacks: [{ onEpochEnd: () => Promise.reject(new Error("no more disk")) }] };
  await expect(task.fit(other, fails)).rejects.toThrow("no more disk");
  expect(await task.predict(one)).toEqual(before);
});

test("a series of one feature may be a plain list", async () => {
  const rows = lines(30).map(({ sequence, label }) => ({ sequence: sequence.map((s) => s[0]), label }));
  const task = sequenceClassifier({ units: 8, cell: "gru", pooling: "last" });
  await task.fit(rows, { ...quiet, epochs: 2 });
  expect(task.model.inputShape).toEqual([null, task.length, 1]);
});
