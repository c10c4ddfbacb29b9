import { add, equal, maximum, mul, square, sub } from "../../ops/elementwise.ts";
import { max, mean, reduce, sum } from "../../ops/reduce.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { simple } from "./loss.ts";

/**
 * Mean over the last axis of max(0, 1 − target · prediction); targets −1 and 1, or 0 and 1, which mean the same.
 *
 *   model.compile({ optimizer: "adam", loss: "hinge" });
 */
export const hinge = simple("hinge", "Hinge", (y, p) => mean(margin(y, p), [-1]));

/**
 * Mean over the last axis of max(0, 1 − target · prediction)²; targets as for `hinge`.
 *
 *   model.compile({ optimizer: "adam", loss: "squaredHinge" });
 */
export const squaredHinge = simple("squaredHinge", "SquaredHinge", (y, p) => mean(square(margin(y, p)), [-1]));

/**
 * max(0, 1 + the largest wrong class − the right one); targets one-hot rows.
 *
 *   model.compile({ optimizer: "adam", loss: "categoricalHinge" });
 */
export const categoricalHinge = simple("categoricalHinge", "CategoricalHinge", (y, p) => {
  const right = sum(mul(y, p), [-1]);
  const wrong = max(mul(sub(1, y), p), [-1]);
  return maximum(add(sub(wrong, right), 1), 0);
});

const margin = (y: Tensor, p: Tensor): Tensor => maximum(sub(1, mul(signed(y), p)), 0);

/** Targets that are all 0 or 1 become −1 or 1, as Keras decides it batch by batch. */
function signed(y: Tensor): Tensor {
  const binary = reduce("min", add(equal(y, 0), equal(y, 1)));
  return add(y, mul(binary, sub(y, 1)));
}
