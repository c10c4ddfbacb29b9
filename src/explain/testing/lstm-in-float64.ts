import type { NdArray } from "../../index.ts";

/** An LSTM with a dense(1) behind its last state, in float64 and by itself, for finite differences: x [T, D] → the output. */
export function lstmInFloat64(
  x: readonly (readonly number[])[],
  [wx, wh, b, w, bias]: readonly NdArray[],
  /** Added to h and c after a step, by unit. */
  tap: (part: "h" | "c", step: number, unit: number) => number = () => 0,
): number {
  const units = wh.shape[0];
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  let h = new Array<number>(units).fill(0);
  let c = new Array<number>(units).fill(0);
  for (const [t, features] of x.entries()) {
    const sum = (k: number) =>
      features.reduce((s, v, d) => s + v * wx.at(d, k), b.at(k)) + h.reduce((s, v, j) => s + v * wh.at(j, k), 0);
    const z = Array.from({ length: 4 * units }, (_, k) => sum(k));
    c = c.map((v, j) => sigmoid(z[units + j]) * v + sigmoid(z[j]) * Math.tanh(z[2 * units + j]) + tap("c", t, j));
    h = c.map((v, j) => sigmoid(z[3 * units + j]) * Math.tanh(v) + tap("h", t, j));
  }
  return h.reduce((s, v, j) => s + v * w.at(j, 0), bias.at(0));
}
