import { DataError, problem, suggest } from "../errors.ts";
import { abs, cast, constant, equal, greater, mul, square, sub } from "../ops/elementwise.ts";
import { argmax, mean, sum } from "../ops/reduce.ts";
import { concat, reshape } from "../ops/view.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { spread } from "./losses.ts";

/** A metric: numbers summed over the steps of an epoch on the backend, and what they mean at its end. */
export interface Metric {
  /** The name in logs and History: `accuracy`. */
  readonly name: string;
  /** Keras's spelling, for files. */
  readonly kerasName: string;
  /** How many numbers are summed. */
  readonly size: number;
  /** One step's contribution [size]; `weight` is the mask (or sample weights) as [B, ...] or null. */
  update(target: Tensor, prediction: Tensor, weight: Tensor | null): Tensor;
  result(sums: ArrayLike<number>): number;
}

/** A mean over elements, each weighted by the mask. `formula`: → [B, ...]. */
export function meanMetric(
  name: string,
  kerasName: string,
  formula: (target: Tensor, prediction: Tensor) => Tensor,
): Metric {
  return {
    name,
    kerasName,
    size: 2,
    update: (target, prediction, weight) => {
      const values = formula(target, prediction);
      const w = weight && spread(weight, values.shape);
      const total = sum(w ? mul(values, w) : values);
      const count = w ? sum(mul(w, constant(1, values, values.shape))) : constant(sizeOf(values.shape), values);
      return concat([reshape(total, [1]), reshape(count, [1])], 0);
    },
    result: (sums) => (sums[1] > 0 ? sums[0] / sums[1] : 0),
  };
}

/** Probability strictly above ½ against a target of 0 or 1; mean over the last axis. */
const binaryAccuracy = (y: Tensor, p: Tensor) => mean(equal(y, greater(p, 0.5)), [-1]);
const sparseCategoricalAccuracy = (y: Tensor, p: Tensor) => equal(y, argmax(p));
const categoricalAccuracy = (y: Tensor, p: Tensor) => equal(argmax(y), argmax(p));

/** Keras's choice for "accuracy", by the shapes: one output is binary, whole-number labels are sparse. */
function accuracy(y: Tensor, p: Tensor): Tensor {
  if (y.dtype === "i32") return sparseCategoricalAccuracy(y, p);
  return p.shape.at(-1) === 1 ? binaryAccuracy(y, p) : categoricalAccuracy(y, p);
}

const asFloat = (t: Tensor) => cast(t, "f32");

const metrics = {
  accuracy: () => meanMetric("accuracy", "accuracy", accuracy),
  acc: () => meanMetric("acc", "acc", accuracy),
  binaryAccuracy: () => meanMetric("binary_accuracy", "binary_accuracy", binaryAccuracy),
  categoricalAccuracy: () => meanMetric("categorical_accuracy", "categorical_accuracy", categoricalAccuracy),
  sparseCategoricalAccuracy: () =>
    meanMetric("sparse_categorical_accuracy", "sparse_categorical_accuracy", sparseCategoricalAccuracy),
  meanSquaredError: () =>
    meanMetric("mean_squared_error", "mean_squared_error", (y, p) => mean(square(sub(p, asFloat(y))), [-1])),
  mse: () => meanMetric("mse", "mse", (y, p) => mean(square(sub(p, asFloat(y))), [-1])),
  meanAbsoluteError: () =>
    meanMetric("mean_absolute_error", "mean_absolute_error", (y, p) => mean(abs(sub(p, asFloat(y))), [-1])),
  mae: () => meanMetric("mae", "mae", (y, p) => mean(abs(sub(p, asFloat(y))), [-1])),
} as const;

export type MetricName = keyof typeof metrics;
export type MetricLike = MetricName | Metric;

export function metricOf(like: MetricLike): Metric {
  if (typeof like !== "string") return like;
  const name = like.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
  if (!Object.hasOwn(metrics, name))
    throw new DataError(problem("compile", "known metrics", `"${like}"`, suggest(like, Object.keys(metrics))));
  return metrics[name as MetricName]();
}
