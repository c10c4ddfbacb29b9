import { add, div, mul, sqrt, square, sub } from "../../ops/elementwise.ts";
import { below1, flag, from0 } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer } from "./optimizer.ts";

export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the running mean of squared gradients. Default 0.9. */
  rho?: number;
  /** Fraction of the last update added to the next. Default 0. */
  momentum?: number;
  /** Added to the denominator, against division by zero. Default 1e-7. */
  epsilon?: number;
  /** Subtracts the square of the mean gradient (Graves 2013). Default false. */
  centered?: boolean;
}

/**
 * RMSprop (Hinton 2012); learning rate 0.001.
 *
 *   model.compile({ optimizer: rmsprop({ learningRate: 0.001 }), loss: "mse" });
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const read = readOptimizer("rmsprop", options, 0.001, {
    rho: below1(0.9),
    momentum: below1(0),
    epsilon: from0(1e-7),
    centered: flag(false),
  });
  const { rho, momentum, epsilon, centered } = read;
  const slots = ["velocity", ...(momentum > 0 ? ["momentum"] : []), ...(centered ? ["average_gradient"] : [])];
  return optimizer("RMSprop", read, {
    slots,
    groups: slots.map((name) => [name]),
    update: ({ gradient: g, squares, learningRate, weights: w, slots: [v, ...rest] }) => {
      const m = momentum > 0 ? rest[0] : null;
      const a = centered ? rest.at(-1)! : null;
      const v2 = add(mul(v, rho), mul(squares, 1 - rho));
      const a2 = a && add(mul(a, rho), mul(g, 1 - rho));
      const step = div(mul(g, learningRate), sqrt(add(a2 ? sub(v2, square(a2)) : v2, epsilon)));
      const m2 = m && add(mul(m, momentum), step);
      return [sub(w, m2 ?? step), v2, ...(m2 ? [m2] : []), ...(a2 ? [a2] : [])];
    },
    config: () => ({ rho, momentum, epsilon, centered }),
  });
}
