import { mul, square, sub } from "../../ops/elementwise.ts";
import { sum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { cosine } from "../losses/regression.ts";
import { axis as axisField, oneOf, readOptions, wholeFrom } from "../options.ts";
import { elements, type Metric, meanMetric, targetsLike, vector } from "./metric.ts";

/**
 * The root of the mean squared error.
 *
 *   model.compile({ loss: "mse", metrics: ["rootMeanSquaredError"] });
 */
export const rootMeanSquaredError = (): Metric =>
  meanMetric("root_mean_squared_error", (y, p) => square(sub(targetsLike("rootMeanSquaredError", y, p), p)), Math.sqrt);

/**
 * The cosine of the angle between target and prediction along an axis: 1 where they point the same way.
 *
 *   model.compile({ loss: "mse", metrics: [metrics.cosineSimilarity({ axis: 1 })] });
 */
export function cosineSimilarity(options: { axis?: number } = {}): Metric {
  const { axis } = readOptions("cosineSimilarity", options, { axis: axisField });
  const name = "cosine_similarity";
  const metric = meanMetric(name, (y, p) => cosine(targetsLike("cosineSimilarity", y, p), p, axis));
  return axis === -1 ? metric : { ...metric, described: { className: "CosineSimilarity", config: { name, axis } } };
}

export interface R2Options {
  /** Aggregation of the scores of several outputs. Default `uniform_average`. */
  classAggregation?: "uniform_average" | "variance_weighted_average";
  /** Number of features for the adjusted score; 0 for the plain one. Default 0. */
  numRegressors?: number;
}

/**
 * The fraction of the targets' variance that predictions [B, ..., D] explain: 1 − residual / total, over each output.
 *
 *   model.compile({ loss: "mse", metrics: [metrics.r2Score()] });
 */
export function r2Score(options: R2Options = {}): Metric {
  const { classAggregation, numRegressors } = readOptions("r2Score", options, {
    classAggregation: oneOf(["uniform_average", "variance_weighted_average"], "uniform_average"),
    numRegressors: wholeFrom(0)(0),
  });
  const name = "r2_score";
  const usual = classAggregation === "uniform_average" && numRegressors === 0;
  const config = { name, class_aggregation: classAggregation, num_regressors: numRegressors };
  const sized = (shape: PartialShape): Metric => {
    const outputs = shape.at(-1)!;
    return {
      ...metric,
      size: 1 + 3 * outputs,
      result: (sums) => {
        const count = sums[0] / outputs;
        const of = (k: number) => Array.from({ length: outputs }, (_, d) => sums[1 + k * outputs + d]);
        const [ys, squares, residual] = [of(0), of(1), of(2)];
        const total = squares.map((v, d) => v - (ys[d] * ys[d]) / count);
        const scores = total.map((t, d) => (t > 0 ? 1 - residual[d] / t : 0)); // targets that are all the same explain nothing
        const score =
          classAggregation === "uniform_average"
            ? add(scores) / outputs
            : add(scores.map((s, d) => s * total[d])) / add(total);
        if (numRegressors === 0 || !(count > numRegressors + 1)) return score;
        return 1 - ((1 - score) * (count - 1)) / (count - numRegressors - 1);
      },
    };
  };
  const metric: Metric = {
    name,
    kerasName: name,
    ...(usual ? {} : { described: { className: "R2Score", config } }),
    size: 0, // until the number of outputs is known
    sized,
    update: (target, prediction, weight) => {
      const outputs = prediction.shape.at(-1)!;
      const { y, p, w } = elements("r2Score", target, prediction, weight);
      const columns = (t: Tensor) => sum(reshape(mul(t, w), [sizeOf(t.shape) / outputs, outputs]), [0]);
      return vector([sum(w), columns(y), columns(square(y)), columns(square(sub(y, p)))]);
    },
    result: () => Number.NaN,
  };
  return metric;
}

const add = (list: number[]): number => list.reduce((a, b) => a + b, 0);
