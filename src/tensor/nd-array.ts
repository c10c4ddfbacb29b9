import { DataError, problem, ShapeError, showShape } from "../errors.ts";
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

  /** Entries `start` (included) to `end` (excluded) along the first axis, sharing memory. */
  slice(start: number, end: number = this.shape[0]): NdArray {
    const [n, ...rest] = this.shape;
    const from = Math.min(n, Math.max(0, start < 0 ? start + n : start));
    const to = Math.min(n, Math.max(from, end < 0 ? end + n : end));
    const width = sizeOf(rest);
    return new NdArray(this.data.subarray(from * width, to * width), [to - from, ...rest]);
  }

  /** The same numbers under another shape; one axis may be -1. */
  reshape(shape: Shape): NdArray {
    const known = sizeOf(shape.filter((d) => d !== -1));
    const full = shape.map((d) => (d === -1 ? this.size / known : d));
    return new NdArray(this.data, full);
  }

  /** Nested lists, for `JSON.stringify`; NaN becomes null. */
  toJSON(): NestedNumbers {
    return this.toArray();
  }

  /**
   * Nested JavaScript arrays; a rank-0 array gives a number. Who knows the rank says so, and reads on without a cast.
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

  /** The shape and the first numbers, for messages and the console. */
  toString(): string {
    const shown = Array.from(this.data.subarray(0, 8), (v) => String(Math.round(v * 1e4) / 1e4)).join(", ");
    return `NdArray ${this.dtype} ${showShape(this.shape)}: ${shown}${this.size > 8 ? ", …" : ""}`;
  }
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
