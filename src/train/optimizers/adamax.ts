import { add, div, maximum, mul, pow, sub } from "../../ops/elementwise.ts";
import { below1, from0 } from "../options.ts";
import type { AdamOptions } from "./adam.ts";
import { type Optimizer, optimizer, readOptimizer } from "./optimizer.ts";

export type AdamaxOptions = Omit<AdamOptions, "amsgrad">;

/**
 * Adam with the largest gradient in place of the second moment (Kingma & Ba 2015, section 7); learning rate 0.001.
 *
 *   model.compile({ optimizer: adamax({ learningRate: 0.002 }), loss: "mse" });
 */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  const read = readOptimizer("adamax", options, 0.001, {
    beta1: below1(0.9),
    beta2: below1(0.999),
    epsilon: from0(1e-7),
  });
  const { beta1, beta2, epsilon } = read;
  return optimizer("Adamax", read, {
    slots: ["momentum", "norm"],
    update: ({ gradient: g, sizes, learningRate, iteration: t, weights: w, slots: [m, u] }) => {
      const m2 = add(m, mul(sub(g, m), 1 - beta1));
      const u2 = maximum(mul(u, beta2), sizes);
      const rate = div(learningRate, sub(1, pow(beta1, t)));
      return [sub(w, div(mul(m2, rate), add(u2, epsilon))), m2, u2];
    },
    config: () => ({ beta_1: beta1, beta_2: beta2, epsilon }),
  });
}
