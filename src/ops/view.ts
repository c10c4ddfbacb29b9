import { axisOf, broadcastShapes, type Shape, sameShape, sizeOf } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { apply1, wrongShapes } from "./op.ts";

/** The same numbers under another shape; costs nothing. */
export const reshapeOp: Op = {
  name: "reshape",
  alias: true,
  shapes: ([x], { shape }) => {
    if (sizeOf(shape as Shape) !== sizeOf(x!.shape))
      throw wrongShapes("reshape", `${sizeOf(shape as Shape)} numbers`, [x]);
    return [{ shape: shape as Shape, dtype: x!.dtype }];
  },
};

/** x repeated along axes of size 1 (and new leading axes) to `shape`. */
export const broadcastOp: Op = {
  name: "broadcast",
  shapes: ([x], { shape }) => {
    if (!sameShape(broadcastShapes(x!.shape, shape as Shape), shape as Shape)) {
      throw wrongShapes("broadcast", `a shape that spreads to [${shape}]`, [x]);
    }
    return [{ shape: shape as Shape, dtype: x!.dtype }];
  },
};

/** Axes in another order: y's axis i is x's axis `perm[i]`. */
export const transposeOp: Op = {
  name: "transpose",
  shapes: ([x], { perm }) => {
    const p = perm as readonly number[];
    if ([...p].sort((a, b) => a - b).some((a, i) => a !== i) || p.length !== x!.shape.length) {
      throw wrongShapes(`transpose [${p}]`, `rank ${p.length} and every axis once`, [x]);
    }
    return [{ shape: p.map((a) => x!.shape[a]), dtype: x!.dtype }];
  },
};

/** A box of x: from `begin`, `size` entries along each axis. Its gradient is `pad`, and the other way round. */
export const sliceOp: Op = {
  name: "slice",
  shapes: ([x], { begin, size }) => {
    const b = begin as readonly number[];
    const s = size as readonly number[];
    const fits =
      b.length === x!.shape.length && b.every((from, i) => from >= 0 && s[i] >= 0 && from + s[i] <= x!.shape[i]);
    if (!fits) throw wrongShapes(`slice from [${b}] of size [${s}]`, "a box inside the tensor", [x]);
    return [{ shape: s, dtype: x!.dtype }];
  },
};

/** x placed at `begin` into zeros of `shape`. */
export const padOp: Op = {
  name: "pad",
  shapes: ([x], { shape }) => [{ shape: shape as Shape, dtype: x!.dtype }],
};

/** Tensors side by side along one axis. */
export const concatOp: Op = {
  name: "concat",
  shapes: (inputs, { axis }) => {
    const first = inputs[0]!;
    const fits = inputs.every(
      (t) => t!.shape.length === first.shape.length && t!.shape.every((d, i) => i === axis || d === first.shape[i]),
    );
    if (!fits) throw wrongShapes(`concat along axis ${axis}`, "equal sizes on all other axes", inputs);
    const along = inputs.reduce((n, t) => n + t!.shape[axis as number], 0);
    return [{ shape: first.shape.map((d, i) => (i === axis ? along : d)), dtype: first.dtype }];
  },
};

/** One axis back to front. */
export const reverseOp: Op = { name: "reverse", shapes: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }] };

/** The same numbers in memory of their own. */
export const copyOp: Op = { name: "copy", shapes: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }] };

/** The entries along one axis in reverse order. */
export const reverse = (x: Tensor, axis: number): Tensor =>
  apply1(reverseOp, [x], { axis: axisOf(axis, x.shape.length) });
export const copy = (x: Tensor): Tensor => apply1(copyOp, [x]);
/** The same numbers, to which no gradient flows back: what a call finds that an earlier one left. */
export const withoutGradient = (x: Tensor): Tensor => apply1(heldOp, [x], { shape: x.shape });
const heldOp: Op = { ...reshapeOp, gradient: () => [] };

/** The tensor again, at no cost: another mask may travel with it. */
export const sameNumbers = (x: Tensor): Tensor => apply1(reshapeOp, [x], { shape: x.shape });
/** The same numbers, row-major, under another shape of the same size. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply1(reshapeOp, [x], { shape });
/** Repeats x along axes of size 1, and new axes in front, to fill a shape. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply1(broadcastOp, [x], { shape });
/** Axes in another order: axis k of the result is axis `perm[k]` of x. */
export const transpose = (x: Tensor, perm: readonly number[]): Tensor => apply1(transposeOp, [x], { perm });
/** A block of x: `size` entries from `begin` on each axis. */
export const slice = (x: Tensor, begin: readonly number[], size: Shape): Tensor =>
  apply1(sliceOp, [x], { begin, size });
/** x placed at `begin` into zeros of a larger shape. */
export const pad = (x: Tensor, begin: readonly number[], shape: Shape): Tensor => apply1(padOp, [x], { begin, shape });
/** Tensors side by side along one axis, the last one by default. */
export const concat = (parts: readonly Tensor[], axis = -1): Tensor =>
  parts.length === 1 ? parts[0] : apply1(concatOp, parts, { axis: axisOf(axis, parts[0].shape.length) });

/** Entries `from` to `from + count` along one axis. */
export function sliceAxis(x: Tensor, axis: number, from: number, count: number): Tensor {
  const a = axisOf(axis, x.shape.length);
  return slice(
    x,
    x.shape.map((_, i) => (i === a ? from : 0)),
    x.shape.map((d, i) => (i === a ? count : d)),
  );
}

/** x cut into `parts` equal pieces along the last axis: a packed gate tensor [B, 4H] → four [B, H]. */
export function split(x: Tensor, parts: number): Tensor[] {
  const width = x.shape[x.shape.length - 1] / parts;
  return Array.from({ length: parts }, (_, i) => sliceAxis(x, -1, i * width, width));
}
