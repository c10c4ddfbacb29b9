import { unaryFunctions } from "../program/functions.ts";

/** Whole numbers of 8 bits and the factors that made them. */
export interface Rounded {
  readonly q: Float32Array;
  readonly scale: Float32Array;
}

/**
 * Numbers [rows, columns] rounded to 8 bits, each row or each column by itself, as Keras does: scale = 127 / (max |w| + 1e-7), in f32
 * at every step, q = round(w · scale), half to even.
 *
 *   rounded(Float32Array.of(0.5, -1), [1, 2], "rows"); // q 64 and -127, scale 126.99998
 */
export function rounded(w: Float32Array, [rows, columns]: readonly number[], by: "rows" | "columns"): Rounded {
  const group = by === "rows" ? (i: number) => Math.floor(i / columns) : (i: number) => i % columns;
  const largest = new Float32Array(by === "rows" ? rows : columns);
  for (let i = 0; i < w.length; i++) largest[group(i)] = Math.max(largest[group(i)], Math.abs(w[i]));
  const scale = largest.map((n) => 127 / Math.fround(n + 1e-7));
  return { q: w.map((n, i) => unaryFunctions.round(Math.fround(n * scale[group(i)]))), scale };
}
