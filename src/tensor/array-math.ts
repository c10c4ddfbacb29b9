/** Operations of arrays along their axes, over data and shape alone; `NdArray` has them as methods. */
import { problem, ShapeError, showShape } from "../errors.ts";
import type { Numbers } from "./nested.ts";
import { type Shape, sizeOf } from "./shape.ts";

interface Plain {
  readonly data: Numbers;
  readonly shape: Shape;
}

function axisOf(axis: number, rank: number, who: string): number {
  const at = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(at) && at >= 0 && at < rank) return at;
  throw new ShapeError(problem(who, rank === 0 ? "an array with an axis" : `an axis from 0 to ${rank - 1}`, `${axis}`));
}

/** An array seen from one axis: `outer` blocks of `n` entries of `inner` numbers. */
function along({ shape }: Plain, axis: number, who: string) {
  const at = axisOf(axis, shape.length, who);
  return { at, outer: sizeOf(shape.slice(0, at)), n: shape[at], inner: sizeOf(shape.slice(at + 1)) };
}

const emptyLike = (data: Numbers, size: number): Numbers =>
  data instanceof Int32Array
    ? new Int32Array(size)
    : data instanceof Float64Array
      ? new Float64Array(size)
      : new Float32Array(size);

const withAxis = (shape: Shape, axis: number, size: number): number[] => shape.map((d, k) => (k === axis ? size : d));

/** The entries of these numbers along an axis, in their order; one may come twice, negative ones count from the end. */
export function take(a: Plain, indices: ArrayLike<number>, axis: number, who: string): Plain {
  const { at, outer, n, inner } = along(a, axis, who);
  const from = Array.from(indices, (i) => {
    const j = i < 0 ? i + n : i;
    if (Number.isInteger(j) && j >= 0 && j < n) return j;
    throw new ShapeError(problem(who, `indices from 0 to ${n - 1} on axis ${at}`, `${i}`));
  });
  const data = emptyLike(a.data, outer * from.length * inner);
  let to = 0;
  for (let block = 0; block < outer; block++)
    for (const i of from) {
      const start = (block * n + i) * inner;
      data.set(a.data.subarray(start, start + inner), to);
      to += inner;
    }
  return { data, shape: withAxis(a.shape, at, from.length) };
}

/** Arrays end to end along an axis. All have the same shape but there. */
export function concat(arrays: readonly Plain[], axis: number, who: string): Plain {
  if (arrays.length === 0) throw new ShapeError(problem(who, "at least one array", "none"));
  const [first] = arrays;
  const { at, outer } = along(first, axis, who);
  for (const { shape } of arrays)
    if (shape.length !== first.shape.length || shape.some((d, k) => k !== at && d !== first.shape[k])) {
      const expected = `shapes that differ on axis ${at} alone, as ${showShape(first.shape)}`;
      throw new ShapeError(problem(who, expected, showShape(shape)));
    }
  const total = arrays.reduce((n, { shape }) => n + shape[at], 0);
  const data = emptyLike(
    widest(arrays),
    arrays.reduce((n, a) => n + a.data.length, 0),
  );
  let to = 0;
  for (let block = 0; block < outer; block++)
    for (const a of arrays) {
      const width = a.data.length / Math.max(1, outer);
      data.set(a.data.subarray(block * width, (block + 1) * width), to);
      to += width;
    }
  return { data, shape: withAxis(first.shape, at, total) };
}

/** Numbers of a kind that holds those of all. */
function widest(arrays: readonly Plain[]): Numbers {
  const kinds = arrays.map(({ data }) => data);
  if (kinds.every((data) => data instanceof Int32Array)) return kinds[0];
  return kinds.find((data) => data instanceof Float64Array) ?? kinds.find((data) => data instanceof Float32Array)!;
}

/** Arrays of one shape side by side on a new axis. */
export function stack(arrays: readonly Plain[], axis: number, who: string): Plain {
  if (arrays.length === 0) throw new ShapeError(problem(who, "at least one array", "none"));
  const [{ shape }] = arrays;
  const at = axisOf(axis, shape.length + 1, who);
  const widened = arrays.map((a) => ({ data: a.data, shape: [...a.shape.slice(0, at), 1, ...a.shape.slice(at)] }));
  const other = arrays.find((a) => a.shape.length !== shape.length || a.shape.some((d, k) => d !== shape[k]));
  if (other) throw new ShapeError(problem(who, `arrays of one shape, ${showShape(shape)}`, showShape(other.shape)));
  return concat(widened, at, who);
}

/** One number for each stretch along an axis, or for all of the array where `axis` is undefined; computed in double precision. */
export function reduce(
  a: Plain,
  axis: number | undefined,
  who: string,
  of: (at: (i: number) => number, n: number) => number,
): Plain {
  const { data } = a;
  if (axis === undefined) return { data: Float64Array.of(of((i) => data[i], data.length)), shape: [] };
  const { at, outer, n, inner } = along(a, axis, who);
  const out = new Float64Array(outer * inner);
  for (let block = 0; block < outer; block++)
    for (let k = 0; k < inner; k++) out[block * inner + k] = of((i) => data[(block * n + i) * inner + k], n);
  return { data: out, shape: a.shape.filter((_, d) => d !== at) };
}

export const sumOf = (at: (i: number) => number, n: number): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += at(i);
  return sum;
};
/** NaN where there is none. */
export const meanOf = (at: (i: number) => number, n: number): number => sumOf(at, n) / n;
export const largestOf = (at: (i: number) => number, n: number): number => {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) best = Math.max(best, at(i));
  return best;
};
export const smallestOf = (at: (i: number) => number, n: number): number => {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < n; i++) best = Math.min(best, at(i));
  return best;
};

/** 1 where `holds` of two numbers, else 0; `b` is one number, or an array of a's shape. */
export function compare(a: Plain, b: Plain | number, who: string, holds: (x: number, y: number) => boolean): Plain {
  if (typeof b !== "number" && (b.shape.length !== a.shape.length || b.shape.some((d, k) => d !== a.shape[k])))
    throw new ShapeError(problem(who, `a number, or an array ${showShape(a.shape)}`, showShape(b.shape)));
  const other = typeof b === "number" ? () => b : (i: number) => b.data[i];
  return { data: Int32Array.from(a.data, (v, i) => (holds(v, other(i)) ? 1 : 0)), shape: a.shape };
}
