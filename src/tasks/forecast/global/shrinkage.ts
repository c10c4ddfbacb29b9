import { type LocalMethod, localForecasts } from "../candidates/local-forecasts.ts";
import { thetaForecast } from "../classical/theta.ts";
import { hasOwnColumns, mostRegressed, type RegressedMethod } from "./regressed.ts";
import { hasRegression } from "./regression.ts";
import { meanChange, type View } from "./view.ts";

/** The weight of the network beside the simple methods, for series of so many rows; between them in proportion to the logarithm. */
export interface Knot {
  /** Values of the series. */
  readonly rows: number;
  /** From 0, the simple methods alone, to 1. */
  readonly weight: number;
}

/**
 * A method to shrink towards: one that reads a series alone, a linear map of what is known about a step ahead, the same for all series
 * (regression.ts), or a series' own regression on its known columns with theta or exponential smoothing of what it leaves (regressed.ts).
 */
export type SimpleMethod = LocalMethod | "regression" | RegressedMethod;

/** Forecasts of a series whose next steps are known. */
export interface Trial {
  readonly history: Float64Array;
  readonly actual: Float64Array;
  readonly network: Float64Array;
  /** By method; those that were tried. */
  readonly simple: ReadonlyMap<SimpleMethod, Float64Array>;
}

/** The simple methods whose mean forecasts are shrunk towards, and how far. */
export interface Shrinkage {
  readonly towards: readonly SimpleMethod[];
  readonly shrinkage: readonly Knot[];
}

const mostWithEts = 100; // series: exponential smoothing takes fifty times as long as theta
const rowsRead = (histories: readonly number[]): number =>
  histories.reduce((sum, rows) => sum + Math.min(rows, mostRegressed), 0);
const mostRowsWithEts = 300_000; // that exponential smoothing of what a regression leaves is fitted to, over all trials
const ofFew = 3; // choices that are tried with few trials
const choices: readonly (readonly SimpleMethod[])[] = [
  ["theta"],
  ["regression"],
  ["regressedTheta"],
  ["ets"],
  ["regressedEts"],
  ["regression", "regressedTheta"],
  ["theta", "ets"],
  ["seasonalNaive"],
  ["naive"],
];

/** The simple methods that are tried for so many series, and trials with so many values before them. */
export function triedMethods(view: View, series: number, histories: readonly number[]): SimpleMethod[] {
  const trials = histories.length;
  const few: SimpleMethod[] = ["theta"];
  if (hasRegression(view)) few.push("regression");
  if (hasOwnColumns(view)) few.push("regressedTheta");
  if (trials < enough) return few;
  return [
    ...few,
    "naive",
    ...(view.base > 1 || view.seasons.length > 0 ? (["seasonalNaive"] as const) : []),
    ...(series <= mostWithEts ? (["ets"] as const) : []),
    ...(series <= mostWithEts && hasOwnColumns(view) && rowsRead(histories) <= mostRowsWithEts
      ? (["regressedEts"] as const)
      : []),
  ];
}

/** The forecast of a simple method with the collection's season. */
export async function simpleForecast(view: View, name: LocalMethod, history: Float64Array): Promise<Float64Array> {
  if (name === "theta") return localForecast(view, history);
  return localForecasts({ name, season: seasonOf(view) }, history, [history.length], view.horizon, history.length);
}

const needed = 0.99; // of the error towards theta, for another method to be taken
const neededOfFew = 0.9; // where there are fewer than `enough` trials
const enough = 20; // trials for a choice between all methods

