import { FormatError, problem } from "../../errors.ts";
import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * ONNX operators that pick by index, as comparisons and products: every step is compared with every other, T² of them for
 * each row. Indices are f32, exact below 2^24.
 */

/** 0, 1, 2, … as [1, 1, n]. */
const ramp = (n: number, beside: Tensor) => ops.reshape(ops.positions(n, beside), [1, 1, n]);

/** index [B, K] → 1 where column t is the index, [B, K, T]; indices below zero count from the end. */
function picks(index: Tensor, t: number): Tensor {
  const [b, k] = index.shape;
  const at = ops.reshape(ops.cast(index, "f32"), [b, k, 1]);
  const fromStart = ops.where(ops.greaterEqual(at, 0), at, ops.add(at, t));
  return ops.equal(ops.broadcastTo(fromStart, [b, k, t]), ops.broadcastTo(ramp(t, index), [b, k, t]));
}

/** The `k` smallest (or largest) of each row of x [B, T] in order, and where they are; equal ones in their order. */
export function topK(x: Tensor, k: number, largest: boolean): { values: Tensor; indices: Tensor } {
  const [b, t] = x.shape;
  const numbers = ops.cast(x, "f32");
  const signed = largest ? ops.neg(numbers) : numbers;
  const own = ops.broadcastTo(ops.reshape(signed, [b, t, 1]), [b, t, t]);
  const other = ops.broadcastTo(ops.reshape(signed, [b, 1, t]), [b, t, t]);
  const column = ops.broadcastTo(ramp(t, x), [b, t, t]);
  const row = ops.broadcastTo(ops.reshape(ops.positions(t, x), [1, t, 1]), [b, t, t]);
  const before = ops.add(ops.greater(own, other), ops.mul(ops.equal(own, other), ops.greater(row, column)));
  const rank = ops.sum(before, [2]); // [B, T]: how many come before each
  const chosen = ops.equal(
    ops.broadcastTo(ops.reshape(rank, [b, 1, t]), [b, k, t]),
    ops.broadcastTo(ops.reshape(ops.positions(k, x), [1, k, 1]), [b, k, t]),
  );
  const pick = (from: Tensor) => ops.sum(ops.where(chosen, from, ops.constant(0, x)), [2]);
  return { values: pick(ops.reshape(numbers, [b, 1, t])), indices: pick(ramp(t, x)) };
}

/** data [B, T] at index [B, K] of its own row → [B, K]. */
export function gatherElements(data: Tensor, index: Tensor): Tensor {
  const [b, t] = data.shape;
  const chosen = picks(index, t);
  const rows = ops.reshape(ops.cast(data, "f32"), [b, 1, t]);
  return ops.cast(ops.sum(ops.where(chosen, rows, ops.constant(0, data)), [2]), data.dtype); // an infinity times 0 is NaN
}

/** data [B, T, D] at index [B, K, 1] of its own row → [B, K, D]. */
export function gatherSteps(data: Tensor, index: Tensor, who: string): Tensor {
  if (data.shape.length !== 3 || index.shape.length !== 3 || index.shape[2] !== 1) {
    throw new FormatError(problem(who, "data [B, T, D] and indices [B, K, 1]", `[${data.shape}] and [${index.shape}]`));
  }
  return ops.matmul(picks(ops.reshape(index, index.shape.slice(0, 2)), data.shape[1]), data);
}

/** Sums up to each step of x [B, T]. */
export function runningSum(x: Tensor): Tensor {
  const [b, t] = x.shape;
  const seen = ops.greaterEqual(ops.reshape(ops.positions(t, x), [1, t, 1]), ramp(t, x)); // [1, T, T]
  return ops.sum(ops.where(seen, ops.reshape(ops.cast(x, "f32"), [b, 1, t]), ops.constant(0, x)), [2]);
}
