import { sizeOf } from "../tensor/shape.ts";
import { type Op, type Tensor, traceOf } from "../tensor/tensor.ts";
import { wrongShapes } from "./op.ts";

/** Writes a value into a leaf; the planner lets the value be computed there directly where it can. */
export const assignOp: Op = { name: "assign", shapes: ([value]) => [{ shape: value!.shape, dtype: value!.dtype }] };

/** Adds a value to a leaf: sums that run over the steps of an epoch. */
export const accumulateOp: Op = {
  name: "accumulate",
  shapes: ([value]) => [{ shape: value!.shape, dtype: value!.dtype }],
};

export function assign(target: Tensor, value: Tensor): void {
  if (sizeOf(target.shape) !== sizeOf(value.shape))
    throw wrongShapes("assign", "target and value of one size", [target, value]);
  traceOf([value]).applyInto(assignOp, [value], [target]);
}

export function accumulate(target: Tensor, value: Tensor): void {
  if (sizeOf(target.shape) !== sizeOf(value.shape))
    throw wrongShapes("accumulate", "target and value of one size", [target, value]);
  traceOf([value]).applyInto(accumulateOp, [value], [target]);
}
