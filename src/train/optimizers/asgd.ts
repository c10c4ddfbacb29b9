import { add, div, greater, maximum, mul, sub, where } from "../../ops/elementwise.ts";
import { orNull, wholeFrom } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer } from "./optimizer.ts";

export interface AsgdOptions extends OptimizerOptions {
  /**
   * Averaging begins at the end of an epoch whose `val_loss` is worse than the best of all but this number of last epochs;
   * null: with the first step. Default 5.
   */
  nonMonotone?: number | null;
}

/**
 * Averaged stochastic gradient descent (Polyak & Juditsky 1992) with a non-monotone trigger (NT-ASGD, Merity et al. 2018);
 * learning rate 0.01, where language models want about 30 with `clipnorm: 0.25`. Evaluation sees the averaged weights, and
 * training ends with them. Keras has no such optimizer: files say `SGD` to it.
 *
 *   model.compile({ optimizer: asgd({ learningRate: 30, globalClipnorm: 0.25 }), loss: "sparseCategoricalCrossentropy" });
 */
export function asgd(options: AsgdOptions = {}): Optimizer {
  const ahead = wholeFrom(0)(5);
  const read = readOptimizer("asgd", options, 0.01, {
    nonMonotone: { ...orNull(ahead), otherwise: 5 as number | null },
  });
  const { nonMonotone } = read;
  return optimizer("ASGD", read, {
    ours: true,
    slots: ["averaged_weights", "averaged_steps"],
    initial: { averaged_steps: nonMonotone === null ? 1 : 0 },
    update: ({ gradient, learningRate, weights, slots: [mean, count] }) => {
      const w = sub(weights, mul(gradient, learningRate));
      // count is 0 until averaging begins; then mean ← mean + (w − mean) / count.
      const averaged = add(mean, div(sub(w, mean), maximum(count, 1)));
      const on = greater(count, 0);
      return [w, where(on, averaged, w), add(count, on)];
    },
    average: "averaged_weights",
    ...(nonMonotone === null
      ? {}
      : {
          trigger: {
            monitor: "val_loss",
            slot: "averaged_steps",
            value: 1,
            fires: (values) => isNonMonotone(values, nonMonotone),
          },
        }),
    config: () => ({ non_monotone: nonMonotone }),
  });
}

/** Whether the last value is above the best of those that came more than `interval` before it. */
export function isNonMonotone(values: readonly number[], interval: number): boolean {
  const early = values.slice(0, Math.max(0, values.length - 1 - interval));
  return early.length > 0 && values[values.length - 1] > Math.min(...early);
}
