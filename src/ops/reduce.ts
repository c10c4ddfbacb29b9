import { axisOf, type Shape, sameShape, sizeOf } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { mul } from "./elementwise.ts";
import { apply1, wrongShapes } from "./op.ts";
import { reshape } from "./view.ts";

export type ReduceFn = "sum" | "max" | "min";

/** Sum, max or min over axes: x [...] → y without those axes, or with size 1 there (`keepDims`). */
export const reduceOp: Op = {
  name: "reduce",
  shapes: ([x], { axes, keepDims }) => {
    const gone = new Set(axes as number[]);
    const shape = keepDims ? x!.shape.map((d, i) => (gone.has(i) ? 1 : d)) : x!.shape.filter((_, i) => !gone.has(i));
    return [{ shape, dtype: x!.dtype }];
  },
};

/** Index of the largest entry along the last axis, i32; the first one on a tie. No gradient. */
export const argmaxOp: Op = {
  name: "argmax",
  shapes: ([x]) => {
    if (x!.shape.length === 0) throw wrongShapes("argmax", "rank 1 or more", [x]);
    return [{ shape: x!.shape.slice(0, -1), dtype: "i32" }];
  },
};

export function reduce(fn: ReduceFn, x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  const all = (axes ?? x.shape.map((_, i) => i)).map((a) => axisOf(a, x.shape.length)).sort((a, b) => a - b);
  if (all.length === 0) return x;
  // Over axes of one entry there is nothing to reduce.
  if (all.every((a) => x.shape[a] === 1)) {
    return keepDims
      ? x
      : reshape(
          x,
          x.shape.filter((_, i) => !all.includes(i)),
        );
  }
  return apply1(reduceOp, [x], { fn, axes: all, keepDims });
}

/** Sum over the given axes, or over all of them; `keepDims` leaves them there with size 1. */
export const sum = (x: Tensor, axes?: readonly number[], keepDims = false): Tensor => reduce("sum", x, axes, keepDims);
/** Maximum over the given axes, or over all of them; `keepDims` leaves them there with size 1. */
export const max = (x: Tensor, axes?: readonly number[], keepDims = false): Tensor => reduce("max", x, axes, keepDims);
/** Index of the largest number along the last axis: [..., N] → i32 [...]. */
export const argmax = (x: Tensor): Tensor => apply1(argmaxOp, [x]);

/** Mean over axes (all without `axes`). */
export function mean(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  const total = sum(x, axes, keepDims);
  const fraction = sizeOf(total.shape) / Math.max(1, sizeOf(x.shape));
  return fraction === 1 ? total : mul(total, fraction);
}

/** Sums the axes along which `shape` was broadcast to t's shape: the gradient of broadcasting. */
export function sumTo(t: Tensor, shape: Shape): Tensor {
  if (sameShape(t.shape, shape)) return t;
  const lead = t.shape.length - shape.length;
  const axes = t.shape.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []));
  return reshape(sum(t, axes), shape);
}
