import { add, div, mul, sqrt, sub } from "../../ops/elementwise.ts";
import { from0 } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer } from "./optimizer.ts";

export interface AdagradOptions extends OptimizerOptions {
  /** Initial value of the sum of squared gradients. Default 0.1. */
  initialAccumulatorValue?: number;
  /** Added to the denominator, against division by zero. Default 1e-7. */
  epsilon?: number;
}

/**
 * Adagrad (Duchi et al. 2011); learning rate 0.001.
 *
 *   model.compile({ optimizer: adagrad({ learningRate: 0.1 }), loss: "mse" });
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const read = readOptimizer("adagrad", options, 0.001, { initialAccumulatorValue: from0(0.1), epsilon: from0(1e-7) });
  const { initialAccumulatorValue, epsilon } = read;
  return optimizer("Adagrad", read, {
    slots: ["accumulator"],
    initial: { accumulator: initialAccumulatorValue },
    update: ({ gradient: g, squares, learningRate, weights: w, slots: [a] }) => {
      const a2 = add(a, squares);
      return [sub(w, div(mul(g, learningRate), sqrt(add(a2, epsilon)))), a2];
    },
    config: () => ({ initial_accumulator_value: initialAccumulatorValue, epsilon }),
  });
}
