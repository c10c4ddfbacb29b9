import { DataError, problem, ShapeError } from "../../errors.ts";
import type { ArrayLikeNumbers } from "./series.ts";

/**
 * The root of the mean squared error, in the units of the series.
 *
 *   rootMeanSquaredError([1, 2], [1, 5]); // 2.1213
 */
export function rootMeanSquaredError(actual: ArrayLikeNumbers, forecast: ArrayLikeNumbers): number {
  return Math.sqrt(meanOf("rootMeanSquaredError", actual, forecast, (y, f) => (y - f) ** 2));
}

/**
 * The mean of |actual − forecast| / (|actual| + |forecast|), times 200: percent from 0 to 200 (Makridakis & Hibon 2000).
 * Two zeros are no error.
 *
 *   symmetricMape([100, 0], [50, 0]); // 33.3333
 */
export function symmetricMape(actual: ArrayLikeNumbers, forecast: ArrayLikeNumbers): number {
  return meanOf("symmetricMape", actual, forecast, (y, f) =>
    y === f ? 0 : (200 * Math.abs(y - f)) / (Math.abs(y) + Math.abs(f)),
  );
}

/**
 * The mean absolute error over that of the seasonal-naive forecast, one step ahead within the training split (Hyndman &
 * Koehler 2006): below 1 is better than that. Infinite where the training split repeats itself exactly and the forecast errs.
 *
 *   meanAbsoluteScaledError([7, 9], [6, 9], [1, 2, 4, 5]); // 0.375
 */
export function meanAbsoluteScaledError(
  actual: ArrayLikeNumbers,
  forecast: ArrayLikeNumbers,
  training: ArrayLikeNumbers,
  season = 1,
): number {
  const error = meanOf("meanAbsoluteScaledError", actual, forecast, (y, f) => Math.abs(y - f));
  return error === 0 ? 0 : error / naiveError(training, season);
}

/** The seasonal-naive forecast's mean absolute error, one step ahead. Throws DataError for a series of one season or less. */
export function naiveError(training: ArrayLikeNumbers, season: number): number {
  const T = training.length;
  if (T <= season)
    throw new DataError(problem("meanAbsoluteScaledError", `more than ${season} training values`, `${T}`));
  let sum = 0;
  for (let t = season; t < T; t++) sum += Math.abs(training[t] - training[t - season]);
  return sum / (T - season);
}

/**
 * The fraction of values within the bounds of their intervals.
 *
 *   coverageOf([1, 2, 3, 4], [0, 0, 0, 0], [1, 1, 3, 9]); // 0.75
 */
export function coverageOf(actual: ArrayLikeNumbers, low: ArrayLikeNumbers, high: ArrayLikeNumbers): number {
  const inside = Array.from(actual, (y, i): number => (y >= low[i] && y <= high[i] ? 1 : 0));
  return inside.reduce((a, b) => a + b, 0) / inside.length;
}

/**
 * The mean scaled interval score of the M4 competition (after Gneiting & Raftery 2007): the width of the intervals, and 2 / (1 − coverage)
 * times the distance of the values outside, over the seasonal-naive error within the training split. Smaller is better: narrow, and right.
 *
 *   meanScaledIntervalScore([5, 6.1], [4, 4], [6, 6], [1, 2, 4, 5]); // 2.25
 */
export function meanScaledIntervalScore(
  actual: ArrayLikeNumbers,
  low: ArrayLikeNumbers,
  high: ArrayLikeNumbers,
  training: ArrayLikeNumbers,
  season = 1,
  coverage = 0.9,
): number {
  const score = intervalScore(actual, low, high, coverage);
  return score === 0 ? 0 : score / naiveError(training, season);
}

/** The same in the units of the series. */
export function intervalScore(
  actual: ArrayLikeNumbers,
  low: ArrayLikeNumbers,
  high: ArrayLikeNumbers,
  coverage: number,
): number {
  const who = "meanScaledIntervalScore";
  if (!(coverage > 0 && coverage < 1))
    throw new DataError(problem(who, "a coverage between 0 and 1, 0.9 for example", `${coverage}`));
  const width = meanOf(who, high, low, (u, l) => u - l);
  const below = meanOf(who, actual, low, (y, l) => Math.max(0, l - y));
  const above = meanOf(who, actual, high, (y, u) => Math.max(0, y - u));
  return width + (2 / (1 - coverage)) * (below + above);
}

function meanOf(
  who: string,
  actual: ArrayLikeNumbers,
  forecast: ArrayLikeNumbers,
  of: (y: number, f: number) => number,
): number {
  const N = actual.length;
  if (N === 0) throw new DataError(problem(who, "at least one value", "none"));
  if (forecast.length !== N) throw new ShapeError(problem(who, `${N} forecasts, one per value`, `${forecast.length}`));
  let sum = 0;
  for (let i = 0; i < N; i++) sum += of(actual[i], forecast[i]);
  return sum / N;
}
