import type { SliceKey } from "./slice-key.ts";

/**
 * Operations on the tensors of a functional model, as Keras's: `x.mul(2)`, `x.slice(":", -1)`, `ids.notEqual(0)`. Each is
 * recorded, saved and loaded like a layer, and ends a mask. T is such a tensor; an operand is one, a number, or an array of
 * at most 4,096 numbers (NdArray). What has no method, or a number on its left, is in `operations`.
 */
export interface SymbolicOperations<T, Operand> {
  /** x + other: shapes equal, or spreading as in NumPy. */
  add(other: Operand | number): T;
  /** x − other. For a number on the left, `2 − x`: operations.subtract(2, x). */
  sub(other: Operand | number): T;
  /** This times another, entry by entry. */
  mul(other: Operand | number): T;
  /** This over another, entry by entry. */
  div(other: Operand | number): T;
  /** This to the power of another, entry by entry. */
  pow(other: Operand | number): T;
  /** The larger of both, entry by entry. */
  maximum(other: Operand | number): T;
  /** The smaller of both, entry by entry. */
  minimum(other: Operand | number): T;
  /** 1 where the numbers are equal, else 0; so with the other comparisons. A mask: `lstm(8)(x, { mask: ids.notEqual(0) })`. */
  equal(other: Operand | number): T;
  /** 1 where both differ, else 0. */
  notEqual(other: Operand | number): T;
  /** 1 where this is above the other, else 0. */
  greater(other: Operand | number): T;
  /** 1 where this is at least the other, else 0. */
  greaterEqual(other: Operand | number): T;
  /** 1 where this is below the other, else 0. */
  less(other: Operand | number): T;
  /** 1 where this is at most the other, else 0. */
  lessEqual(other: Operand | number): T;
  /** 1 where neither is 0, else 0. */
  logicalAnd(other: Operand): T;
  /** 1 where one or both are not 0, else 0. */
  logicalOr(other: Operand): T;
  /** 1 where this is 0, else 0. */
  logicalNot(): T;
  /** −x. */
  neg(): T;
  /** |x|. */
  abs(): T;
  /** x². */
  square(): T;
  /** √x. */
  sqrt(): T;
  /** eˣ. */
  exp(): T;
  /** The natural logarithm. */
  log(): T;
  /** The hyperbolic tangent. */
  tanh(): T;
  /** 1 / (1 + e⁻ˣ). */
  sigmoid(): T;
  /** max(0, x). */
  relu(): T;
  /** Probabilities along an axis, the last by default. */
  softmax(axis?: number): T;
  /** No entry below `low` or above `high`. */
  clip(low: number, high: number): T;
  /** x where it is not 0 chosen from `yes`, else from `no`. */
  where(yes: Operand | number, no: Operand | number): T;
  /** The same numbers as another type; to int32 fractions are cut off, to bool all but 0 is 1. */
  cast(dtype: "float32" | "int32" | "bool"): T;
  /** Over an axis or several, all of a batch without; `keepdims` leaves them with size 1. */
  mean(axis?: number | readonly number[] | null, options?: { keepdims?: boolean }): T;
  /** Sums along axes; of all entries by default. */
  sum(axis?: number | readonly number[] | null, options?: { keepdims?: boolean }): T;
  /** Largest entries along axes; of all by default. */
  max(axis?: number | readonly number[] | null, options?: { keepdims?: boolean }): T;
  /** Smallest entries along axes; of all by default. */
  min(axis?: number | readonly number[] | null, options?: { keepdims?: boolean }): T;
  /** An axis of size 1 at this place: [B, D].expandDims(1) → [B, 1, D]. */
  expandDims(axis: number): T;
  /** Without axes of size 1: those given, or all. */
  squeeze(axis?: number | readonly number[] | null): T;
  /** The axes in another order, the batch (0) among them: x.transpose([0, 2, 1]). */
  transpose(axes?: readonly number[] | null): T;
  /** Under another shape, the batch in it as −1: x.reshape([-1, 12]). */
  reshape(shape: readonly number[]): T;
  /**
   * Python's x[:, -1, 1:3] is x.slice(":", -1, [1, 3]): an index for each axis, which takes the axis away, a range
   * [start, stop, step] or "1:3", ":" for all, "..." for the axes between, "newaxis".
   */
  slice(...keys: readonly SliceKey[]): T;
  /** With others, side by side along an axis. */
  concat(others: Operand | readonly Operand[], axis?: number): T;
  /** With others, along a new axis. */
  stack(others: Operand | readonly Operand[], axis?: number): T;
  /** The product of the last two axes: [B, T, D] and [B, D, S] → [B, T, S]. */
  matmul(other: Operand): T;
}
