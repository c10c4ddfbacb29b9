import { sgdOp } from "../../ops/optimizers.ts";
import { below1, flag } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer } from "./optimizer.ts";

export interface SgdOptions extends OptimizerOptions {
  /** Fraction of the last update added to the next. Default 0. */
  momentum?: number;
  /** Nesterov's look-ahead (Sutskever et al. 2013). Default false. */
  nesterov?: boolean;
}

/**
 * Stochastic gradient descent; learning rate 0.01.
 *
 *   model.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), loss: "mse" });
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const read = readOptimizer("sgd", options, 0.01, { momentum: below1(0), nesterov: flag(false) });
  const { momentum, nesterov } = read;
  return optimizer("SGD", read, {
    slots: momentum > 0 ? ["momentum"] : [],
    update: ({ gradient, learningRate, weights, slots }) =>
      sgdOp.reference!([gradient, learningRate, weights, ...slots], { momentum, nesterov }) as never,
    fused: ({ gradient, learningRate }) => ({
      op: sgdOp,
      inputs: [gradient, learningRate],
      attrs: { momentum, nesterov },
    }),
    config: () => ({ momentum, nesterov }),
  });
}
