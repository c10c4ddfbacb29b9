import { DataError, problem, ShapeError, showShape, showValue } from "../errors.ts";
import { compare, concat, largestOf, meanOf, reduce, smallestOf, stack, sumOf, take } from "./array-math.ts";
import { display, type Forms, formsOf } from "./in-notebook.ts";
import { fromNested, type NestedInput, type Numbers, type OtherTypedArray } from "./nested.ts";
import { type DType, type Shape, sizeOf, stridesOf } from "./shape.ts";

export type { NestedInput, Numbers } from "./nested.ts";

/** Numbers nested to any depth, every level of one length: `[[1, 2], [3, 4]]`. */
export type NestedNumbers = number | readonly NestedNumbers[];
/** Anything that functions take as an array. */
export type ArrayLike = NdArray | PlainArray | Numbers | OtherTypedArray | readonly NestedInput[];
/** An `NdArray` that came from another thread: numbers and shape, without methods. */
export interface PlainArray {
  /** Row-major, as many as the shape says. */
  readonly data: Numbers;
  /** Sizes of the axes. */
  readonly shape: Shape;
}

const isSize = (d: number): boolean => Number.isInteger(d) && d >= 0;

/**
 * A plain array: row-major numbers and a shape. `predict` returns one, `fit` takes them.
 *
 *   const a = new NdArray(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
 *   a.at(1, 2);       // 6
 *   a.toArray();      // [[1, 2, 3], [4, 5, 6]]
 *   a.argmax();       // NdArray [2]: 2, 2
 */
export class NdArray {
  /** The numbers, row-major. */
  readonly data: Numbers;
  /** Sizes of the axes. */
  readonly shape: Shape;

