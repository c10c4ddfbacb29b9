import type { ArrayLikeNumbers } from "./series.ts";

/**
 * The series less itself `lag` steps before, once for each lag in turn; the first Σ lags entries are lost.
 *
 *   difference([1, 4, 9, 16], [1, 1]); // [2, 2]
 */
export function difference(series: ArrayLikeNumbers, lags: readonly number[]): Float64Array {
  return lags.reduce(
    (level, lag) => Float64Array.from({ length: level.length - lag }, (_, t) => level[t + lag] - level[t]),
    Float64Array.from(series),
  );
}

/**
 * Continues a history by these differences: undoes `difference`. The history needs Σ lags entries at least.
 *
 *   integrate([1, 4, 9], [1, 1], [2, 2]); // [16, 25]
 */
export function integrate(history: ArrayLikeNumbers, lags: readonly number[], changes: ArrayLikeNumbers): Float64Array {
  const levels = lags.map((_, i) => difference(history, lags.slice(0, i)));
  return lags.reduceRight((next, lag, i) => {
    const level = Array.from(levels[i].subarray(levels[i].length - lag));
    for (const change of next) level.push(change + level[level.length - lag]);
    return Float64Array.from(level.slice(lag));
  }, Float64Array.from(changes));
}

/** Rows that `difference` loses. */
export const lost = (lags: readonly number[]): number => lags.reduce((a, b) => a + b, 0);
