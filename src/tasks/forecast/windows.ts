import { NdArray } from "../../tensor/nd-array.ts";
import { integrate, lost } from "./differences.ts";
import type { Series } from "./series.ts";

/** The window before each origin: rows [N, D] of a series → [N origins, window, D]; origin o reads rows o − window to o − 1. */
export function windowsBefore(rows: NdArray, origins: readonly number[], window: number): NdArray {
  const D = rows.shape[1];
  const data = new Float32Array(origins.length * window * D);
  origins.forEach((origin, i) => {
    data.set(rows.data.subarray((origin - window) * D, origin * D), i * window * D);
  });
  return new NdArray(data, [origins.length, window, D]);
}

/** The windows one step on: the first step goes, `next` [N, D] comes. */
export function movedOn(windows: NdArray, next: NdArray): NdArray {
  const [N, window, D] = windows.shape;
  const data = new Float32Array(N * window * D);
  for (let i = 0; i < N; i++) {
    data.set(windows.data.subarray(i * window * D + D, (i + 1) * window * D), i * window * D);
    data.set(next.data.subarray(i * D, (i + 1) * D), (i + 1) * window * D - D);
  }
  return new NdArray(data, [N, window, D]);
}

/**
 * Forecast of the next `horizon` values if no difference changed: from an origin on, the level that a model has only to
 * correct. With lags [12] the seasonal-naive forecast, with [1] the naive one, without lags zero.
 */
export function anchorOf(column: Float64Array, origin: number, lags: readonly number[], horizon: number): Float64Array {
  return integrate(column.subarray(origin - lost(lags), origin), lags, new Float64Array(horizon));
}

/** Training targets at each origin: the targets' values less their anchors, float64 [N, horizon · targets], by step then target. */
export function correctionsAfter(
  columns: readonly Float64Array[],
  origins: readonly number[],
  lags: readonly number[],
  horizon: number,
): NdArray {
  const K = columns.length;
  const data = new Float64Array(origins.length * horizon * K);
  origins.forEach((origin, i) => {
    columns.forEach((column, k) => {
      const anchor = anchorOf(column, origin, lags, horizon);
      for (let h = 0; h < horizon; h++) data[(i * horizon + h) * K + k] = column[origin + h] - anchor[h];
    });
  });
  return new NdArray(data, [origins.length, horizon * K]);
}

/** Actual values at the steps after each origin, by step then target: [origins · horizon · targets]. */
export function actualAfter(
  { values }: Series,
  targets: readonly number[],
  origins: readonly number[],
  horizon: number,
): Float64Array {
  const K = targets.length;
  return Float64Array.from({ length: origins.length * horizon * K }, (_, i) => {
    const [row, step] = [Math.floor(i / (horizon * K)), Math.floor(i / K) % horizon];
    return values[targets[i % K]][origins[row] + step];
  });
}

/** Whole numbers from `first` to `last`, both included, every `stride`. */
export const every = (first: number, last: number, stride = 1): number[] =>
  Array.from({ length: Math.max(0, Math.floor((last - first) / stride) + 1) }, (_, i) => first + i * stride);
