import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { checkWhole } from "./checks.ts";
import type { WindowsAndTargets } from "./windows.ts";

export interface AddingOptions {
  /** Sequences to draw. */
  rows: number;
  /** Steps of each, T: 2 or more. */
  steps: number;
  /** The same seed draws the same data. Default 1. */
  seed?: number;
}

export interface RecallOptions {
  /** Sequences to draw. */
  rows: number;
  /** Steps of noise between the symbol and the question, 0 or more. */
  delay: number;
  /** Different symbols, S. Default 8. */
  symbols?: number;
  /** The same seed draws the same data. Default 1. */
  seed?: number;
}

/**
 * The adding problem (Hochreiter & Schmidhuber 1997, experiment 4; marks as in Arjovsky, Shah & Bengio 2016,
 * arXiv:1511.06464): each step holds a number from [0, 1) and a mark, 1 at one step of the first half and one of the
 * second, else 0. The target is the sum of the two marked numbers: whoever always says 1 has a mean squared error of
 * 1/6, the variance of the sum. x [rows, T, 2], y [rows]. Throws DataError for fewer than 2 steps.
 *
 *   const { x, y } = addingProblem({ rows: 5000, steps: 50 });
 *   x.shape; // [5000, 50, 2]
 *   y.shape; // [5000]
 */
export function addingProblem(options: AddingOptions): WindowsAndTargets {
  const { rows, steps, seed = 1 } = options;
  const who = "addingProblem";
  checkWhole(who, "rows", rows, 1);
  checkWhole(who, "steps", steps, 2);
  checkWhole(who, "seed", seed, 0);
  const random = new Random(seed);
  const half = Math.floor(steps / 2);
  const x = new Float32Array(rows * steps * 2);
  const y = new Float32Array(rows);
  for (let n = 0; n < rows; n++) {
    const row = x.subarray(n * steps * 2, (n + 1) * steps * 2); // number, mark, number, mark, …
    for (let t = 0; t < steps; t++) row[2 * t] = random.uniform();
    for (const t of [random.below(half), half + random.below(steps - half)]) {
      row[2 * t + 1] = 1;
      y[n] += row[2 * t];
    }
  }
  return { x: new NdArray(x, [rows, steps, 2]), y: new NdArray(y, [rows]) };
}

/**
 * Delayed recall (after the latch of Bengio, Simard & Frasconi 1994): the first step shows one of S symbols, ids 1 to S;
 * `delay` steps of noise follow, ids S + 1 to 2 S drawn at random; the last step, id 2 S + 1, is the cue to recall the symbol.
 * A guess is right once in S. x [rows, delay + 2] of ids for an `embedding(2 * S + 2, …)`, y [rows], the symbol less 1.
 *
 *   const { x, y } = delayedRecall({ rows: 5000, delay: 100, symbols: 8 });
 *   x.shape; // [5000, 102]
 *   x.at(0, 101); // 17
 *   x.at(0, 0) - y.at(0); // 1
 */
export function delayedRecall(options: RecallOptions): WindowsAndTargets {
  const { rows, delay, symbols = 8, seed = 1 } = options;
  const who = "delayedRecall";
  checkWhole(who, "rows", rows, 1);
  checkWhole(who, "delay", delay, 0);
  checkWhole(who, "symbols", symbols, 2);
  checkWhole(who, "seed", seed, 0);
  const random = new Random(seed);
  const steps = delay + 2;
  const x = new Int32Array(rows * steps);
  const y = new Int32Array(rows);
  for (let n = 0; n < rows; n++) {
    y[n] = random.below(symbols);
    x[n * steps] = y[n] + 1;
    for (let t = 1; t <= delay; t++) x[n * steps + t] = symbols + 1 + random.below(symbols);
    x[n * steps + steps - 1] = 2 * symbols + 1;
  }
  return { x: new NdArray(x, [rows, steps]), y: new NdArray(y, [rows]) };
}
