import { mean } from "../deviation.ts";
import { seasonalProfile } from "../seasons/profile.ts";
import type { ArrayLikeNumbers } from "../series.ts";

/** A series without its season, and how to give the season back to the steps that follow. */
export interface Deseasonalized {
  readonly values: Float64Array;
  /** Forecasts of `values` as forecasts of the series; `after` rows have come since. */
  restore(forecast: readonly number[], after?: number): number[];
  /** A later value without the season: the one `after` rows behind the last. */
  remove(value: number, after: number): number;
}

/**
 * Takes the season off by classical decomposition: in proportion where all numbers are above 0, else as a sum. Fewer than two
 * seasons, or no season that the autocorrelation shows at 90 % (the test of the M4 competition): as it is.
 */
export function deseasonalize(series: ArrayLikeNumbers, season: number): Deseasonalized {
  const values = Float64Array.from(series);
  if (season < 2 || values.length < 2 * season + 1 || !isSeasonal(values, season))
    return { values, restore: (forecast) => [...forecast], remove: (value) => value };
  const inProportion = values.every((v) => v > 0);
  const logs = inProportion ? values.map(Math.log) : values;
  const profile = seasonalProfile(logs, season);
  const middle = mean(profile);
  const at = (t: number) => profile[t % season] - middle;
  const without = logs.map((v, t) => v - at(t));
  const n = values.length;
  const later = (after: number, h: number) => at(n + after + h);
  return inProportion
    ? {
        values: without.map(Math.exp),
        restore: (forecast, after = 0) => forecast.map((v, h) => v * Math.exp(later(after, h))),
        remove: (value, after) => value * Math.exp(-later(after, 0)),
      }
    : {
        values: without,
        restore: (forecast, after = 0) => forecast.map((v, h) => v + later(after, h)),
        remove: (value, after) => value - later(after, 0),
      };
}

/** Whether the autocorrelation at the season's lag is beyond what chance gives one series in ten. */
function isSeasonal(x: Float64Array, season: number): boolean {
  if (x.length < 3 * season) return false;
  const middle = mean(x);
  const variance = x.reduce((sum, v) => sum + (v - middle) ** 2, 0);
  const correlation = (lag: number) => {
    let sum = 0;
    for (let t = lag; t < x.length; t++) sum += (x[t] - middle) * (x[t - lag] - middle);
    return sum / variance;
  };
  let squares = 1;
  for (let lag = 1; lag < season; lag++) squares += 2 * correlation(lag) ** 2;
  return Math.abs(correlation(season)) > 1.645 * Math.sqrt(squares / x.length);
}
