import { cast, constant, mul } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { wrongShapes } from "../../ops/op.ts";
import { sum } from "../../ops/reduce.ts";
import { broadcastTo, concat, reshape } from "../../ops/view.ts";
import { type PartialShape, sameShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Described } from "../losses/loss.ts";
import { counted, spread, weighed } from "../spread.ts";

/** A metric: numbers summed over the steps of an epoch on the backend, and what they mean at its end. */
export interface Metric {
  /** The name in logs and History: `accuracy`. */
  readonly name: string;
  /** Keras's spelling, for files. */
  readonly kerasName: string;
  /** Keras's class and config, where a name does not say it all. */
  readonly described?: Described;
  /** Number of sums kept. */
  readonly size: number;
  /** The metric for predictions of a shape, where the number of sums depends on it. */
  sized?(prediction: PartialShape): Metric;
  /** One step's contribution [size]; `weight` is the mask (or sample weights) as [B, ...] or null. */
  update(target: Tensor, prediction: Tensor, weight: Tensor | null): Tensor;
  /** The metric from its sums over all batches. */
  result(sums: ArrayLike<number>): number;
  /** Several numbers in place of `result`, `name[0]`, `name[1]`, ... in logs: one for each class or threshold. */
  results?(sums: ArrayLike<number>): number[];
}

/** A mean over elements, each weighted by the mask. `formula`: → [B, ...]; `read` makes the metric of the mean. */
export function meanMetric(
  name: string,
  formula: (target: Tensor, prediction: Tensor) => Tensor,
  read: (mean: number) => number = (mean) => mean,
): Metric {
  return {
    name,
    kerasName: name,
    size: 2,
    update: (target, prediction, weight) => {
      const values = formula(target, prediction);
      return vector([weightedSum(values, weight), weightedCount(values, weight)]);
    },
    result: (sums) => (sums[1] > 0 ? read(sums[0] / sums[1]) : 0),
  };
}

/** Σ values · weight. */
export const weightedSum = (values: Tensor, weight: Tensor | null): Tensor =>
  sum(weight ? weighed(values, spread(weight, values.shape)) : values);

/** Σ weight over as many elements as there are values. */
export const weightedCount = (values: Tensor, weight: Tensor | null): Tensor =>
  weight
    ? sum(mul(spread(weight, values.shape), constant(1, values, values.shape)))
    : constant(sizeOf(values.shape), values);

/** Scalars and vectors as one vector. */
export const vector = (parts: readonly Tensor[]): Tensor =>
  concat(
    parts.map((t) => reshape(t, [sizeOf(t.shape)])),
    0,
  );

/** Targets as floats of the prediction's shape: whole-number labels become one-hot rows, [B] becomes [B, 1]. */
export function targetsLike(who: string, y: Tensor, p: Tensor): Tensor {
  if (sameShape(y.shape, p.shape)) return cast(y, "f32");
  const width = p.shape.at(-1) ?? 1;
  const labels = y.shape.at(-1) === 1 && y.shape.length === p.shape.length ? y.shape.slice(0, -1) : y.shape;
  if (!sameShape(labels, p.shape.slice(0, -1)))
    throw wrongShapes(who, "targets of the prediction's shape, or one label for each row", [y, p]);
  return width === 1 ? reshape(cast(y, "f32"), p.shape) : oneHot(cast(reshape(y, labels), "i32"), width);
}

/** Targets, predictions and weights, one of each per element: [N]. */
export function elements(
  who: string,
  target: Tensor,
  prediction: Tensor,
  weight: Tensor | null,
): { y: Tensor; p: Tensor; w: Tensor } {
  const flat = (t: Tensor) => reshape(t, [sizeOf(t.shape)]);
  const y = targetsLike(who, target, prediction);
  if (!weight) return { y: flat(y), p: flat(prediction), w: flat(constant(1, prediction, prediction.shape)) };
  const w = broadcastTo(spread(weight, prediction.shape), prediction.shape);
  return { y: flat(counted(y, w)), p: flat(counted(prediction, w)), w: flat(w) };
}

/** 0 / 0 is 0. */
export const ratio = (a: number, b: number): number => (b > 0 ? a / b : 0);
