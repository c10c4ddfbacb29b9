import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { globalForecaster, loadGlobalForecaster, type SeriesRecord } from "../../index.ts";
import { intervalsFor } from "./intervals.ts";
import type { View } from "./view.ts";

/** Series of a season of 6 steps with noise, of levels from 20 to 2,000. */
function collection(count: number, rows: number, seed = 3): SeriesRecord[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const [level, phase] = [20 * 10 ** (2 * random.uniform()), random.below(6)];
    const wave = (t: number) => 1 + 0.3 * Math.sin(((t + phase) * Math.PI) / 3);
    const values = Array.from({ length: rows }, (_, t) => level * wave(t) * (1 + 0.05 * random.normal()));
    return { id: `s${i}`, values };
  });
}
const small = { horizon: 4, season: 6, window: 8, units: 4, hidden: 16, networks: 1 };
const quick = { epochs: 1, batchSize: 32, verbose: 0 } as const;
const shorter = (series: readonly SeriesRecord[], rows: number) =>
  series.map(({ id, values }) => ({ id: id!, values: Array.from(values).slice(0, -rows) }));

test("intervals hold about the fraction asked for on values not seen, and a file has them", async () => {
  const series = collection(40, 80);
  const task = globalForecaster({ ...small, coverage: 0.8 });
  await task.fit(shorter(series, 12), quick);
  expect(task.report?.intervals?.asked).toBe(0.8);
  const report = await task.evaluate(series, { origins: 3 });
  const { intervals } = report;
  expect(intervals?.measured).toBeGreaterThan(0.72); // 480 values; of 0.8 the standard error is about 0.02
  expect(intervals?.measured).toBeLessThan(0.9);
  expect(intervals?.msis).toBeGreaterThan(0);
  expect(String(report)).toContain("within the 80 % interval");
  const [{ values, low, high }] = await task.predict(series.slice(0, 1));
  values.forEach((v, h) => {
    expect(low![h]).toBeLessThan(v);
    expect(high![h]).toBeGreaterThan(v);
  });
  const path = join(mkdtempSync(join(tmpdir(), "cellstate-")), "wide.keras");
  await task.save(path);
  const loaded = await loadGlobalForecaster(path);
  expect((await loaded.predict(series.slice(0, 1)))[0].high).toEqual(high);
  const plain = globalForecaster(small);
  await plain.fit(series.slice(0, 3), { ...quick, holdOut: false });
  expect((await plain.predict(series.slice(0, 1)))[0].low).toBeNull();
});

test("an interval's width is the error that the fraction of held-out values stays within, in units of each series", () => {
  const view: View = {
    ...{ horizon: 1, window: 4, seasons: [], base: 1, head: "direct", logarithm: false, unit: 1 },
    ...{ known: [], calendar: 0, holidays: 0, past: 0, static: [] },
  };
  const none = { dates: null, known: [], calendar: [], holidays: [], past: [], static: [] };
  // changes of 1 in one, of 10 in the other; errors of 1 to 9 such changes
  const places = Array.from({ length: 18 }, (_, i) => {
    const size = i % 2 === 0 ? 1 : 10;
    const error = size * (1 + (i >> 1));
    const history = Array.from({ length: 8 }, (_, t) => size * (t % 2));
    return { member: { ...none, id: `${i}`, values: Float64Array.from([...history, error]) }, at: 8 };
  });
  const { widths } = intervalsFor(
    view,
    places,
    places.map(() => Float64Array.of(0)),
    0.5,
  );
  expect(widths[0]).toBeCloseTo(5, 12); // the tenth of 18 errors: (18 + 1) · 0.5, rounded up
});

test("of few held-out forecasts one odd day does not make its step alone wide", () => {
  const view: View = {
    ...{ horizon: 4, window: 4, seasons: [], base: 1, head: "direct", logarithm: false, unit: 1 },
    ...{ known: [], calendar: 0, holidays: 0, past: 0, static: [] },
  };
  const none = { id: "", dates: null, known: [], calendar: [], holidays: [], past: [], static: [] };
  const places = Array.from({ length: 10 }, (_, i) => {
    const actual = [1, 1, 1, i === 4 ? 40 : 1];
    return { member: { ...none, values: Float64Array.from([...[0, 1, 0, 1, 0, 1, 0, 1], ...actual]) }, at: 8 };
  });
  const nothing = places.map(() => new Float64Array(4));
  const { widths } = intervalsFor(view, places, nothing, 0.9);
  expect(widths[0]).toBeLessThan(1.5); // 39 of 40 errors are 1
  expect(widths[3]).toBeLessThan(3 * widths[0]); // 12.7 times without what steps share
});

