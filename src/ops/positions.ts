import type { Op, Tensor } from "../tensor/tensor.ts";
import { abs, add, constant, greater, greaterEqual, sub } from "./elementwise.ts";
import { apply1 } from "./op.ts";
import { concat, reshape, sliceAxis } from "./view.ts";

/** 0, 1, 2, ... up to the length of x's only axis, f32 [n]; by doubling, so that a long row costs few operations. No gradient. */
export const positionsOp: Op = {
  name: "positions",
  shapes: ([x]) => [{ shape: x!.shape, dtype: "f32" }],
  reference: ([x]) => {
    const [n] = x!.shape;
    let row = constant(0, x!, [1]);
    while (row.shape[0] < n) row = concat([row, add(row, row.shape[0])], 0);
    return [sliceAxis(row, 0, 0, n)];
  },
  gradient: () => [null],
};

/** 0, 1, 2, ... as f32 [n], in the trace of `beside`. */
export const positions = (n: number, beside: Tensor): Tensor => apply1(positionsOp, [constant(0, beside, [n])]);

/** 1 where column ≤ row, [rows, columns]: what a step may see that must not see later ones. */
export const causalMask = (rows: number, columns: number, beside: Tensor): Tensor =>
  greaterEqual(...rowAndColumn(rows, columns, beside));

/** 1 where row and column are less than `window` apart, [rows, columns]. */
export const nearMask = (rows: number, columns: number, window: number, beside: Tensor): Tensor =>
  greater(window, abs(sub(...rowAndColumn(rows, columns, beside))));

/** The number of each row, [rows, 1], and of each column, [1, columns]. */
const rowAndColumn = (rows: number, columns: number, beside: Tensor): [Tensor, Tensor] => [
  reshape(positions(rows, beside), [rows, 1]),
  reshape(positions(columns, beside), [1, columns]),
];
