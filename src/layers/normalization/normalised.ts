import { add, div, sqrt, square, sub } from "../../ops/elementwise.ts";
import { mean } from "../../ops/reduce.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** x [..., N] brought to mean 0 and variance 1 over its last axis. */
export function normalised(x: Tensor, epsilon = 1e-5): Tensor {
  const centred = sub(x, mean(x, [-1], true));
  return div(centred, sqrt(add(mean(square(centred), [-1], true), epsilon)));
}
