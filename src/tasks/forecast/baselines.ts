import type { ArrayLikeNumbers } from "./series.ts";

/**
 * The last value, repeated.
 *
 *   naiveForecast([1, 2, 3], 2); // [3, 3]
 */
export function naiveForecast(history: ArrayLikeNumbers, horizon: number): number[] {
  return Array.from({ length: horizon }, () => history[history.length - 1]);
}

/**
 * The value one season before, seasons repeated where the horizon is longer; the last value where history is shorter than one.
 *
 *   seasonalNaiveForecast([1, 2, 3, 4, 5, 6], 4, 3); // [4, 5, 6, 4]
 */
export function seasonalNaiveForecast(history: ArrayLikeNumbers, horizon: number, season: number): number[] {
  const T = history.length;
  if (T < season) return naiveForecast(history, horizon);
  return Array.from({ length: horizon }, (_, h) => history[T - season + (h % season)]);
}

/**
 * The straight line through the first and the last value, extended.
 *
 *   driftForecast([1, 5, 3], 2); // [4, 5]
 */
export function driftForecast(history: ArrayLikeNumbers, horizon: number): number[] {
  const T = history.length;
  const slope = T > 1 ? (history[T - 1] - history[0]) / (T - 1) : 0;
  return Array.from({ length: horizon }, (_, h) => history[T - 1] + slope * (h + 1));
}

/** The baseline forecasts, by name. */
export type BaselineName = "naive" | "seasonalNaive" | "drift";

export const baselineNames: readonly BaselineName[] = ["naive", "seasonalNaive", "drift"];

/** All of them for one column. */
export function baselinesOf(
  history: ArrayLikeNumbers,
  horizon: number,
  season: number,
): Record<BaselineName, number[]> {
  return {
    naive: naiveForecast(history, horizon),
    seasonalNaive: seasonalNaiveForecast(history, horizon, season),
    drift: driftForecast(history, horizon),
  };
}
