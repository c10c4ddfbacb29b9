import { reshape } from "../ops/view.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A weight per sample [B] (or per step [B, T]) against values [B, ...]. */
export function spread(weight: Tensor, shape: Shape): Tensor {
  if (weight.shape.length >= shape.length) return reshape(weight, shape);
  return reshape(weight, [...weight.shape, ...shape.slice(weight.shape.length).map(() => 1)]);
}
