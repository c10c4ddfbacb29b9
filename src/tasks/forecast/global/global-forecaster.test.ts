import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { NdArray } from "../../../tensor/nd-array.ts";
import { Random } from "../../../tensor/random.ts";
import { globalForecaster, type SeriesRecord } from "../../index.ts";
import { loadTask } from "../../load-task.ts";
import { originsOf, windowBatches } from "./batches.ts";

/** Series of a season of 6 steps, of levels and sizes of their own, with noise. */
function collection(count: number, rows: number): SeriesRecord[] {
  const random = new Random(3);
  return Array.from({ length: count }, (_, i) => {
    const [level, size, phase] = [20 + 100 * random.uniform(), 0.2 + 0.2 * random.uniform(), random.below(6)];
    const wave = (t: number) => 1 + size * Math.sin(((t + phase) * Math.PI) / 3);
    const values = Array.from({ length: rows - 3 * (i % 5) }, (_, t) => level * wave(t) * (1 + 0.02 * random.normal()));
    return { id: `s${i}`, values };
  });
}
const small = { horizon: 4, season: 6, window: 8, units: 8, hidden: 32, networks: 1 };
const quick = { epochs: 2, batchSize: 32, verbose: 0 } as const;

test("a network over several series beats naive forecasts on their last steps, also on a series it has not seen", async () => {
  const [unseen, ...series] = collection(21, 70);
  const task = globalForecaster(small);
  await task.fit(
    series.map(({ id, values }) => ({ id, values: Array.from(values).slice(0, -4) })),
    quick,
  );
  const { methods, series: each } = await task.evaluate(series);
  expect(each).toHaveLength(20);
  expect(methods.forecast.smape).toBeLessThan(0.5 * methods.naive.smape);
  expect(methods.forecast.medianSmape).toBeGreaterThan(0);
  const other = await task.evaluate([unseen]);
  expect(other.methods.forecast.mase).toBeLessThan(0.5 * other.methods.naive.mase);
  expect(String(task.report)).toContain("sMAPE");
});

test("the same seed gives the same forecast, and a file gives it again", async () => {
  const series = collection(4, 50);
  const [a, b] = [globalForecaster(small), globalForecaster(small)];
  for (const task of [a, b]) await task.fit(series, { ...quick, epochs: 1 });
  const forecasts = await a.predict(series);
  expect(await b.predict(series)).toEqual(forecasts);
  const path = join(mkdtempSync(join(tmpdir(), "cellstate-")), "global.keras");
  await a.save(path);
  const { kind, task } = await loadTask(path);
  if (kind !== "globalForecaster") throw new Error(kind);
  expect(await task.predict(series)).toEqual(forecasts);
  expect(String(forecasts).split("\n")).toHaveLength(5);
});

test("one series with known, past and static columns: known ones are read for the steps ahead", async () => {
  const rows = 200;
  const random = new Random(5);
  const known = Float64Array.from({ length: rows + 4 }, () => random.below(2));
  const noise = Float64Array.from({ length: rows }, () => random.normal());
  const values = noise.map((v, t) => 50 + 10 * known[t] + 0.1 * v);
  const record = { values, known: { promotion: known }, past: { noise }, static: { region: "north" } };
  const task = globalForecaster({ horizon: 4, window: 8, units: 8, hidden: 32, networks: 1, season: 1, shrink: false });
  await task.fit([{ ...record, known: { promotion: known.subarray(0, rows) } }], { ...quick, epochs: 4 });
  expect(task.report?.origins).toBe(5); // of few series, several forecasts are held out
  const [{ values: forecast }] = await task.predict([record]);
  const expected = known.subarray(rows).map((v) => 50 + 10 * v);
  const furthest = Math.max(...forecast.map((v, h) => Math.abs(v - expected[h])));
  expect(furthest).toBeLessThan(3); // a flat forecast is off by 5 on average
  await expect(task.predict([{ ...record, known: { promotion: known.subarray(0, rows + 2) } }])).rejects.toThrow(
    /promotion: expected at least 204 numbers, received 202.*It reaches 2 steps/s,
  );
});

