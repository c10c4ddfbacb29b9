import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Operations on i32 that those of floating point do not cover: exact, by additions, products and comparisons. */

/** 1 where the comparison holds, i32. */
const flag = (comparison: Tensor): Tensor => ops.cast(comparison, "i32");
const below = (a: Tensor | number, b: Tensor | number): Tensor => flag(ops.greater(b, a));

export const negative = (x: Tensor): Tensor => ops.sub(0, x);
export const absolute = (x: Tensor): Tensor => ops.maximum(x, negative(x));
export const sign = (x: Tensor): Tensor => ops.sub(below(0, x), below(x, 0));

/** a / b cut toward zero. The quotient of f32 is near; the rest says how far. */
export function quotient(a: Tensor, b: Tensor): Tensor {
  const [p, q] = [absolute(a), absolute(b)];
  const near = (x: Tensor) => ops.cast(ops.div(ops.cast(x, "f32"), ops.cast(q, "f32")), "i32");
  let n = near(p);
  n = ops.add(n, near(ops.sub(p, ops.mul(n, q))));
  const rest = ops.sub(p, ops.mul(n, q));
  n = ops.add(n, ops.sub(flag(ops.greaterEqual(rest, q)), below(rest, 0)));
  return ops.mul(n, ops.mul(sign(a), sign(b)));
}

/** The remainder of a / b: with the sign of a (fmod), or of b. */
export function remainder(a: Tensor, b: Tensor, signOf: "a" | "b"): Tensor {
  const rest = ops.sub(a, ops.mul(quotient(a, b), b));
  if (signOf === "a") return rest;
  return ops.add(rest, ops.mul(b, below(ops.mul(sign(rest), sign(b)), 0)));
}
