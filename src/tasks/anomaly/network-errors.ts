import type { Model } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { every, windowsBefore } from "../forecast/windows.ts";
import type { DetectorMethod } from "./learned.ts";

/** Windows predicted at once: enough to keep the kernels busy, few enough to stop soon and need little memory. */
const batch = 2048;

/**
 * A network's findings at each row of scaled deviations [T, D], by column: its forecast of the row, or the mean size of the errors in the
 * window that ends there. NaN before it has read a window.
 */
export async function networkFinds(
  model: Model,
  method: DetectorMethod,
  rows: NdArray,
  window: number,
  signal?: AbortSignal,
): Promise<Float64Array[]> {
  const [T, D] = rows.shape;
  const found = Array.from({ length: D }, () => new Float64Array(T).fill(Number.NaN));
  const first = method === "forecast" ? window : window - 1;
  for (let from = first; from < T; from += batch) {
    signal?.throwIfAborted();
    const places = every(from, Math.min(T, from + batch) - 1);
    const x = windowsBefore(rows, method === "forecast" ? places : places.map((t) => t + 1), window);
    const { data } = (await model.predict(x, { batchSize: 256 })) as NdArray;
    places.forEach((t, i) => {
      for (let k = 0; k < D; k++)
        found[k][t] = method === "forecast" ? data[i * D + k] : meanError(x.data, data, i, k, window, D);
    });
  }
  return found;
}

/** Of one column of a window. */
function meanError(
  x: ArrayLike<number>,
  again: ArrayLike<number>,
  i: number,
  k: number,
  window: number,
  D: number,
): number {
  let sum = 0;
  for (let t = 0; t < window; t++) {
    const at = (i * window + t) * D + k;
    sum += Math.abs(x[at] - again[at]);
  }
  return sum / window;
}

/** Errors in the units of the series: a row's deviation less its forecast, or that of the window's reconstruction as it is. */
export const errorOf = (method: DetectorMethod, found: number, deviation: number, scale: number): number =>
  method === "forecast" ? deviation - scale * found : found;