test("what a signal ends before the first step leaves the task as it was", async () => {
  const task = globalForecaster(small);
  const history = await task.fit(collection(3, 40), { ...quick, signal: AbortSignal.abort() });
  expect(history.epoch).toEqual([]);
  expect(() => task.model).toThrow(/expected a trained task/);
});

test("series of one value, series that stay equal, and one wild value", async () => {
  const task = globalForecaster({ horizon: 4, units: 4, hidden: 8, season: 1 });
  const equal = [5, 7].map((level) => ({ id: `${level}`, values: Array(40).fill(level) }));
  await task.fit(equal, { ...quick, epochs: 1 });
  const [{ values }, one] = await task.predict([...equal.slice(0, 1), { id: "one", values: [3] }]);
  expect([...values, ...one.values]).toEqual([5, 5, 5, 5, 3, 3, 3, 3]);
  const wild = Array.from({ length: 60 }, (_, t) => (t === 30 ? 1e12 : 10 + (t % 5)));
  await task.fit([{ values: wild }], { ...quick, epochs: 1 });
  const [calm] = await task.predict([{ values: wild.slice(31) }]);
  for (const v of calm.values) expect(Math.abs(v - 12)).toBeLessThan(10);
});

test("the smallest series that can be trained on; shorter ones, gaps and doubles are named", async () => {
  const task = globalForecaster({ horizon: 4, units: 4, hidden: 8, season: 1 });
  const rows = (count: number) => Array.from({ length: count }, (_, t) => 10 + (t % 3));
  await task.fit([{ values: rows(8) }], { ...quick, epochs: 1 });
  expect(task.report).toBeNull();
  await task.fit([{ values: rows(9) }], { ...quick, epochs: 1 });
  await expect(task.fit([{ values: rows(7) }], quick)).rejects.toThrow(/a series of at least 8 values, received 7/);
  await expect(task.fit([{ id: "a", values: [1, Number.NaN] }], quick)).rejects.toThrow(/series "a", values: .* row 1/);
  const twice = { id: "a", values: rows(9) };
  await expect(task.fit([twice, twice], quick)).rejects.toThrow(/series "a": two series have this id/);
  await expect(task.fit([], quick)).rejects.toThrow(/a list of series, received none/);
  await expect(task.evaluate([{ values: rows(4) }])).rejects.toThrow(/a series of more than 4 values/);
  await expect(task.fit([twice, { values: rows(9), known: { x: rows(9) } }], quick)).rejects.toThrow(
    /no known columns, received x/,
  );
});

test("windows are drawn by seed and pass, each as likely as every other", async () => {
  const origins = originsOf([10, 3, 30], 2, 4, 20);
  expect(origins).toEqual([
    { series: 0, last: 8, count: 5 },
    { series: 2, last: 28, count: 20 },
  ]);
  const seen = [10, 3, 30].map((rows) => ({
    levels: Float64Array.from({ length: rows }, (_, t) => t),
    scale: 1,
    known: [],
    calendar: [],
    holidays: [],
    past: [],
    static: [],
  }));
  const view = {
    horizon: 2,
    window: 4,
    seasons: [],
    base: 1,
    head: "direct" as const,
    logarithm: false,
    unit: 1,
    known: [],
    calendar: 0,
    holidays: 0,
    past: 0,
    static: [],
  };
  const batches = windowBatches({ view, seen, origins, batchSize: 100, networks: 2, steps: 2, seed: 1 });
  const first = (pass: number) => (batches(pass).next().value as { y: NdArray }).y;
  expect(first(0).shape).toEqual([100, 4]);
  expect(first(0).toArray()).toEqual(first(0).toArray());
  expect(first(0).data.slice(0, 4)).toEqual(Float32Array.of(1, 2, 1, 2)); // a straight line: steps of one change
});
