import { problem, ShapeError, showShape } from "../errors.ts";
import { type Op, type OpAttributes, type Tensor, traceOf } from "../tensor/tensor.ts";

/** Records `op` in the trace of its inputs and returns all outputs. */
export function apply(op: Op, inputs: readonly (Tensor | null)[], attrs: OpAttributes = {}): Tensor[] {
  return traceOf(inputs).apply(op, inputs, attrs);
}

/** Records an op of one output. */
export function apply1(op: Op, inputs: readonly (Tensor | null)[], attrs: OpAttributes = {}): Tensor {
  return apply(op, inputs, attrs)[0];
}

/** The ShapeError of an op: names it, the expected shapes, and those received. */
export function wrongShapes(op: string, expected: string, inputs: readonly (Tensor | null)[]): ShapeError {
  return new ShapeError(problem(op, expected, inputs.map((t) => (t ? showShape(t.shape) : "nothing")).join(" and ")));
}

export const like = (t: Tensor) => ({ shape: t.shape, dtype: t.dtype });
