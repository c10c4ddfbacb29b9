import type { Op, Tensor } from "../tensor/tensor.ts";
import { add, constant, mul } from "./elementwise.ts";
import { apply1, like } from "./op.ts";
import { concat, reshape, sliceAxis } from "./view.ts";

/** The sum up to each entry along an axis, itself included; by sums over 1, 2, 4, ... entries. */
export const cumsumOp: Op = {
  name: "cumsum",
  shapes: ([x]) => [like(x!)],
  reference: ([x], { axis }) => {
    const a = axis as number;
    const n = x!.shape[a];
    let y = x!;
    for (let by = 1; by < n; by *= 2) {
      const none = constant(0, y, y.shape.with(a, by), y.dtype);
      y = add(y, concat([none, sliceAxis(y, a, 0, n - by)], a));
    }
    return [y];
  },
};

/** The product of the entries along an axis, which is then gone; by halves. */
export const prodOp: Op = {
  name: "prod",
  shapes: ([x], { axis }) => [{ shape: x!.shape.toSpliced(axis as number, 1), dtype: x!.dtype }],
  reference: ([x], { axis }) => {
    const a = axis as number;
    let y = x!;
    while (y.shape[a] > 1) {
      const n = y.shape[a];
      const half = n >> 1;
      const both = mul(sliceAxis(y, a, 0, half), sliceAxis(y, a, half, half));
      y = n % 2 === 0 ? both : concat([both, sliceAxis(y, a, n - 1, 1)], a);
    }
    return [reshape(y, y.shape.toSpliced(a, 1))];
  },
};

export const cumsum = (x: Tensor, axis: number): Tensor => apply1(cumsumOp, [x], { axis });
export const prod = (x: Tensor, axis: number): Tensor => apply1(prodOp, [x], { axis });
