import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { Random } from "../../tensor/random.ts";
import { forecaster, loadForecaster } from "./forecaster.ts";
import type { ForecasterOptions } from "./options.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-forecast-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quiet = { verbose: 0 } as const;
const tiny: ForecasterOptions = { units: 6, window: 6, season: 6, seed: 2 };

/** A season of 6 on a slow rise, with noise. */
function seasons(T: number, noise = 0.1, seed = 1): number[] {
  const random = new Random(seed);
  return Array.from(
    { length: T },
    (_, t) => 20 + 0.1 * t + 5 * Math.sin((2 * Math.PI * t) / 6) + noise * random.normal(),
  );
}

test("two fits that end at the same time leave each what it learned, with its report", async () => {
  const make = () => forecaster({ units: 2, window: 4, season: 1, differences: [], intervals: "quantile" });
  const known = ({ learned, report }: ReturnType<typeof make>) => [learned.rows, learned.stretch, String(report)];
  const all = [60, 40].map((rows) => Array.from({ length: rows }, (_, t) => Math.sin(t) + t / rows));
  const once = { epochs: 1, verbose: 0 } as const;
  const alone = new Map<unknown, unknown>();
  for (const series of all) {
    const task = make();
    await task.fit(series, once);
    alone.set(series.length, known(task));
  }
  const both = make();
  const trained: (() => void)[] = [];
  const onTrainEnd = () =>
    new Promise<void>((resolve) => {
      trained.push(resolve);
      if (trained.length === 2) for (const go of trained) go();
    });
  const fit = async (series: number[]) => {
    await both.fit(series, { ...once, callbacks: [{ onTrainEnd }] });
    expect(known(both)).toEqual(alone.get(both.learned.rows));
  };
  await Promise.all(all.map(fit));
});

test("a seasonal series is forecast better than by any baseline, and no warning says otherwise", async () => {
  const series = seasons(150, 1.5);
  const task = forecaster({ ...tiny, horizon: 2 });
  await task.fit(series.slice(0, 120), { ...quiet, epochs: 60 });
  const report = await task.evaluate(series);
  expect(report.origins).toBe(29); // rows 120 … 149, two steps each
  for (const baseline of Object.values(report.baselines)) expect(report.forecast.rmse).toBeLessThan(baseline.rmse);
  expect(report.forecast.mase).toBeLessThan(1);
  expect(report.warnings).toEqual([]);
});

test("a random walk is beaten by nobody, and the result says so as a value and as text", async () => {
  const random = new Random(5);
  let level = 100;
  const series = Array.from({ length: 90 }, () => (level += random.normal()));
  const task = forecaster({ units: 8, window: 8, season: 1, differences: [] });
  await task.fit(series.slice(0, 70), { ...quiet, epochs: 5 });
  const { warnings, forecast, baselines } = await task.evaluate(series);
  expect(forecast.rmse).toBeGreaterThan(baselines.naive.rmse);
  expect(warnings[0]).toMatch(/worse than/);
  expect(String(await task.predict(series))).toMatch(/Warning: The forecast is worse/);
});

