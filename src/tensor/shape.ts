import { ShapeError, showShape } from "../errors.ts";

/** Sizes along each axis; concrete while a program is traced. */
export type Shape = readonly number[];
/** A layer's view of a shape: `null` is an axis not fixed yet (the batch, or time). */
export type PartialShape = readonly (number | null)[];
/** `f32` computes (float64 in the reference mode of the js backend), `i32` indexes. */
export type DType = "f32" | "i32";

/** Number of elements: `sizeOf([2, 3])` → 6; a scalar `[]` has one. */
export function sizeOf(shape: Shape): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Row-major strides: `stridesOf([2, 3, 4])` → `[12, 4, 1]`. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

export function sameShape(a: PartialShape, b: PartialShape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** The shape both operands broadcast to by NumPy's rule: `[3, 1]` and `[4]` → `[3, 4]`. */
export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const da = a[i - rank + a.length] ?? 1;
    const db = b[i - rank + b.length] ?? 1;
    if (da !== db && da !== 1 && db !== 1) {
      throw new ShapeError(
        `shapes ${showShape(a)} and ${showShape(b)} do not broadcast: axis ${i - rank} is ${da} in one and ${db} in the other.\n` +
          "  Sizes must be equal, or one of them 1.",
      );
    }
    out[i] = da === 1 ? db : da;
  }
  return out;
}

/** A negative axis counts from the end: `axisOf(-1, 3)` → 2. */
export function axisOf(axis: number, rank: number): number {
  const a = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(a) || a < 0 || a >= rank) {
    throw new ShapeError(`axis ${axis} does not exist in a tensor of rank ${rank}.\n  Use ${-rank} to ${rank - 1}.`);
  }
  return a;
}
