import { constant, mul, where } from "../ops/elementwise.ts";
import { reshape } from "../ops/view.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A weight per sample [B] (or per step [B, T]) against values [B, ...]. */
export function spread(weight: Tensor, shape: Shape): Tensor {
  if (weight.shape.length >= shape.length) return reshape(weight, shape);
  return reshape(weight, [...weight.shape, ...shape.slice(weight.shape.length).map(() => 1)]);
}

/** The values where a mask is 1, zeros elsewhere, whatever stands there: a masked step may hold 1e20, or no number. */
export const counted = (values: Tensor, mask: Tensor): Tensor => where(mask, values, constant(0, values));

/** The values times their weights. What weighs nothing is 0, whatever stands there. */
export const weighed = (values: Tensor, weight: Tensor): Tensor => counted(mul(values, weight), weight);
