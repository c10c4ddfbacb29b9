import { add, mul, sub, unary } from "../../ops/elementwise.ts";
import { above0, below1 } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer } from "./optimizer.ts";

export interface LionOptions extends OptimizerOptions {
  /** Weight of the momentum in an update, against the gradient. Default 0.9. */
  beta1?: number;
  /** Decay of the momentum. Default 0.99. */
  beta2?: number;
}

/**
 * The sign of an interpolated momentum (Chen et al. 2023); learning rate 0.001.
 *
 *   model.compile({ optimizer: lion({ learningRate: 0.0003 }), loss: "mse" });
 */
export function lion(options: LionOptions = {}): Optimizer {
  const betaField = { ...above0(0.9), expected: "a number above 0, up to 1", fits: (v: unknown) => isShare(v) };
  const read = readOptimizer("lion", options, 0.001, { beta1: betaField, beta2: below1(0.99) });
  const [beta1, beta2] = [read.beta1, read.beta2].map(Math.fround); // Keras subtracts them from 1 in float32
  return optimizer("Lion", read, {
    slots: ["momentum"],
    update: ({ gradient: g, learningRate, weights: w, slots: [m] }) => {
      const direction = unary("sign", add(mul(m, beta1), mul(g, 1 - beta1)));
      return [sub(w, mul(direction, learningRate)), add(mul(m, beta2), mul(g, 1 - beta2))];
    },
    config: () => ({ beta_1: read.beta1, beta_2: read.beta2 }),
  });
}

const isShare = (v: unknown) => typeof v === "number" && v > 0 && v <= 1;
