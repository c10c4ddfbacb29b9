import { expect, test } from "vitest";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { driftForecast, naiveForecast, seasonalNaiveForecast } from "./baselines.ts";
import { readIntervalReport } from "./coverage.ts";
import { difference, integrate, lost } from "./differences.ts";
import {
  coverageOf,
  meanAbsoluteScaledError,
  meanScaledIntervalScore,
  rootMeanSquaredError,
  symmetricMape,
} from "./errors.ts";
import { growsInPercent } from "./growth.ts";
import { crossStretched, stretched, stretchFor } from "./intervals.ts";
import { intervalsTogether } from "./intervals-together.ts";
import { normalQuantile } from "./predict-ahead.ts";
import { evaluateForecasts } from "./report.ts";
import { findSeason } from "./seasons/find-seasons.ts";
import { anchorOf, correctionsAfter, movedOn, windowsBefore } from "./windows.ts";

test("the baselines by hand", () => {
  expect(naiveForecast([4, 7, 5], 3)).toEqual([5, 5, 5]);
  expect(seasonalNaiveForecast([1, 2, 3, 4, 5, 6, 7], 5, 3)).toEqual([5, 6, 7, 5, 6]);
  expect(seasonalNaiveForecast([1, 2], 2, 3)).toEqual([2, 2]); // less than a season: the last value
  expect(driftForecast([2, 9, 8], 3)).toEqual([11, 14, 17]); // (8 − 2) / 2 a step
  expect(driftForecast([3], 2)).toEqual([3, 3]);
});

test("the errors by hand", () => {
  const [actual, forecast] = [
    [10, 20, 40],
    [12, 18, 44],
  ];
  expect(rootMeanSquaredError(actual, forecast)).toBeCloseTo(Math.sqrt((4 + 4 + 16) / 3), 12);
  expect(symmetricMape(actual, forecast)).toBeCloseTo((200 * 2) / 22 / 3 + (200 * 2) / 38 / 3 + (200 * 4) / 84 / 3, 10);
  expect(symmetricMape([0, 1], [0, -1])).toBe(100); // no error, and the largest there is
  // training 1 3 2 6: changes 2 1 4, mean 7/3; errors 2 2 4, mean 8/3
  expect(meanAbsoluteScaledError(actual, forecast, [1, 3, 2, 6])).toBeCloseTo(8 / 7, 12);
  // with a season of 2: |2 − 1|, |6 − 3|, mean 2
  expect(meanAbsoluteScaledError(actual, forecast, [1, 3, 2, 6], 2)).toBeCloseTo(4 / 3, 12);
  expect(meanAbsoluteScaledError(actual, forecast, [5, 5, 5])).toBe(Number.POSITIVE_INFINITY);
  expect(meanAbsoluteScaledError(actual, actual, [5, 5, 5])).toBe(0);
  expect(coverageOf([1, 2, 3], [1, 0, 4], [1, 1, 5])).toBeCloseTo(1 / 3, 12);
});

test("differences are undone by integrating, for any lags", () => {
  const random = new Random(4);
  const series = Float64Array.from({ length: 60 }, () => random.uniform(-10, 10));
  for (const lags of [[], [1], [12], [12, 1], [1, 1, 3]]) {
    const changes = difference(series, lags);
    expect(changes.length).toBe(60 - lost(lags));
    const origin = 40;
    const next = integrate(series.subarray(0, origin), lags, changes.subarray(origin - lost(lags)));
    for (const [h, value] of next.entries()) expect(value).toBeCloseTo(series[origin + h], 8); // float64, sums of 20
  }
});

test("the anchor of a seasonal difference is the seasonal-naive forecast, of a change the naive one", () => {
  const series = Float64Array.from([1, 5, 2, 7, 3, 9, 4, 8]);
  expect([...anchorOf(series, 6, [3], 5)]).toEqual(seasonalNaiveForecast(series.subarray(0, 6), 5, 3));
  expect([...anchorOf(series, 6, [1], 3)]).toEqual(naiveForecast(series.subarray(0, 6), 3));
  expect([...anchorOf(series, 6, [], 2)]).toEqual([0, 0]);
  const corrections = correctionsAfter([series], [5, 6], [1], 2);
  expect(corrections.toArray()).toEqual([
    [6, 1],
    [-5, -1],
  ]);
});

