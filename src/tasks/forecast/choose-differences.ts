import { deviation } from "./deviation.ts";
import { difference, lost } from "./differences.ts";
import type { Series } from "./series.ts";
import { anchorOf, every } from "./windows.ts";

/** The lags that leave the smallest spread, summed over columns in units of their own; fewer where it is the same. */
export function calmest({ values, rows }: Series, season: number): readonly number[] {
  const candidates = season > 1 ? [[], [1], [season], [season, 1]] : [[], [1]];
  const fitting = candidates.filter((list) => lost(list) < rows / 3);
  const spread = (list: readonly number[]) =>
    values.reduce((sum, column) => sum + deviation(difference(column, list)) / (deviation(column) || 1), 0);
  return fitting.reduce((best, list) => (spread(list) < 0.999 * spread(best) ? list : best));
}

/**
 * The same, without the further difference of 1 after a season where it does not pay: where what follows a row is, over the whole
 * horizon, as near to the season before as to that moved to the last level. The spread of one step does not show it.
 */
export function needed(series: Series, season: number, horizon: number): readonly number[] {
  const lags = calmest(series, season);
  if (lags.length < 2) return lags;
  const first = lost(lags);
  const origins = every(first, series.rows - horizon, Math.max(1, Math.floor((series.rows - horizon - first) / 500)));
  if (origins.length < 2) return lags;
  const off = (list: readonly number[]) =>
    series.values.reduce(
      (sum, column) => sum + spreadAhead(column, list, origins, horizon) / (deviation(column) || 1),
      0,
    );
  return off([season]) <= off(lags) ? [season] : lags;
}

/** The root of the mean variance, over the steps of a horizon, of a column's distances to the forecast by differences alone. */
function spreadAhead(
  column: Float64Array,
  lags: readonly number[],
  origins: readonly number[],
  horizon: number,
): number {
  const off = origins.map((origin) => {
    const anchor = anchorOf(column, origin, lags, horizon);
    return anchor.map((v, h) => column[origin + h] - v);
  });
  const variances = Array.from({ length: horizon }, (_, h) => deviation(off.map((steps) => steps[h])) ** 2);
  return Math.sqrt(variances.reduce((a, b) => a + b, 0) / horizon);
}