/** The methods towards which, and the weights by which, the errors of the trials are smallest. */
export function chosenShrinkage(trials: readonly Trial[]): Shrinkage {
  const few = trials.length < enough;
  const tried = choices
    .slice(0, few ? ofFew : choices.length)
    .filter((towards) => towards.every((name) => trials.every(({ simple }) => simple.has(name))))
    .map((towards) => {
      const pairs = trials.map((trial) => ({
        ...trial,
        simple: meanOf(towards.map((name) => trial.simple.get(name)!)),
      }));
      const shrinkage = shrinkageOf(pairs);
      const errors = pairs.map((pair) => errorOf(pair, weightAt(shrinkage, pair.history.length)));
      return { towards, shrinkage, error: errors.reduce((a, b) => a + b, 0) };
    });
  const best = tried.reduce((a, b) => (b.error < a.error ? b : a));
  const { towards, shrinkage } = best.error < (few ? neededOfFew : needed) * tried[0].error ? best : tried[0];
  return { towards, shrinkage };
}

/** The mean of forecasts. */
export const meanOf = (forecasts: readonly Float64Array[]): Float64Array =>
  forecasts[0].map((_, h) => forecasts.reduce((sum, one) => sum + one[h], 0) / forecasts.length);

const weights = Array.from({ length: 11 }, (_, i) => i / 10);
const knots = 12; // at most
const reach = Math.log(2); // series of half or double the length count 0.6 as much

/** The theta forecast of a series with the collection's season. */
export const localForecast = (view: View, history: Float64Array): Float64Array =>
  Float64Array.from(thetaForecast(history, view.horizon, seasonOf(view)));

/** The season that simple methods read. */
export const seasonOf = ({ base, seasons }: View): number => (base > 1 ? base : (seasons[0] ?? 1));

/** A trial with the forecast to shrink towards. */
interface Pair {
  readonly history: Float64Array;
  readonly actual: Float64Array;
  readonly network: Float64Array;
  readonly simple: Float64Array;
}

/** By length of history, the weight with the smallest errors in the trials of about that length. */
export function shrinkageOf(trials: readonly Pair[]): Knot[] {
  const lengths = [...new Set(trials.map(({ history }) => history.length))].sort((a, b) => a - b);
  const at = Array.from({ length: Math.min(knots, lengths.length) }, (_, k, n = Math.min(knots, lengths.length)) =>
    n === 1 ? lengths[0] : lengths[Math.round((k * (lengths.length - 1)) / (n - 1))],
  );
  const errors = trials.map((trial) => weights.map((w) => errorOf(trial, w)));
  return at.map((rows) => {
    const near = trials.map(({ history }) =>
      Math.exp(-(((Math.log(history.length) - Math.log(rows)) / reach) ** 2) / 2),
    );
    const sums = weights.map((_, i) => errors.reduce((sum, e, k) => sum + near[k] * e[i], 0));
    return { rows, weight: weights[sums.indexOf(Math.min(...sums))] };
  });
}

/** The network's weight for a series of so many rows. */
export function weightAt(knots: readonly Knot[], rows: number): number {
  const after = knots.findIndex((knot) => knot.rows >= rows);
  if (after < 0) return knots[knots.length - 1]?.weight ?? 1;
  if (after === 0) return knots[0].weight;
  const [a, b] = [knots[after - 1], knots[after]];
  const share = (Math.log(rows) - Math.log(a.rows)) / (Math.log(b.rows) - Math.log(a.rows));
  return a.weight + share * (b.weight - a.weight);
}

/** Two forecasts as one. */
export const mixed = (network: Float64Array, simple: Float64Array, weight: number): Float64Array =>
  network.map((v, h) => weight * v + (1 - weight) * simple[h]);

/** The mean absolute error over the root of level and mean change: between errors in proportion and scaled ones, as the network is trained. */
const errorOf = ({ history, actual, network, simple }: Pair, weight: number): number =>
  scaledError(history, actual, mixed(network, simple, weight));

/** See `errorOf`. */
export function scaledError(history: Float64Array, actual: Float64Array, forecast: Float64Array): number {
  const error = actual.reduce((sum, v, h) => sum + Math.abs(v - forecast[h]), 0) / actual.length;
  const level = history.reduce((sum, v) => sum + Math.abs(v), 0) / history.length;
  return error / (Math.sqrt(level * meanChange(history, 1)) || 1);
}