test("windows end before their origin, and move on by one step", () => {
  const rows = new NdArray(
    Float32Array.from({ length: 10 }, (_, i) => i),
    [5, 2],
  );
  const windows = windowsBefore(rows, [2, 4], 2);
  expect(windows.toArray()).toEqual([
    [
      [0, 1],
      [2, 3],
    ],
    [
      [4, 5],
      [6, 7],
    ],
  ]);
  const next = new NdArray(Float32Array.from([-1, -2, -3, -4]), [2, 2]);
  expect(movedOn(windows, next).toArray()).toEqual([
    [
      [2, 3],
      [-1, -2],
    ],
    [
      [6, 7],
      [-3, -4],
    ],
  ]);
});

test("a season is found where there is one, and none in noise", () => {
  const random = new Random(8);
  const noise = Float64Array.from({ length: 200 }, () => random.normal());
  const wave = (season: number) => noise.map((v, t) => t * 0.5 + 5 * Math.sin((2 * Math.PI * t) / season) + 0.5 * v);
  expect(findSeason(wave(12))).toBe(12);
  expect(findSeason(wave(7))).toBe(7);
  expect(findSeason(noise)).toBe(1);
  expect(findSeason([3, 3, 3, 3, 3, 3])).toBe(1);
});

test("of a season and its multiples the shortest is taken, though the longer ones repeat as well", () => {
  const random = new Random(8);
  const day = Float64Array.from({ length: 480 }, (_, t) => 10 * Math.sin((2 * Math.PI * t) / 24) + random.normal());
  expect(findSeason(day)).toBe(24);
});

test("growth in percent is told from growth in units, from what stays where it is, and from what reaches 0", () => {
  const random = new Random(6);
  const [flat, risen, percent] = [0, 0.1, 0].map((slope, kind) =>
    Float64Array.from({ length: 96 }, (_, t) => {
      const swing = Math.sin((2 * Math.PI * t) / 12) + 0.1 * random.normal();
      return kind === 2 ? Math.exp(3 + t / 60 + 0.2 * swing) : 20 + slope * t * 3 + 2 * swing;
    }),
  );
  const grows = (...values: Float64Array[]) => growsInPercent({ rows: 96, values }, [0]);
  expect([grows(flat), grows(risen), grows(percent), grows(percent.map((v, t) => (t === 5 ? 0 : v)))]).toEqual([
    false,
    false,
    true,
    false,
  ]);
  expect(grows(percent, flat)).toBe(true); // the target decides
  expect(
    grows(
      percent,
      flat.map((v) => v - 20),
    ),
  ).toBe(false); // but every column must have a logarithm
});

test("the mean scaled interval score by hand, and what it refuses", () => {
  // Widths 2 4 2; the second 1 below, the third 3 above: (8 + 20 · 4) / 3, over changes of 4/3.
  expect(meanScaledIntervalScore([5, 3, 9], [4, 4, 4], [6, 8, 6], [1, 2, 4, 5])).toBeCloseTo((88 / 3) * 0.75, 10);
  expect(meanScaledIntervalScore([5, 3, 9], [4, 4, 4], [6, 8, 6], [1, 2, 4, 5], 2, 0.5)).toBeCloseTo(24 / 3 / 3, 10);
  expect(meanScaledIntervalScore([5], [5], [5], [2, 2, 2])).toBe(0);
  expect(() => meanScaledIntervalScore([1], [0], [2], [1, 2], 1, 1)).toThrow(/a coverage between 0 and 1/);
});

test("coverage of several folds, and of a file of an earlier version", () => {
  const [a, b] = [
    { measured: 0.8, asked: 0.9, standardError: 0.3, msis: 4 },
    { measured: 1, asked: 0.9, standardError: 0.4, msis: 8 },
  ];
  const both = intervalsTogether([a, b], [3, 1]);
  expect(both.measured).toBeCloseTo(0.85, 12);
  expect(both.msis).toBeCloseTo(5, 12);
  expect(both.standardError).toBeCloseTo(Math.hypot(0.75 * 0.3, 0.25 * 0.4), 12);
  expect(intervalsTogether([a, { ...b, msis: null }], [1, 1]).msis).toBe(null);
  const early = { task: "forecaster", coverage: { measured: 0.8, asked: 0.9 } };
  expect(readIntervalReport(early)).toEqual({ measured: 0.8, asked: 0.9, standardError: null, msis: null });
  const damaged = { task: "forecaster", coverage: { measured: 0.8, asked: 0.9, msis: "4" } };
  expect(() => readIntervalReport(damaged)).toThrow(/msis/);
});

