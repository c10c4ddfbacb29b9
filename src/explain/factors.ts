import { DataError, problem } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { checkNames } from "../train/options.ts";
import type { LayerTrace } from "./layer-trace.ts";
import { observe } from "./observations.ts";

/** Options of `factors`. */
export interface FactorsOptions {
  /** Number of factors. Default 4. */
  count?: number;
  /** The values that are taken apart, by their name in the trace. Default `"h"`. */
  value?: string;
  /** Rounds of the updates. Default 200. */
  rounds?: number;
  /** Seed of the first guess. Default 1. */
  seed?: number;
}

/** Groups of units that act together, and when they do. */
export interface Factors {
  /** Activity of each factor at each step, [count, B, T]; 0 at masked steps. */
  readonly activity: NdArray;
  /** Part of each unit in each factor, [count, H]: above 0 where it is active with positive values, below with negative ones. */
  readonly units: NdArray;
  /** All units, those of the first factor first: the order in which a picture shows blocks. */
  readonly order: readonly number[];
  /** The fraction of the sum of squares that the factors explain. */
  readonly explained: number;
}

/**
 * A layer's states as a few factors: non-negative matrix factorization (Lee & Seung 2001) of the positive and the negative parts of all
 * units over all steps that count. A factor is a group of units that are active together, and the steps at which they are. Throws
 * DataError for a count that is no number of factors.
 *
 *   const { activity, order } = factors(layers[0], { count: 6 });
 */
export function factors(layer: LayerTrace, options: FactorsOptions = {}): Factors {
  const who = "factors";
  checkNames(who, options, ["count", "value", "rounds", "seed"]);
  const { count = 4, value = "h", rounds = 200, seed = 1 } = options;
  const { places, matrix } = observe(layer, value, who);
  const [n, size] = [matrix.length, matrix[0].length];
  if (!(Number.isInteger(count) && count >= 1 && count <= Math.min(n, 2 * size)))
    throw new DataError(problem(`${who}: count`, `a whole number from 1 to ${Math.min(n, 2 * size)}`, String(count)));
  const width = 2 * size; // positive parts, then negative ones
  const v = new Float64Array(n * width);
  for (const [k, row] of matrix.entries())
    for (let j = 0; j < size; j++) v[k * width + (row[j] < 0 ? size + j : j)] = Math.abs(row[j]);
  const random = new Random(seed);
  const draw = (length: number) => Float64Array.from({ length }, () => 0.1 + random.uniform());
  const [w, h] = [draw(n * count), draw(count * width)];
  for (let round = 0; round < rounds; round++) {
    update(
      h,
      product(w, v, n, count, width, true),
      product(product(w, w, n, count, count, true), h, count, count, width),
    );
    update(w, productT(v, h, n, width, count), product(w, productT(h, h, count, width, count), n, count, count));
  }
  const found = product(w, h, n, count, width);
  const squares = v.reduce((sum, a) => sum + a * a, 0);
  const left = v.reduce((sum, a, k) => sum + (a - found[k]) ** 2, 0);
  const [rows, time] = layer.h.shape;
  const activity = new Float32Array(count * rows * time);
  for (const [k, { row, step }] of places.entries())
    for (let f = 0; f < count; f++) activity[(f * rows + row) * time + step] = w[k * count + f];
  const part = Float32Array.from({ length: count * size }, (_, at) => {
    const [f, j] = [Math.floor(at / size), at % size];
    return h[f * width + j] - h[f * width + size + j];
  });
  const strongest = (j: number) => {
    const parts = Array.from({ length: count }, (_, f) => Math.abs(part[f * size + j]));
    const f = parts.indexOf(Math.max(...parts));
    return { j, f, size: parts[f] };
  };
  const order = Array.from({ length: size }, (_, j) => strongest(j)).sort((a, b) => a.f - b.f || b.size - a.size);
  return {
    activity: new NdArray(activity, [count, rows, time]),
    units: new NdArray(part, [count, size]),
    order: order.map(({ j }) => j),
    explained: squares > 0 ? 1 - left / squares : 1,
  };
}

/** Multiplies by what should grow and divides by what should shrink; nothing becomes negative. */
function update(a: Float64Array, grow: Float64Array, shrink: Float64Array): void {
  for (let k = 0; k < a.length; k++) a[k] *= grow[k] / (shrink[k] + 1e-12);
}

/** a · b of [n, m] and [m, p]; with `turned` aᵀ · b of [n, m] and [n, p]. */
function product(a: Float64Array, b: Float64Array, n: number, m: number, p: number, turned = false): Float64Array {
  const c = new Float64Array((turned ? m : n) * p);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < m; k++) {
      const [to, from] = turned ? [k * p, i * p] : [i * p, k * p];
      const value = a[i * m + k];
      for (let j = 0; j < p; j++) c[to + j] += value * b[from + j];
    }
  return c;
}

/** a · bᵀ of [n, m] and [p, m]. */
function productT(a: Float64Array, b: Float64Array, n: number, m: number, p: number): Float64Array {
  const c = new Float64Array(n * p);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let k = 0; k < m; k++) sum += a[i * m + k] * b[j * m + k];
      c[i * p + j] = sum;
    }
  return c;
}
