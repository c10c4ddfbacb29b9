import { LeastSquares } from "../../../tensor/least-squares.ts";
import { type Origins, roomFor } from "./batches.ts";
import type { Seen, View } from "./view.ts";
import { baseAt, sizesOf, writeWindow } from "./windows.ts";

const rows = 40_000; // steps at most that it is fitted to
const most = 4; // units or deviations that a number counts at most: what is linear near the usual need not be so far from it
const penalty = 0.01; // of the mean square of what it reads

/** Whether steps ahead have columns that simple methods do not read: known beforehand, or the calendar's. */
export const hasRegression = ({ head, known, calendar, holidays }: View): boolean =>
  head === "steps" && known.length + calendar + holidays > 0;

/** The number of weights of a regression, with the constant. */
export const regressionSize = (view: View): number => {
  const { ahead, context } = sizesOf(view);
  return ahead + 2 * context + 1;
};

/**
 * A linear map, the same for all steps ahead and all series, from what the network reads about such a step (the same phase of the seasons before, the
 * calendar, columns known beforehand, how the last value has changed) to what the base leaves, in units: its weights, then the constant.
 */
export function regressionOf(view: View, seen: readonly Seen[], origins: readonly Origins[]): number[] {
  const { ahead } = sizesOf(view);
  const squares = new LeastSquares(regressionSize(view) - 1, 1);
  const room = roomFor(view, 1).at(0);
  for (const { series, at } of evenly(origins, Math.ceil(rows / view.horizon))) {
    const unit = writeWindow(view, seen[series], at, room);
    baseAt(view, seen[series], at).forEach((base, h) => {
      const features = featuresOf(view, room.context, room.ahead.subarray(h * ahead, (h + 1) * ahead), h);
      squares.add(features, [limited((seen[series].levels[at + h] - base) / unit)]);
    });
  }
  return Array.from(squares.solve(penalty)[0]);
}

/** The regression's forecast of the steps after a row, as levels. */
export function regressionAt(view: View, weights: readonly number[], seen: Seen, at: number): Float64Array {
  const { ahead } = sizesOf(view);
  const room = roomFor(view, 1).at(0);
  const unit = writeWindow(view, seen, at, room);
  return baseAt(view, seen, at).map((base, h) => {
    const features = featuresOf(view, room.context, room.ahead.subarray(h * ahead, (h + 1) * ahead), h);
    return base + unit * weights.reduce((sum, w, j) => sum + w * (features[j] ?? 1), 0);
  });
}

/** A step's own numbers, those of the whole window, and these in proportion to how far ahead it is: what happened last matters less and less. */
function featuresOf({ horizon }: View, context: Float32Array, ahead: Float32Array, h: number): Float64Array {
  const features = new Float64Array(ahead.length + 2 * context.length);
  features.set(ahead.map(limited));
  features.set(context.map(limited), ahead.length);
  context.forEach((v, j) => {
    features[ahead.length + context.length + j] = (limited(v) * (h + 1)) / horizon;
  });
  return features;
}

const limited = (v: number): number => Math.max(-most, Math.min(most, v));

/** Up to `count` of the origins, evenly spaced, the newest of each series first. */
function* evenly(origins: readonly Origins[], count: number): Generator<{ series: number; at: number }> {
  const all = origins.reduce((sum, one) => sum + one.count, 0);
  const stride = Math.max(1, Math.ceil(all / count));
  let next = 0;
  for (const { series, last, count: own } of origins) {
    for (; next < own; next += stride) yield { series, at: last - next };
    next -= own;
  }
}
