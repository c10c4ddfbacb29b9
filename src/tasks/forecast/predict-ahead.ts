import { DataError, option, problem, sentence } from "../../errors.ts";
import type { Model } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { combined } from "./candidates/combine.ts";
import { usesNetwork } from "./candidates/method.ts";
import { difference, integrate, lost } from "./differences.ts";
import { type Levels, stretched } from "./intervals.ts";
import type { Learned } from "./learned.ts";
import { rowsOf, type Series } from "./series.ts";
import { unlikeTraining } from "./unlike-training.ts";
import { anchorOf, movedOn, windowsBefore } from "./windows.ts";

/** Forecasts by origin, step and target, in the units of the series: [origins · steps · targets]. */
export interface Forecasts {
  readonly middle: Float64Array;
  readonly interval: { readonly low: Float64Array; readonly high: Float64Array } | null;
}

/** In the units of the series and within its bounds, intervals as wide as calibrated on the validation split. */
export function inUnits(
  levels: Levels,
  { logarithm, stretch, min, max }: Pick<Learned, "logarithm" | "stretch" | "min" | "max">,
): Forecasts {
  const { middle, bounds } = stretched(levels, stretch);
  const within = (v: number) => Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min ?? Number.NEGATIVE_INFINITY, v));
  const back = (values: Float64Array) => values.map((v) => within(logarithm ? Math.exp(v) : v));
  return { middle: back(middle), interval: bounds && { low: back(bounds.low), high: back(bounds.high) } };
}

/** Those forecasts of a list of origins that some of them have. */
export function forecastsAt(
  { middle, interval }: Forecasts,
  origins: readonly number[],
  some: readonly number[],
): Forecasts {
  const width = middle.length / origins.length;
  const own = new Set(some);
  const at = (values: Float64Array) => values.filter((_, i) => own.has(origins[Math.floor(i / width)]));
  return { middle: at(middle), interval: interval && { low: at(interval.low), high: at(interval.high) } };
}

/** The steps after each origin by the methods of each target, in intervals of the width that errors had; as `predictAhead`. */
export async function forecastLevels(
  model: Model,
  learned: Learned,
  series: Series,
  origins: readonly number[],
  steps: number,
  signal?: AbortSignal,
): Promise<Levels> {
  signal?.throwIfAborted();
  const { methods, logarithm, targets, rows, considered } = learned;
  const levels = usesNetwork(methods) ? await predictAhead(model, learned, series, origins, steps, signal) : null;
  const unlike = unlikeTraining(learned, series, origins);
  const alone = methods.every((list) => list.length === 1 && list[0].name === "network");
  if (levels && alone && unlike.size === 0)
    return { ...levels, bounds: levels.bounds ?? boundsBySpreads(levels.middle, learned, steps) };
  const ofNetwork = levels?.middle ?? null;
  const work = { all: series, logarithm, targets, origins, steps, rows, ofNetwork, unlike, considered, signal };
  const middle = await combined(methods, work);
  return { middle, bounds: boundsBySpreads(middle, learned, steps) };
}

/** The steps after each origin by the network, from the rows before it; series and forecasts are as the model works on them. */
export async function predictAhead(
  model: Model,
  learned: Learned,
  series: Series,
  origins: readonly number[],
  steps: number,
  signal?: AbortSignal,
): Promise<Levels> {
  const windows = windowsOf(learned, series, origins);
  const [first, ...others] =
    learned.strategy === "direct"
      ? await direct(model, learned, series, origins, steps, windows, signal)
      : [await recursive(model, learned, series, origins, steps, windows, signal)];
  if (others.length !== 2) return { middle: first, bounds: null };
  const [low, middle, high] = [first, ...others].map((list) => Float64Array.from(list));
  for (let i = 0; i < first.length; i++) {
    [low[i], middle[i], high[i]] = [low[i], middle[i], high[i]].sort((a, b) => a - b); // quantiles learned apart may cross
  }
  return { middle, bounds: { low, high } };
}

