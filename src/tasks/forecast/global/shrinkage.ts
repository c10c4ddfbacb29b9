import { thetaForecast } from "../classical/theta.ts";
import { meanChange, type View } from "./view.ts";

/** The weight of the network beside the theta forecast, for series of so many rows; between them in proportion to the logarithm. */
export interface Knot {
  /** Values of the series. */
  readonly rows: number;
  /** From 0, the theta method alone, to 1. */
  readonly weight: number;
}

/** The forecasts of each method for a series whose next steps are known. */
export interface Trial {
  readonly history: Float64Array;
  readonly actual: Float64Array;
  readonly network: Float64Array;
  readonly theta: Float64Array;
}

const weights = Array.from({ length: 11 }, (_, i) => i / 10);
const knots = 12; // at most
const reach = Math.log(2); // series of half or double the length count 0.6 as much

/** The theta forecast of a series with the collection's season. */
export const localForecast = ({ base, seasons, horizon }: View, history: Float64Array): Float64Array =>
  Float64Array.from(thetaForecast(history, horizon, base > 1 ? base : (seasons[0] ?? 1)));

/** By length of history, the weight with the smallest errors in the trials of about that length. */
export function shrinkageOf(trials: readonly Trial[]): Knot[] {
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
export const mixed = (network: Float64Array, theta: Float64Array, weight: number): Float64Array =>
  network.map((v, h) => weight * v + (1 - weight) * theta[h]);

/** The mean absolute error over the root of level and mean change: between errors in proportion and scaled ones, as the network is trained. */
function errorOf({ history, actual, network, theta }: Trial, weight: number): number {
  const forecast = mixed(network, theta, weight);
  const error = actual.reduce((sum, v, h) => sum + Math.abs(v - forecast[h]), 0) / actual.length;
  const level = history.reduce((sum, v) => sum + Math.abs(v), 0) / history.length;
  return error / (Math.sqrt(level * meanChange(history, 1)) || 1);
}
