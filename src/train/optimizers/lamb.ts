import { add, constant, div, greater, mul, pow, sqrt, square, sub, where } from "../../ops/elementwise.ts";
import { sum } from "../../ops/reduce.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { below1, from0 } from "../options.ts";
import type { AdamOptions } from "./adam.ts";
import { type Optimizer, optimizer, readOptimizer } from "./optimizer.ts";
import { perSegment } from "./update.ts";

export type LambOptions = Omit<AdamOptions, "amsgrad">;

/**
 * Adam whose step for each parameter is as long as the parameter itself, for large batches (You et al. 2020); learning
 * rate 0.001.
 *
 *   model.compile({ optimizer: lamb({ learningRate: 0.002 }), loss: "mse" });
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const read = readOptimizer("lamb", options, 0.001, {
    beta1: below1(0.9),
    beta2: below1(0.999),
    epsilon: from0(1e-7),
  });
  const { beta1, beta2, epsilon } = read;
  const corrected = (x: Tensor, beta: number, t: Tensor) => div(x, sub(1, pow(beta, t)));
  return optimizer("Lamb", read, {
    slots: ["momentum", "velocity"],
    update: ({ gradient: g, squares, learningRate, iteration: t, weights: w, slots: [m, v], segments }) => {
      const m2 = add(m, mul(sub(g, m), 1 - beta1));
      const v2 = add(v, mul(sub(squares, v), 1 - beta2));
      const step = div(corrected(m2, beta1, t), add(sqrt(corrected(v2, beta2, t)), epsilon));
      const [scaled] = perSegment([w, step], segments, w, ([part, own]) => [mul(own, trust(part, own))]);
      return [sub(w, mul(scaled, learningRate)), m2, v2];
    },
    config: () => ({ beta_1: beta1, beta_2: beta2, epsilon }),
  });
}

/** |w| / |step|, and 1 where either is 0. */
function trust(w: Tensor, step: Tensor): Tensor {
  const one = constant(1, w);
  const length = sqrt(sum(square(w)));
  const stepLength = sqrt(sum(square(step)));
  const ratio = div(length, where(greater(stepLength, 0), stepLength, one));
  return where(greater(mul(length, stepLength), 0), ratio, one);
}