for (const strategy of ["direct", "recursive"] as const) {
  test(`${strategy}: what comes later never changes a forecast`, async () => {
    const series = seasons(80);
    const task = forecaster({ ...tiny, strategy, horizon: 3, differences: [6, 1] });
    await task.fit(series.slice(0, 60), { ...quiet, epochs: 2 });
    const early = await task.predict(series.slice(0, 70));
    const other = [...series.slice(0, 70), ...series.slice(70).map((v) => -50 * v)];
    const again = await task.evaluate(other, { from: 70, stride: 20 });
    const actual = other.slice(70, 73);
    const rmse = Math.sqrt(actual.reduce((sum, y, h) => sum + (y - early.values.at(h, 0)) ** 2, 0) / 3);
    expect(again.forecast.rmse / rmse).toBeCloseTo(1, 5); // the same forecast in f32, against another future
  });

  test(`${strategy}: the validation split decides nothing but when to stop`, async () => {
    const series = seasons(80);
    const learned = async (tail: number) => {
      const task = forecaster({ units: 4, window: 6, strategy, horizon: 2 });
      await task.fit([...series.slice(0, 68), ...series.slice(68).map((v) => v * tail)], {
        ...quiet,
        epochs: 1,
        validationSplit: 0.15,
      });
      const { inputs, outputs, season, differences, scales } = task.learned;
      return { inputs: inputs.toJSON(), outputs: outputs.toJSON(), season, differences, scales };
    };
    expect(await learned(1000)).toEqual(await learned(1));
  });

  test(`${strategy}: a saved forecaster forecasts the same, intervals too`, async () => {
    const series = seasons(80);
    const task = forecaster({ ...tiny, strategy, horizon: 3, intervals: "gaussian", logarithm: true });
    await task.fit(series, { ...quiet, epochs: 2 });
    const path = join(folder, `${strategy}.keras`);
    await task.save(path);
    const again = await loadForecaster(path);
    const [a, b] = [await task.predict(series), await again.predict(series)];
    expect(b.values.toArray()).toEqual(a.values.toArray());
    expect(b.high!.toArray()).toEqual(a.high!.toArray());
    expect(b.baselines.drift.toArray()).toEqual(a.baselines.drift.toArray());
    expect(again.learned.names).toBe(null);
    expect(String(b)).toBe(String(a)); // with how it did on the validation split
    await again.fit(series, { ...quiet, epochs: 2 }); // with the options of the first
    expect((await again.predict(series)).values.toArray()).toEqual(a.values.toArray());
  });
}

test("forecasts requested at the same time come one after the other", async () => {
  const task = forecaster({ ...tiny, horizon: 2 });
  await task.fit(seasons(60), { ...quiet, epochs: 1 });
  const histories = [seasons(40), seasons(50), seasons(60)];
  const together = await Promise.all(histories.map((history) => task.predict(history)));
  for (const [k, { values }] of together.entries())
    expect(values.toArray()).toEqual((await task.predict(histories[k])).values.toArray());
});

test("large numbers are read in double precision, in rows and in a backtest too", async () => {
  const series = Array.from({ length: 40 }, (_, t) => 1e9 + t); // f32 knows every 64th
  const task = forecaster({ units: 2, window: 3, season: 1, differences: [1] });
  await task.fit(
    series.map((v) => [v]),
    { ...quiet, epochs: 1 },
  );
  expect(task.learned.scales).toEqual([1]);
  const { report } = await forecaster(task.options).backtest(series, { ...quiet, epochs: 1, folds: 1 });
  expect(report.baselines.naive.rmse).toBe(1);
});

test.skipIf(!thorough)("the network has 16 units where nothing is said, however long the series", async () => {
  const stop = new AbortController();
  stop.abort(); // the model is wanted, not its training
  for (const T of [60, 3200]) {
    const task = forecaster({ window: 4, season: 1, differences: [1] });
    await task.fit(seasons(T), { ...quiet, signal: stop.signal });
    expect(task.model.countParams()).toBe(4 * 16 * (1 + 16 + 1) + 17);
  }
});

test("a recursive forecast continues past its horizon, a direct one says how", async () => {
  const series = seasons(60, 0);
  const task = forecaster({ ...tiny, strategy: "recursive" });
  await task.fit(series, { ...quiet, epochs: 2 });
  expect((await task.predict(series, { horizon: 30 })).values.shape).toEqual([30, 1]);
  const direct = forecaster({ ...tiny, horizon: 4 });
  await direct.fit(series, { ...quiet, epochs: 1 });
  const [all, first] = [await direct.predict(series), await direct.predict(series, { horizon: 2 })];
  expect(first.values.toArray()).toEqual((all.values.toArray() as number[][]).slice(0, 2));
});

test("several columns are read, the named ones forecast", async () => {
  const random = new Random(3);
  const cause = Array.from({ length: 120 }, () => random.normal());
  const rows = cause.map((v, t) => [v, t === 0 ? 0 : 10 * cause[t - 1]]); // the second follows the first
  const task = forecaster({
    units: 8,
    window: 3,
    columns: ["cause", "effect"],
    targets: ["effect"],
    differences: [],
    season: 1,
  });
  await task.fit(rows.slice(0, 100), { ...quiet, epochs: 60 });
  const report = await task.evaluate(rows);
  expect(report.targets.map((t) => t.name)).toEqual(["effect"]);
  expect(report.forecast.rmse).toBeLessThan(0.5 * report.baselines.naive.rmse);
  expect((await task.predict(rows)).values.shape).toEqual([1, 1]);
});

