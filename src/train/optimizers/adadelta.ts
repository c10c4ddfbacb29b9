import { add, div, mul, sqrt, square, sub } from "../../ops/elementwise.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { below1, from0 } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer } from "./optimizer.ts";

export interface AdadeltaOptions extends OptimizerOptions {
  /** Decay of the running mean of squared gradients. Default 0.95. */
  rho?: number;
  /** Added to the denominator, against division by zero. Default 1e-7. */
  epsilon?: number;
}

/**
 * Adadelta (Zeiler 2012); learning rate 0.001 as in Keras, 1 as in the paper.
 *
 *   model.compile({ optimizer: adadelta({ learningRate: 1 }), loss: "mse" });
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const read = readOptimizer("adadelta", options, 0.001, { rho: below1(0.95), epsilon: from0(1e-7) });
  const { rho, epsilon } = read;
  const rms = (x: Tensor) => sqrt(add(x, epsilon));
  const decayed = (mean: Tensor, squares: Tensor) => add(mul(mean, rho), mul(squares, 1 - rho));
  return optimizer("Adadelta", read, {
    slots: ["accumulated_grad", "accumulated_delta_var"],
    update: ({ gradient: g, squares, learningRate, weights: w, slots: [grad, delta] }) => {
      const grad2 = decayed(grad, squares);
      const scale = div(rms(delta), rms(grad2));
      return [sub(w, mul(mul(g, scale), learningRate)), grad2, decayed(delta, mul(squares, square(scale)))];
    },
    config: () => ({ rho, epsilon }),
  });
}