  /** Throws ShapeError where `data` has not as many numbers as the shape says. Without a shape it has one axis. */
  constructor(data: Numbers, shape: Shape = [data.length]) {
    if (!shape.every(isSize)) throw new ShapeError(problem("NdArray", "whole numbers as a shape", showShape(shape)));
    if (sizeOf(shape) !== data.length) {
      throw new ShapeError(
        problem("NdArray", `${sizeOf(shape)} numbers for shape ${showShape(shape)}`, `${data.length}`),
      );
    }
    this.data = data;
    this.shape = [...shape];
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }
  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }
  /** `i32` for whole numbers, otherwise `f32`. */
  get dtype(): DType {
    return this.data instanceof Int32Array ? "i32" : "f32";
  }

  /** One number by its index on every axis; negative indices count from the end. */
  at(...index: number[]): number {
    if (index.length !== this.rank) {
      throw new ShapeError(
        problem("NdArray.at", `${this.rank} indices for shape ${showShape(this.shape)}`, `${index.length}`),
      );
    }
    const strides = stridesOf(this.shape);
    let offset = 0;
    index.forEach((i, axis) => {
      const j = i < 0 ? i + this.shape[axis] : i;
      if (!(j >= 0 && j < this.shape[axis])) {
        throw new ShapeError(problem("NdArray.at", `index ${axis} from 0 to ${this.shape[axis] - 1}`, `${i}`));
      }
      offset += j * strides[axis];
    });
    return this.data[offset];
  }

  /** The i-th entry along the first axis, sharing memory: `[N, T, D]` → `[T, D]`. */
  row(i: number): NdArray {
    const [n, ...rest] = this.shape;
    const j = i < 0 ? i + n : i;
    if (this.rank === 0 || !(j >= 0 && j < n)) {
      throw new ShapeError(problem("NdArray.row", `a row from 0 to ${(n ?? 0) - 1}`, `${i}`));
    }
    const width = sizeOf(rest);
    return new NdArray(this.data.subarray(j * width, (j + 1) * width), rest);
  }

  /**
   * Entries `start` (included) to `end` (excluded) along an axis, the first by default; negative ones count from the end. Along
   * the first axis it shares memory, along another it copies.
   *
   *   const x = new NdArray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
   *   x.slice(1, 3, 1).toArray(); // [[2, 3], [5, 6]]
   */
  slice(start: number, end?: number, axis = 0): NdArray {
    const [n, ...rest] = axis === 0 ? this.shape : [this.shape.at(axis) ?? 0];
    const last = end ?? n;
    const from = Math.min(n, Math.max(0, start < 0 ? start + n : start));
    const to = Math.min(n, Math.max(from, last < 0 ? last + n : last));
    if (axis !== 0)
      return this.take(
        Int32Array.from({ length: to - from }, (_, i) => from + i),
        axis,
      );
    const width = sizeOf(rest);
    return new NdArray(this.data.subarray(from * width, to * width), [to - from, ...rest]);
  }

  /**
   * The entries of these indices along an axis, a copy; one may come twice, negative ones count from the end. Throws ShapeError
   * for an index that is not there.
   *
   *   new NdArray(Float32Array.of(1, 2, 3)).take([2, 0, -1]).toArray(); // [3, 1, 3]
   */
  take(indices: { readonly length: number; readonly [k: number]: number }, axis = 0): NdArray {
    return made(take(this, indices, axis, "NdArray.take"));
  }

  /**
   * Arrays end to end along an axis, the first by default; all have the same shape but there.
   *
   *   NdArray.concat([asNdArray([[1], [2]]), asNdArray([[3]])]).toArray(); // [[1], [2], [3]]
   */
  static concat(arrays: readonly ArrayLike[], axis = 0): NdArray {
    return made(concat(arrays.map(plainOf), axis, "NdArray.concat"));
  }

  /**
   * Arrays of one shape side by side on a new axis, the first by default.
   *
   *   NdArray.stack([[1, 2], [3, 4]], 1).toArray(); // [[1, 3], [2, 4]]
   */
  static stack(arrays: readonly ArrayLike[], axis = 0): NdArray {
    return made(stack(arrays.map(plainOf), axis, "NdArray.stack"));
  }

  /** The same numbers under another shape; one axis may be -1. Throws ShapeError where they do not fit. */
  reshape(shape: Shape): NdArray {
    const known = sizeOf(shape.filter((d) => d !== -1));
    const full = shape.map((d) => (d === -1 ? this.size / known : d));
    if (sizeOf(full) === this.size && full.every(isSize)) return new NdArray(this.data, full);
    throw new ShapeError(problem("NdArray.reshape", `a shape of ${this.size} numbers`, showShape(shape)));
  }

  /**
   * The same numbers as float32, float64 or whole numbers of 32 bits, which drop what stands behind the point, as in NumPy.
   * Throws DataError for a number that does not fit.
   *
   *   new NdArray(Float32Array.of(1.7, -1.7)).astype("i32").toArray(); // [1, -1]
   */
  astype(kind: "f32" | "f64" | "i32"): NdArray {
    if (kind === "f32") return new NdArray(Float32Array.from(this.data), this.shape);
    if (kind === "f64") return new NdArray(Float64Array.from(this.data), this.shape);
    if (kind !== "i32") throw new DataError(problem("NdArray.astype", '"f32", "f64" or "i32"', showValue(kind)));
    const bad = (this.data as Float64Array).findIndex((v) => Math.trunc(v) !== (v | 0));
    if (bad < 0) return new NdArray(Int32Array.from(this.data), this.shape);
    throw new DataError(problem("NdArray.astype", "numbers of 32 bits", `${this.data[bad]} at ${bad}`));
  }

  /**
   * The mean along an axis, or of all numbers. Computed in double precision, as are `sum`, `max` and `min`.
   *
   *   const x = new NdArray(Float32Array.of(1, 2, 3, 4), [2, 2]);
   *   x.mean(0).toArray(); // [2, 3]
   *   x.mean(); // 2.5
   */
  mean(): number;
  mean(axis: number): NdArray;
  mean(axis?: number): number | NdArray {
    return reduced(this, axis, "NdArray.mean", meanOf);
  }
  /**
   * The sum along an axis, or of all numbers.
   *
   *   new NdArray(Float32Array.of(1, 2, 3, 4), [2, 2]).sum(1).toArray(); // [3, 7]
   */
  sum(): number;
  sum(axis: number): NdArray;
  sum(axis?: number): number | NdArray {
    return reduced(this, axis, "NdArray.sum", sumOf);
  }
  /**
   * The largest number along an axis, or of all.
   *
   *   new NdArray(Float32Array.of(1, 2, 3, 4), [2, 2]).max(0).toArray(); // [3, 4]
   */
  max(): number;
  max(axis: number): NdArray;
  max(axis?: number): number | NdArray {
    return reduced(this, axis, "NdArray.max", largestOf);
  }
  /**
   * The smallest number along an axis, or of all.
   *
   *   new NdArray(Float32Array.of(1, 2, 3, 4), [2, 2]).min(); // 1
   */
  min(): number;
  min(axis: number): NdArray;
  min(axis?: number): number | NdArray {
    return reduced(this, axis, "NdArray.min", smallestOf);
  }

  /**
   * 1 where two numbers are equal, else 0: accuracy is the mean of it. `other` is a number or an array of this shape.
   *
   *   const labels = new NdArray(Int32Array.of(1, 0, 2));
   *   labels.equal([1, 1, 2]).sum(); // 2
   */
  equal(other: number | ArrayLike): NdArray {
    return compared(this, other, "NdArray.equal", (a, b) => a === b);
  }
  /**
   * 1 where this is greater than a number, or than another array's, else 0.
   *
   *   new NdArray(Float32Array.of(0.2, 0.9)).greater(0.5).toArray(); // [0, 1]
   */
  greater(other: number | ArrayLike): NdArray {
    return compared(this, other, "NdArray.greater", (a, b) => a > b);
  }
  /**
   * 1 where this is less than a number, or than another array's, else 0.
   *
   *   new NdArray(Float32Array.of(0.2, 0.9)).less(0.5).toArray(); // [1, 0]
   */
  less(other: number | ArrayLike): NdArray {
    return compared(this, other, "NdArray.less", (a, b) => a < b);
  }

  /** Nested lists, for `JSON.stringify`; NaN becomes null. */
  toJSON(): NestedNumbers {
    return this.toArray();
  }

  /**
   * Nested JavaScript arrays; a rank-0 array gives a number. Name the rank as type parameter to avoid a cast.
   *
   *   new NdArray(Float32Array.of(1, 2, 3, 4), [2, 2]).toArray<number[][]>()[1][0]; // 3
   */
  toArray<Nested extends NestedNumbers = NestedNumbers>(): Nested {
    const build = (axis: number, offset: number): NestedNumbers => {
      if (axis === this.rank) return this.data[offset];
      const width = sizeOf(this.shape.slice(axis + 1));
      return Array.from({ length: this.shape[axis] }, (_, i) => build(axis + 1, offset + i * width));
    };
    return build(0, 0) as Nested;
  }

  /** Index of the largest number along the last axis (the first one on a tie): `[N, V]` → int32 `[N]`. */
  argmax(): NdArray {
    const width = this.shape[this.rank - 1];
    if (!width)
      throw new ShapeError(problem("NdArray.argmax", "a last axis with at least one entry", showShape(this.shape)));
    const out = new Int32Array(this.size / width);
    for (let r = 0; r < out.length; r++) {
      let best = 0;
      for (let j = 1; j < width; j++) if (this.data[r * width + j] > this.data[r * width + best]) best = j;
      out[r] = best;
    }
    return new NdArray(out, this.shape.slice(0, -1));
  }

  /** A table of its first rows and columns, as the last line of a notebook's cell. */
  [display](): Promise<Forms> {
    return formsOf(this);
  }

  /** The shape and the first numbers, for messages and the console. */
  toString(): string {
    const shown = Array.from(this.data.subarray(0, 8), (v) => String(Math.round(v * 1e4) / 1e4)).join(", ");
    return `NdArray ${this.dtype} ${showShape(this.shape)}: ${shown}${this.size > 8 ? ", …" : ""}`;
  }
}