test("several columns continue together, step by step, each in its own units", async () => {
  const rows = Array.from({ length: 90 }, (_, t) => [Math.sin(t), 1000 + 100 * Math.cos(t)]);
  const task = forecaster({ units: 12, window: 4, strategy: "recursive", horizon: 3, differences: [], season: 1 });
  await task.fit(rows.slice(0, 70), { ...quiet, epochs: 80 });
  const report = await task.evaluate(rows);
  expect(report.targets.map((t) => t.name)).toEqual(["column 0", "column 1"]);
  expect(report.forecast.rmse).toBeLessThan(0.3 * report.baselines.naive.rmse);
  const { values, baselines } = await task.predict(rows.slice(0, 70));
  expect(values.shape).toEqual([3, 2]);
  expect(baselines.naive.at(2, 1)).toBeCloseTo(rows[69][1], 2); // 1000 in f32 has 4 decimals
});

test("quantile intervals hold about the fraction they should, low below high", async () => {
  const series = seasons(420, 1, 7);
  const task = forecaster({ ...tiny, intervals: "quantile", coverage: 0.8 });
  await task.fit(series.slice(0, 320), { ...quiet, epochs: 40 });
  const { coverage } = await task.evaluate(series);
  expect(coverage!.asked).toBe(0.8);
  expect(coverage!.measured).toBeGreaterThan(0.65); // 100 values: three standard errors are 0.12
  expect(coverage!.measured).toBeLessThan(0.95);
  const { low, values, high } = await task.predict(series);
  expect(low!.data[0]).toBeLessThan(values.data[0]);
  expect(values.data[0]).toBeLessThan(high!.data[0]);
  const path = join(folder, "quantile.keras");
  await task.save(path);
  expect((await (await loadForecaster(path)).predict(series)).low!.toArray()).toEqual(low!.toArray());
});

test("Gaussian intervals hold about the fraction they should", async () => {
  const series = seasons(420, 1, 8);
  const task = forecaster({ ...tiny, horizon: 2, intervals: "gaussian", coverage: 0.8 });
  await task.fit(series.slice(0, 320), { ...quiet, epochs: 20 });
  const { coverage } = await task.evaluate(series);
  expect(coverage!.measured).toBeGreaterThan(0.65);
  expect(coverage!.measured).toBeLessThan(0.95);
});

test("of several columns each stands beside its own baselines, and one that loses is named", async () => {
  const random = new Random(4);
  const levels = [1000];
  while (levels.length < 120) levels.push(levels[levels.length - 1] + random.normal());
  const rows = levels.map((level, t) => [Math.sin(t), level]);
  const options = { units: 8, window: 4, differences: [], season: 1, method: "network" } as const;
  const task = forecaster({ ...options, columns: ["wave", "walk"] });
  await task.fit(rows.slice(0, 100), { ...quiet, epochs: 60 });
  const report = await task.evaluate(rows);
  const [wave, walk] = report.targets;
  expect(wave.forecast.rmse).toBeLessThan(0.8 * wave.baselines.naive.rmse);
  expect(walk.forecast.rmse).toBeGreaterThan(walk.baselines.naive.rmse);
  expect(report.warnings[0]).toMatch(/worse than a baseline in 1 of 2 columns: walk\./);
  expect(String(report)).toMatch(/RMSE by column .*naive.*\n *wave .*\n *walk /);
  const path = join(folder, "columns.keras");
  await task.save(path);
  expect((await loadForecaster(path)).report!.targets).toEqual(task.report!.targets);
});

