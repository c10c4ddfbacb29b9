import { add, div, maximum, mul, sqrt, sub } from "../../ops/elementwise.ts";
import { adamOp, adamRate } from "../../ops/optimizers.ts";
import { below1, flag, from0 } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer } from "./optimizer.ts";

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the mean of gradients. Default 0.9. */
  beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  beta2?: number;
  /** Added to the root of the second moment before its bias is corrected, against division by zero. Default 1e-7. */
  epsilon?: number;
  /** Divides by the largest second moment so far (Reddi et al. 2018). Default false. */
  amsgrad?: boolean;
}

/**
 * Adam (Kingma & Ba 2015); learning rate 0.001.
 *
 *   model.compile({ optimizer: adam({ learningRate: 0.01, clipnorm: 1 }), loss: "mse" });
 */
export const adam = (options: AdamOptions = {}): Optimizer => make("Adam", "adam", options);

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019), 0.004 by default.
 *
 *   model.compile({ optimizer: adamw({ weightDecay: 0.01, excludeFromWeightDecay: ["bias"] }), loss: "mse" });
 */
export const adamw = (options: AdamOptions = {}): Optimizer =>
  make("AdamW", "adamw", options.weightDecay === undefined ? { ...options, weightDecay: 0.004 } : options);

function make(className: string, who: string, options: AdamOptions): Optimizer {
  const read = readOptimizer(who, options, 0.001, {
    beta1: below1(0.9),
    beta2: below1(0.999),
    epsilon: from0(1e-7),
    amsgrad: flag(false),
  });
  const { beta1, beta2, epsilon, amsgrad } = read;
  const config = () => ({ beta_1: beta1, beta_2: beta2, epsilon, amsgrad });
  if (!amsgrad) {
    const attrs = { beta1, beta2, epsilon };
    return optimizer(className, read, {
      slots: ["momentum", "velocity"],
      update: ({ gradient, squares, learningRate, iteration, weights, slots }) =>
        adamOp.reference!([gradient, learningRate, iteration, squares, weights, ...slots], attrs) as never,
      fused: ({ gradient, squares, summed, learningRate, iteration }) => ({
        op: adamOp,
        inputs: [gradient, learningRate, iteration, summed ? null : squares],
        attrs,
      }),
      config,
    });
  }
  return optimizer(className, read, {
    slots: ["momentum", "velocity", "velocity_hat"],
    groups: [["momentum", "velocity"], ["velocity_hat"]],
    update: ({ gradient: g, squares, learningRate, iteration, weights: w, slots: [m, v, largest] }) => {
      const m2 = add(m, mul(sub(g, m), 1 - beta1));
      const v2 = add(v, mul(sub(squares, v), 1 - beta2));
      const largest2 = maximum(largest, v2);
      const rate = adamRate(learningRate, iteration, beta1, beta2);
      return [sub(w, div(mul(m2, rate), add(sqrt(largest2), epsilon))), m2, v2, largest2];
    },
    config,
  });
}
