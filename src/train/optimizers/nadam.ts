import { add, div, mul, pow, sqrt, sub } from "../../ops/elementwise.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { below1, from0 } from "../options.ts";
import type { AdamOptions } from "./adam.ts";
import { type Optimizer, optimizer, readOptimizer } from "./optimizer.ts";

export type NadamOptions = Omit<AdamOptions, "amsgrad">;

/**
 * Adam with Nesterov's momentum (Dozat 2016); learning rate 0.001.
 *
 *   model.compile({ optimizer: nadam({ learningRate: 0.002 }), loss: "mse" });
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const read = readOptimizer("nadam", options, 0.001, {
    beta1: below1(0.9),
    beta2: below1(0.999),
    epsilon: from0(1e-7),
  });
  const { epsilon } = read;
  const [beta1, beta2] = [read.beta1, read.beta2].map(Math.fround); // Keras subtracts them from 1 in float32
  // The momentum's schedule: u(t) = β₁ (1 − 0.96ᵗ / 2).
  const u = (t: Tensor) => mul(sub(1, mul(pow(0.96, t), 0.5)), beta1);
  return optimizer("Nadam", read, {
    slots: ["momentum", "velocity", "u_product"],
    initial: { u_product: 1 },
    groups: [["momentum", "velocity"], ["u_product"]],
    // The product of all u so far is one number; a slot holds it once per weight, so that the update is elementwise.
    fileShape: (slot, shape) => (slot === "u_product" ? null : shape),
    update: ({ gradient: g, squares, learningRate, iteration: t, weights: w, slots: [m, v, product] }) => {
      const now = u(t);
      const next = u(add(t, 1));
      const product2 = mul(product, now);
      const m2 = add(m, mul(sub(g, m), 1 - beta1));
      const v2 = add(v, mul(sub(squares, v), 1 - beta2));
      const ahead = div(mul(m2, next), sub(1, mul(product2, next)));
      const mHat = add(ahead, div(mul(g, sub(1, now)), sub(1, product2)));
      const vHat = div(v2, sub(1, pow(beta2, t)));
      return [sub(w, div(mul(mHat, learningRate), add(sqrt(vHat), epsilon))), m2, v2, product2];
    },
    config: () => ({ beta_1: read.beta1, beta_2: read.beta2, epsilon }),
  });
}