test("intervals hold what they should of rows nobody saw, though errors are far from normal", async () => {
  const random = new Random(9);
  const jump = () => (random.uniform(0, 1) < 0.05 ? 12 * random.normal() : 0.5 * random.normal()); // many small, few large
  const series = Array.from({ length: 2000 }, () => jump());
  for (const intervals of ["gaussian", "quantile"] as const) {
    const task = forecaster({ units: 4, window: 4, season: 1, differences: [], intervals, coverage: 0.8 });
    await task.fit(series.slice(0, 1500), { ...quiet, epochs: 4 });
    const { coverage } = await task.evaluate(series);
    // Without the correction, the spread that the few large ones make would hold 0.96. 500 values: three standard errors
    // are 0.05; the larger of two corrections errs to the safe side.
    expect(coverage!.measured, intervals).toBeGreaterThan(0.75);
    expect(coverage!.measured, intervals).toBeLessThan(0.88);
  }
});

test("a constant series is forecast as it is, with intervals and without", async () => {
  for (const intervals of ["none", "gaussian", "quantile"] as const) {
    const task = forecaster({ units: 4, horizon: 2, intervals });
    await task.fit(new Array(60).fill(7), { ...quiet, epochs: 30 });
    const { values, report } = await task.predict(new Array(60).fill(7));
    for (const value of values.data) expect(value).toBeCloseTo(7, 1); // the network begins at random: 0.05 after 30 epochs
    expect(report!.baselines.naive).toEqual({ rmse: 0, mae: 0, mase: 0, smape: 0 });
    expect(String(report)).not.toMatch(/NaN/);
  }
});

test("a series that grows in percent is worked on as logarithms, unless it is told not to", async () => {
  const random = new Random(2);
  const series = Array.from({ length: 96 }, (_, t) =>
    Math.exp(3 + t / 50 + 0.2 * Math.sin((2 * Math.PI * t) / 12) + 0.02 * random.normal()),
  );
  const learned = async (logarithm?: boolean) => {
    const task = forecaster({ units: 2, ...(logarithm === undefined ? {} : { logarithm }) });
    await task.fit(series, { ...quiet, epochs: 1 });
    return task.learned;
  };
  expect(await learned()).toMatchObject({ logarithm: true, season: 12 });
  expect(await learned(false)).toMatchObject({ logarithm: false });
});

test("a backtest trains on the past of each fold, and its report covers all of them", async () => {
  const series = seasons(100);
  const { folds, report } = await forecaster({ ...tiny, horizon: 2, intervals: "gaussian" }).backtest(series, {
    ...quiet,
    folds: 2,
    testRows: 10,
    epochs: 2,
  });
  expect(folds.map(({ trained, from, to }) => [trained, from, to])).toEqual([
    [80, 80, 90],
    [90, 90, 100],
  ]);
  expect(report.origins).toBe(18); // nine origins a fold
  const squares = folds.map((fold) => fold.report.forecast.rmse ** 2);
  expect(report.forecast.rmse).toBeCloseTo(Math.sqrt((squares[0] + squares[1]) / 2), 10);
  const changed = series.map((v, t) => (t < 90 ? v : -v)); // the second fold's future
  const again = await forecaster({ ...tiny, horizon: 2, intervals: "gaussian" }).backtest(changed, {
    ...quiet,
    folds: 2,
    testRows: 10,
    epochs: 2,
  });
  expect(String(again.folds[0].report)).toBe(String(folds[0].report)); // forecasts, baselines, coverage
});

test("the same seed gives the same forecast", async () => {
  const series = seasons(60);
  const value = async (seed: number) => {
    const task = forecaster({ ...tiny, seed, method: "network" });
    await task.fit(series, { ...quiet, epochs: 2 });
    return (await task.predict(series)).values.data[0];
  };
  expect(await value(1)).toBe(await value(1));
  expect(await value(1)).not.toBe(await value(2));
});

for (const strategy of ["direct", "recursive"] as const)
  test(`${strategy}: a level of 1e9 with changes of 1 keeps its units`, async () => {
    const series = Array.from({ length: 80 }, (_, t) => 1e9 + (t % 10));
    const task = forecaster({ units: 4, horizon: 4, season: 10, strategy });
    await task.fit(series, { ...quiet, epochs: 2 });
    const found = await task.predict(series);
    expect(found.baselines.naive.toArray()).toEqual([[1e9 + 9], [1e9 + 9], [1e9 + 9], [1e9 + 9]]);
    expect(found.baselines.seasonalNaive.toArray()).toEqual([[1e9], [1e9 + 1], [1e9 + 2], [1e9 + 3]]);
    for (const [h, value] of found.values.data.entries()) expect(Math.abs(value - 1e9 - h)).toBeLessThan(2); // f32 steps by 64
    expect(String(found)).toContain("1000000009");
  });