test("intervals need held-out steps, and a fraction between 0 and 1", async () => {
  expect(() => globalForecaster({ coverage: 1 })).toThrow(
    /expected coverage: a number between 0 and 1, or null, received 1/,
  );
  const task = globalForecaster({ ...small, coverage: 0.9 });
  await expect(task.fit(collection(2, 9), quick)).rejects.toThrow(/held-out steps.*\n {2}Give series of at least/);
  await expect(task.fit(collection(2, 40), { ...quick, holdOut: false })).rejects.toThrow(/Leave holdOut or coverage/);
});

test("training goes on from the weights there are, on longer series too", async () => {
  const series = collection(6, 60);
  const task = globalForecaster(small);
  await expect(task.fit(series, { ...quick, continue: true })).rejects.toThrow(/expected a trained task/);
  await task.fit(shorter(series, 6), quick);
  const [before, report] = [task.model.getWeights().map((w) => Array.from(w.data)), task.report];
  const { view } = task.learned;
  const history = await task.fit(series, { ...quick, continue: true });
  expect(history.epoch).toHaveLength(1);
  expect(task.learned.view).toEqual(view);
  expect(task.report).toBe(report);
  const moved = task.model.getWeights().flatMap((w, i) => Array.from(w.data, (v, j) => Math.abs(v - before[i][j])));
  expect(Math.max(...moved)).toBeGreaterThan(0);
  expect(Math.max(...moved)).toBeLessThan(0.5); // from there, not from new random weights
  await expect(task.fit([{ ...series[0], past: { x: series[0].values } }], { continue: true })).rejects.toThrow(
    /no past columns, received x/,
  );
});

test("a backtest trains without the values that it forecasts, nearer to the end in each fold", async () => {
  const series = collection(6, 60);
  const seen: number[] = [];
  const task = globalForecaster(small);
  const options = { ...quick, folds: 2, onFold: (_: unknown, number: number) => seen.push(number) };
  const { methods, folds } = await task.backtest(series, options);
  expect(seen).toEqual([1, 2]);
  expect(folds.map(({ unseen }) => unseen)).toEqual([8, 4]);
  const last = (steps: number) => Array.from(series[2].values).slice(60 - steps, 60 - steps + 4);
  expect(folds.map(({ report }) => Array.from(report.series[2].actual))).toEqual([last(8), last(4)]);
  const [a, b] = folds.map(({ report }) => report.methods.naive.mase);
  expect(methods.naive.mase).toBeCloseTo((a + b) / 2, 12);
  // what a fold forecasts is what a forecaster says that was trained on the rows before
  const alone = globalForecaster(small);
  await alone.fit(shorter(series, 4), { ...quick, holdOut: false });
  const [forecast] = await alone.predict([shorter(series, 4)[2]]);
  expect(Array.from(folds[1].report.series[2].forecast)).toEqual(Array.from(forecast.values));
  const once = await task.backtest(series, { ...quick, folds: 2, refit: false });
  expect(once.folds.map(({ unseen }) => unseen)).toEqual([8, 8]);
  await expect(task.backtest(series, { folds: 0 })).rejects.toThrow(/expected folds: a whole number of 1 or more/);
});

const dated = (id: string, rows: number, days: number): SeriesRecord => ({
  id,
  values: Array.from({ length: rows }, (_, t) => 20 + (t % 7) + 0.1 * ((t * 13) % 11)),
  dates: Array.from({ length: rows }, (_, t) => new Date(864e5 * (19_723 + days * t)).toISOString().slice(0, 10)),
});

test("series of different steps are refused in training and evaluation, naming both", async () => {
  const weekly = dated("weekly", 40, 7);
  const task = globalForecaster(small);
  await expect(task.fit([weekly, dated("daily", 60, 1)], quick)).rejects.toThrow(
    /series "weekly": expected a row every day, as in series "daily", received one every week/,
  );
  await task.fit([dated("one", 60, 1), dated("two", 50, 1)], quick);
  await expect(task.evaluate([weekly])).rejects.toThrow(/series "weekly": expected a row every day, as in training/);
  expect(task.learned.values).toBe(110);
});