/** The rows before each origin as the model reads them, [origins, window, D]. */
export function windowsOf(
  { inputs, differences, window }: Learned,
  series: Series,
  origins: readonly number[],
): NdArray {
  const rows = inputs.transform(rowsOf(series.values.map((column) => difference(column, differences))));
  const from = origins.map((o) => o - lost(differences));
  return windowsBefore(rows, from, window);
}

/** All steps from one output; one list for each quantile. */
async function direct(
  model: Model,
  { horizon, targets, outputs, differences }: Learned,
  series: Series,
  origins: readonly number[],
  steps: number,
  windows: NdArray,
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
  const p = await forecastBy(model, windows, signal); // [N, quantiles · horizon · targets]
  const [N, K] = [origins.length, targets.length];
  const Q = p.size / (N * horizon * K);
  const corrections = outputs.inverse(p.reshape([N * Q, horizon * K])).data;
  const anchors = origins.map((o) => targets.map((k) => anchorOf(series.values[k], o, differences, horizon)));
  return Array.from({ length: Q }, (_, q) =>
    Float64Array.from({ length: N * steps * K }, (_, at) => {
      const [i, h, k] = [Math.floor(at / (steps * K)), Math.floor(at / K) % steps, at % K];
      return anchors[i][k][h] + corrections[((i * Q + q) * horizon + h) * K + k];
    }),
  );
}

/** One step at a time, each fed back as if it had happened. */
async function recursive(
  model: Model,
  { columns: D, inputs, outputs, differences }: Learned,
  series: Series,
  origins: readonly number[],
  steps: number,
  windows: NdArray,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const changes: NdArray[] = [];
  let x = windows;
  for (let h = 0; h < steps; h++) {
    const change = outputs.inverse(await forecastBy(model, x, signal)); // [N, D], in units of the differences
    changes.push(change);
    x = movedOn(x, inputs.transform(change));
  }
  const out = new Float64Array(origins.length * steps * D);
  origins.forEach((origin, i) => {
    for (let k = 0; k < D; k++) {
      const history = series.values[k].subarray(origin - lost(differences), origin);
      const next = integrate(
        history,
        differences,
        changes.map((change) => change.at(i, k)),
      );
      for (let h = 0; h < steps; h++) out[(i * steps + h) * D + k] = next[h];
    }
  });
  return out;
}

/** The network's answer, a row of numbers for each window. Throws DataError where it is no number, as after a training that continued with such a loss. */
async function forecastBy(model: Model, windows: NdArray, signal: AbortSignal | undefined): Promise<NdArray> {
  const p = await model.predict(windows, { batchSize: model.fixedBatch ?? 256, signal });
  const wrong = p.data.find((v) => !Number.isFinite(v));
  if (wrong === undefined) return p.reshape([windows.shape[0], p.size / windows.shape[0]]);
  const next = sentence`Train again with a smaller ${option("learningRate")}, and look for extreme values in the rows.`;
  throw new DataError(
    problem("forecaster", "a network that forecasts finite numbers", `${wrong}`, next).as("CELLSTATE_NOT_FINITE"),
  );
}

/** Forecast ± z times the spread that errors of that step had. */
export function boundsBySpreads(
  levels: Float64Array,
  { spreads, targets, coverage }: Learned,
  steps: number,
): Levels["bounds"] {
  if (spreads.length === 0) return null;
  const z = normalQuantile((1 + coverage) / 2);
  const end = (sign: number) => levels.map((v, i) => v + sign * z * spreads[i % (steps * targets.length)]);
  return { low: end(-1), high: end(1) };
}

/** The value that a standard normal number stays below with probability p, by bisection of its distribution. */
export function normalQuantile(p: number): number {
  let [low, high] = [-10, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The fraction of standard normal numbers below x: ½ + φ(x) Σ x^(2n+1) / (1 · 3 · … · (2n+1)). */
function normalShare(x: number): number {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 && n < 400; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-(x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