test("a series in rows of float64 is read as it is", async () => {
  const task = forecaster({ units: 2, window: 3, season: 1, differences: [1] });
  const series = Array.from({ length: 40 }, (_, t) => Float64Array.of(1.7e9 + 60 * t, t % 3));
  await task.fit(series, { ...quiet, epochs: 1 });
  const { baselines } = await task.predict(series);
  expect(baselines.naive.toArray()).toEqual([[1.7e9 + 60 * 39, 0]]);
});

test("dates say which season to expect: a week of days under noise", async () => {
  const random = new Random(4);
  const series = Array.from({ length: 70 }, (_, t) => 20 + 1.2 * Math.sin((2 * Math.PI * t) / 7) + random.normal());
  const dates = Array.from({ length: 70 }, (_, t) => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10));
  const task = forecaster({ units: 2, horizon: 7 });
  await task.fit(series, { ...quiet, epochs: 1, dates });
  expect(task.learned.season).toBe(7);
});

test("a backtest gives the forecasts of its folds, one training for all of them where it is asked, and tells each", async () => {
  const series = seasons(100);
  const told: string[] = [];
  const options = { ...quiet, folds: 2, testRows: 11, epochs: 2 };
  const { folds } = await forecaster({ ...tiny, horizon: 2 }).backtest(series, {
    ...options,
    refit: false,
    onFold: (fold, k, of) => told.push(`${k} of ${of}: ${fold.from}`),
  });
  expect(folds.map(({ trained, from }) => [trained, from])).toEqual([
    [78, 78],
    [78, 89],
  ]);
  expect(told).toEqual(["1 of 2: 78", "2 of 2: 89"]);
  expect(folds.map(({ forecast }) => forecast.shape)).toEqual([
    [10, 1],
    [10, 1],
  ]);
  const one = forecaster({ ...tiny, horizon: 2 });
  await one.fit(series.slice(0, 78), { ...quiet, epochs: 2 });
  const { values } = await one.predict(series.slice(0, 91));
  expect(Array.from(folds[1].forecast.data.slice(2, 4))).toEqual(Array.from(values.data));
  const { origins } = await one.historicalForecasts(series.slice(0, 90), { from: 80, stride: 5 });
  expect(origins).toEqual([80, 85]);
  await expect(one.historicalForecasts(series, { from: 2 })).rejects.toThrow(/from/);
});

test("forecasts and intervals stay within the bounds that values have", async () => {
  const random = new Random(7);
  const counts = Array.from({ length: 80 }, () => Math.max(0, Math.round(1.2 * random.normal())));
  const options = { ...tiny, horizon: 3, intervals: "gaussian" as const };
  const free = forecaster(options);
  await free.fit(counts, { ...quiet, epochs: 2 });
  expect((await free.predict(counts)).low!.data.some((v) => v < 0)).toBe(true);
  const bound = forecaster({ ...options, min: 0, max: 1 + Math.max(...counts) });
  await bound.fit(counts, { ...quiet, epochs: 2 });
  const { values, low, high } = await bound.predict(counts);
  for (const part of [values, low!, high!])
    for (const v of part.data) expect(v >= 0 && v <= bound.learned.max!).toBe(true);
  const folder = mkdtempSync(join(tmpdir(), "cellstate-bounds-"));
  const path = join(folder, "bound.keras");
  await bound.save(path);
  expect((await loadForecaster(path)).learned).toMatchObject({ min: 0, max: bound.learned.max });
  rmSync(folder, { recursive: true });
  await expect(forecaster({ ...options, min: 1 }).fit(counts, quiet)).rejects.toThrow(/min.*1 or more in row \d+/);
  expect(() => forecaster({ min: 3, max: 2 })).toThrow(/min.* below .*max/);
});