test("intervals are stretched by the fraction that must lie within, each half by the other", () => {
  const middle = new Float64Array(8);
  const levels = { middle, bounds: { low: middle.map(() => -1), high: middle.map(() => 2) } };
  const actual = Float64Array.from([-1, 4, -3, 8, 1, 2, -6, 0]); // scores 1 2 3 4 | 0.5 1 6 0
  expect(stretchFor(levels, actual, 1, 0.5)).toEqual([2]); // the fifth of eight: ⌈9 · 0.5⌉
  expect(stretchFor(levels, actual, 1, 0.99)).toEqual([6]); // the largest, where there are too few
  expect(stretchFor(levels, actual, 2, 0.5)).toEqual([3, 2]); // two targets: 1 3 0.5 6, and 2 4 1 0
  expect(stretched(levels, [3]).bounds!.high[0]).toBe(6);
  const crossed = crossStretched(levels, actual, 4, (part, y) => stretchFor(part, y, 1, 0.5));
  expect([...crossed.bounds!.low]).toEqual([-1, -1, -1, -1, -3, -3, -3, -3]);
});

test("normal quantiles are those of the table", () => {
  expect(normalQuantile(0.5)).toBeCloseTo(0, 10);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 8);
  expect(normalQuantile(0.95)).toBeCloseTo(1.644853627, 8);
});

test("a report by hand: errors, baselines, coverage, and a warning that names the better one", () => {
  const column = Float64Array.from([1, 2, 3, 4, 5, 6]);
  const report = evaluateForecasts({
    columns: [column],
    names: ["a"],
    origins: [3, 4],
    horizon: 2,
    season: 1,
    scales: [1],
    forecast: Float64Array.from([4, 5, 5, 10]),
    methods: [],
    withoutNetwork: (_, origin) => Float64Array.from([origin, origin]), // one short of what comes, then two
    interval: { low: Float64Array.from([3, 3, 3, 3]), high: Float64Array.from([5, 5, 5, 5]), asked: 0.9 },
  });
  expect(report.forecast).toEqual({ rmse: 2, mae: 1, mase: 1, smape: 12.5 }); // only 10 for 6 is wrong: 200 · 4/16 / 4
  expect(report.baselines.naive).toMatchObject({ rmse: Math.sqrt(2.5), mae: 1.5 }); // 3 3 for 4 5, 4 4 for 5 6
  expect(report.baselines.drift.rmse).toBe(0);
  expect(report.coverage).toMatchObject({ measured: 0.75, asked: 0.9 });
  expect(report.coverage!.msis).toBeCloseTo(2 + 20 / 4, 10); // all 2 wide, one of four 1 outside
  expect(report.coverage!.standardError).toBeCloseTo(Math.sqrt(0.125), 12); // 1 and 0.5 of two origins that share rows: one
  expect(String(report)).toMatch(/within the 90 % interval: 75 % \(standard error 35\.4\), MSIS 7\.00/);
  expect(report.withoutNetwork?.rmse).toBeCloseTo(Math.sqrt((1 + 4 + 1 + 4) / 4), 12);
  expect(report.warnings).toHaveLength(2);
  expect(report.warnings[1]).toMatch(/no better than the differencing without it: RMSE 2 against 1\.581/);
  expect(report.warnings[0]).toMatch(/worse than the drift baseline: RMSE 2 against 0/);
  expect(String(report)).toMatch(/Warning: The forecast is worse/);
});

test("a forecast that is hardly better than a baseline says so; a better one says nothing", () => {
  const column = Float64Array.from([0, 0, 10, -10, 10, -10]); // naive is 20 off each time, drift more
  const warnings = (error: number) =>
    evaluateForecasts({
      ...{ columns: [column], names: ["a"], origins: [3, 4, 5], horizon: 1, season: 1, scales: [1], interval: null },
      ...{ forecast: column.slice(3).map((v) => v + error), methods: [], withoutNetwork: null },
    }).warnings;
  expect(warnings(19.9)).toEqual([
    "The forecast is hardly better than the naive baseline: RMSE 19.9 against 20. The series may not be predictable from its own history.",
  ]);
  expect(warnings(19)).toEqual([]);
});