const made = ({ data, shape }: PlainArray): NdArray => new NdArray(data, shape);
const plainOf = (value: ArrayLike): NdArray => asNdArray(value, { who: "NdArray" });

function reduced(
  a: NdArray,
  axis: number | undefined,
  who: string,
  of: (at: (i: number) => number, n: number) => number,
): number | NdArray {
  const found = made(reduce(a, axis, who, of));
  return axis === undefined ? found.data[0] : found;
}

function compared(a: NdArray, other: number | ArrayLike, who: string, holds: (x: number, y: number) => boolean) {
  return made(compare(a, typeof other === "number" ? other : asNdArray(other, { who }), who, holds));
}

/** Whether this is an `NdArray`, or what is left of one that came from another thread. */
export function isPlainArray(value: unknown): value is PlainArray {
  if (value instanceof NdArray) return true;
  if (typeof value !== "object" || value === null || !("data" in value && "shape" in value)) return false;
  const { data, shape } = value;
  const numbers = data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array;
  return numbers && Array.isArray(shape) && shape.every((d) => Number.isInteger(d) && d >= 0);
}

function ndArrayOf(value: ArrayLike | number | bigint, who: string): NdArray {
  if (value instanceof NdArray) return value;
  const { data, shape } = isPlainArray(value) ? value : fromNested(value, who);
  if (sizeOf(shape) === data.length) return new NdArray(data, shape);
  throw new ShapeError(problem(who, `${sizeOf(shape)} numbers for shape ${showShape(shape)}`, `${data.length}`));
}

/**
 * Anything array-like as an NdArray. Nested arrays must be regular; their numbers stay as they are (float64), whole ones
 * too, unless `dtype` says `i32`. Throws ShapeError for ragged nesting, DataError for entries that are not numbers.
 *
 *   asNdArray([[1, 2], [3, 4]], { who: "x" }).shape;   // [2, 2]
 */
export function asNdArray(value: ArrayLike | number | bigint, options: { who?: string; dtype?: DType } = {}): NdArray {
  const who = options.who ?? "array";
  const found = ndArrayOf(value, who);
  if (!options.dtype || options.dtype === found.dtype) return found;
  if (options.dtype === "f32") return new NdArray(Float32Array.from(found.data), found.shape);
  const bad = (found.data as Float64Array).findIndex((v) => v !== (v | 0));
  if (bad < 0) return new NdArray(Int32Array.from(found.data), found.shape);
  throw new DataError(problem(who, "whole numbers of 32 bits", `${found.data[bad]} at ${bad}`));
}
