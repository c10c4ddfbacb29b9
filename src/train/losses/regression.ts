import { abs, add, div, greater, log, maximum, mul, sqrt, square, sub, unary, where } from "../../ops/elementwise.ts";
import { mean, sum } from "../../ops/reduce.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { above0, axis as axisField } from "../options.ts";
import { epsilon, type Loss, type ReductionOptions, sameAsPrediction, simple, withOptions } from "./loss.ts";

/**
 * Mean over the last axis of (prediction − target)².
 *
 *   model.compile({ optimizer: "adam", loss: "meanSquaredError" });
 */
export const meanSquaredError = simple("meanSquaredError", "MeanSquaredError", (y, p) => mean(square(sub(p, y)), [-1]));

/**
 * Mean over the last axis of |prediction − target|.
 *
 *   model.compile({ optimizer: "adam", loss: "meanAbsoluteError" });
 */
export const meanAbsoluteError = simple("meanAbsoluteError", "MeanAbsoluteError", (y, p) => mean(abs(sub(p, y)), [-1]));

/**
 * Mean over the last axis of |prediction − target| / |target|, in percent; targets of 0 count as 1e-7.
 *
 *   model.compile({ optimizer: "adam", loss: "meanAbsolutePercentageError" });
 */
export const meanAbsolutePercentageError = simple(
  "meanAbsolutePercentageError",
  "MeanAbsolutePercentageError",
  (y, p) => mul(mean(div(abs(sub(y, p)), maximum(abs(y), epsilon)), [-1]), 100),
);

/**
 * Mean over the last axis of (log(1 + target) − log(1 + prediction))²; numbers below 0 count as 0.
 *
 *   model.compile({ optimizer: "adam", loss: "meanSquaredLogarithmicError" });
 */
export const meanSquaredLogarithmicError = simple(
  "meanSquaredLogarithmicError",
  "MeanSquaredLogarithmicError",
  (y, p) => mean(square(sub(logOf(y), logOf(p))), [-1]),
);

const logOf = (x: Tensor): Tensor => log(add(maximum(x, epsilon), 1));

/**
 * Mean over the last axis of log cosh(prediction − target): like a square near 0, like a size far away.
 *
 *   model.compile({ optimizer: "adam", loss: "logCosh" });
 */
export const logCosh = simple("logCosh", "LogCosh", (y, p) => {
  const e = sub(p, y);
  return mean(sub(add(e, unary("softplus", mul(e, -2))), Math.LN2), [-1]); // log cosh e, without e^e
});

/**
 * A square up to `delta` and a straight line beyond it (Huber 1964); the mean over the last axis.
 *
 *   model.compile({ optimizer: "adam", loss: losses.huber({ delta: 2 }) });
 */
export function huber(options: ReductionOptions & { delta?: number } = {}): Loss {
  return withOptions("huber", "Huber", options, { delta: above0(1) }, ({ delta }) => ({
    name: "huber",
    targets: sameAsPrediction,
    formula: (y, p) => {
      const size = abs(sub(y, p));
      const line = sub(mul(size, delta), 0.5 * delta * delta);
      return mean(where(greater(size, delta), line, mul(square(size), 0.5)), [-1]);
    },
  }));
}

/**
 * Minus the cosine of the angle between target and prediction along the axis: −1 where they point the same way.
 *
 *   model.compile({ optimizer: "adam", loss: losses.cosineSimilarity({ axis: 1 }) });
 */
export function cosineSimilarity(options: ReductionOptions & { axis?: number } = {}): Loss {
  return withOptions("cosineSimilarity", "CosineSimilarity", options, { axis: axisField }, ({ axis }) => ({
    name: "cosine_similarity",
    targets: sameAsPrediction,
    formula: (y, p) => mul(cosine(y, p, axis), -1),
  }));
}

/** Σ y p / (|y| |p|) along an axis; a vector of 0 has cosine 0 with all. */
export function cosine(y: Tensor, p: Tensor, axis: number): Tensor {
  const unit = (x: Tensor) => div(x, sqrt(maximum(sum(square(x), [axis], true), epsilon ** 2)));
  return sum(mul(unit(y), unit(p)), [axis]);
}
