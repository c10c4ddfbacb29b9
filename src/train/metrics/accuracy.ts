import { cast, constant, equal, greater, mul } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { argmax, mean, sum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { anyNumber, readOptions, wholeFrom } from "../options.ts";
import { type Metric, meanMetric, targetsLike } from "./metric.ts";

/**
 * The fraction of predictions that are right; which kind follows from the shapes, as in Keras: one output is binary, whole-number labels are sparse.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: ["accuracy"] });
 */
export const accuracy = (): Metric => meanMetric("accuracy", chosen);

function chosen(y: Tensor, p: Tensor): Tensor {
  const width = p.shape.at(-1);
  if (y.dtype === "i32" || (y.shape.length === p.shape.length - 1 && width !== 1)) return sparse(y, p);
  return width === 1 ? binary(y, p, 0.5) : categorical(y, p);
}

/**
 * The fraction of predictions on the right side of the threshold (strictly above it is 1).
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.binaryAccuracy({ threshold: 0.7 })] });
 */
export function binaryAccuracy(options: { threshold?: number } = {}): Metric {
  const { threshold } = readOptions("binaryAccuracy", options, { threshold: anyNumber(0.5) });
  const metric = meanMetric("binary_accuracy", (y, p) => binary(y, p, threshold));
  if (threshold === 0.5) return metric;
  return { ...metric, described: { className: "BinaryAccuracy", config: { name: metric.name, threshold } } };
}

/**
 * The fraction of rows whose largest prediction is that of the one-hot target.
 *
 *   model.compile({ loss: "categoricalCrossentropy", metrics: ["categoricalAccuracy"] });
 */
export const categoricalAccuracy = (): Metric => meanMetric("categorical_accuracy", categorical);

/**
 * The fraction of rows whose largest prediction is the class of the whole-number label.
 *
 *   model.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["sparseCategoricalAccuracy"] });
 */
export const sparseCategoricalAccuracy = (): Metric => meanMetric("sparse_categorical_accuracy", sparse);

/**
 * The fraction of rows whose right class is among the k largest predictions; targets are one-hot rows.
 *
 *   model.compile({ loss: "categoricalCrossentropy", metrics: [metrics.topKCategoricalAccuracy({ k: 3 })] });
 */
export const topKCategoricalAccuracy = (options: { k?: number } = {}): Metric =>
  topK("topKCategoricalAccuracy", "TopKCategoricalAccuracy", "top_k_categorical_accuracy", options, argmax);

/**
 * The fraction of rows whose right class, a whole-number label, is among the k largest predictions.
 *
 *   model.compile({ loss: "sparseCategoricalCrossentropy", metrics: [metrics.sparseTopKCategoricalAccuracy({ k: 3 })] });
 */
export const sparseTopKCategoricalAccuracy = (options: { k?: number } = {}): Metric =>
  topK(
    "sparseTopKCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "sparse_top_k_categorical_accuracy",
    options,
    (y) => y,
  );

function topK(who: string, className: string, name: string, options: object, labels: (y: Tensor) => Tensor): Metric {
  const { k } = readOptions(who, options, { k: wholeFrom(1)(5) });
  const metric = meanMetric(name, (y, p) => {
    const label = cast(labels(y), "i32");
    const right = sum(mul(oneHot(reshape(label, p.shape.slice(0, -1)), p.shape.at(-1)!), p), [-1], true);
    return greater(constant(k, p), sum(greater(p, right), [-1])); // fewer than k are larger
  });
  return k === 5 ? metric : { ...metric, described: { className, config: { name, k } } };
}

const binary = (y: Tensor, p: Tensor, threshold: number) =>
  mean(equal(targetsLike("binaryAccuracy", y, p), greater(p, threshold)), [-1]);
const sparse = (y: Tensor, p: Tensor) => equal(cast(reshape(y, p.shape.slice(0, -1)), "i32"), argmax(p));
const categorical = (y: Tensor, p: Tensor) => equal(argmax(y), argmax(p));
