import { add, clip, div, mul, pow, sqrt, sub } from "../../ops/elementwise.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { from0, to0 } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer } from "./optimizer.ts";

export interface FtrlOptions extends OptimizerOptions {
  /** Power of the summed squares by which the learning rate falls, 0 or below; 0 keeps it. Default −0.5. */
  learningRatePower?: number;
  /** Initial value of the sum of squared gradients. Default 0.1. */
  initialAccumulatorValue?: number;
  /** 0 or more. Default 0. */
  l1RegularizationStrength?: number;
  /** 0 or more. Default 0. */
  l2RegularizationStrength?: number;
  /** 0 or more, on the gradient alone. Default 0. */
  l2ShrinkageRegularizationStrength?: number;
  /** Added to the root of the accumulator, 0 or more. Default 0. */
  beta?: number;
}

/**
 * Follow the regularized leader (McMahan et al. 2013); learning rate 0.001.
 *
 *   model.compile({ optimizer: ftrl({ learningRate: 0.05, l1RegularizationStrength: 0.01 }), loss: "mse" });
 */
export function ftrl(options: FtrlOptions = {}): Optimizer {
  const read = readOptimizer("ftrl", options, 0.001, {
    learningRatePower: to0(-0.5),
    initialAccumulatorValue: from0(0.1),
    l1RegularizationStrength: from0(0),
    l2RegularizationStrength: from0(0),
    l2ShrinkageRegularizationStrength: from0(0),
    beta: from0(0),
  });
  const { learningRatePower, initialAccumulatorValue: initial, beta } = read;
  const l1 = read.l1RegularizationStrength;
  const l2 = read.l2RegularizationStrength;
  const shrinkage = read.l2ShrinkageRegularizationStrength;
  // n to minus the power; the root is many times faster than a power
  const grown = (n: Tensor) => (learningRatePower === -0.5 ? sqrt(n) : pow(n, -learningRatePower));
  return optimizer("Ftrl", read, {
    slots: ["accumulator", "linear"],
    initial: { accumulator: initial },
    update: ({ gradient: g, squares, learningRate: lr, weights: w, slots: [n, z] }) => {
      const n2 = add(n, squares);
      const root = grown(n2);
      const sigma = div(sub(root, grown(n)), lr);
      const shrunk = shrinkage > 0 ? add(g, mul(w, 2 * shrinkage)) : g;
      const z2 = add(z, sub(shrunk, mul(sigma, w)));
      const quadratic = add(div(root, lr), add(div(beta, lr), 2 * l2));
      return [div(sub(clip(z2, -l1, l1), z2), quadratic), n2, z2];
    },
    config: () => ({
      learning_rate_power: learningRatePower,
      initial_accumulator_value: initial,
      l1_regularization_strength: l1,
      l2_regularization_strength: l2,
      l2_shrinkage_regularization_strength: shrinkage,
      beta,
    }),
  });
}
