import type { Tensor } from "../tensor/tensor.ts";
import { abs, add, constant, greater, greaterEqual, sub } from "./elementwise.ts";
import { concat, reshape, sliceAxis } from "./view.ts";

/** 0, 1, 2, ... as f32 [n], in the trace of `beside`; by doubling, so that a long row costs few operations. */
export function positions(n: number, beside: Tensor): Tensor {
  let row = constant(0, beside, [1]);
  while (row.shape[0] < n) row = concat([row, add(row, row.shape[0])], 0);
  return sliceAxis(row, 0, 0, n);
}

/** 1 where column ≤ row, [rows, columns]: what a step may see that must not see later ones. */
export function causalMask(rows: number, columns: number, beside: Tensor): Tensor {
  const at = positions(Math.max(rows, columns), beside);
  return greaterEqual(
    reshape(sliceAxis(at, 0, 0, rows), [rows, 1]),
    reshape(sliceAxis(at, 0, 0, columns), [1, columns]),
  );
}

/** 1 where row and column are less than `window` apart, [rows, columns]. */
export function nearMask(rows: number, columns: number, window: number, beside: Tensor): Tensor {
  const at = positions(Math.max(rows, columns), beside);
  const row = reshape(sliceAxis(at, 0, 0, rows), [rows, 1]);
  return greater(window, abs(sub(row, reshape(sliceAxis(at, 0, 0, columns), [1, columns]))));
}
