import { DataError, problem } from "../../errors.ts";
import { abs, cast, clip, greater, mul, neg, sub, unary } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { matmul } from "../../ops/matmul.ts";
import { concat, reshape, sliceAxis } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Field, orNull, readOptions, required, wholeFrom } from "../options.ts";
import { elements, type Metric, ratio, targetsLike } from "./metric.ts";

export interface AtThresholdOptions {
  /** Number of thresholds from 0 to 1. Default 200. */
  numThresholds?: number;
  /** Looks at one class alone. Default null. */
  classId?: number | null;
}

/** Counts at one threshold. */
interface Counts {
  tp: number;
  fp: number;
  tn: number;
  fn: number;
}
type Rate = (counts: Counts) => number;

const precisionOf: Rate = ({ tp, fp }) => ratio(tp, tp + fp);
const recallOf: Rate = ({ tp, fn }) => ratio(tp, tp + fn);
const specificityOf: Rate = ({ tn, fp }) => ratio(tn, tn + fp);

/**
 * The best precision at a threshold where recall is at least `recall`.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.precisionAtRecall({ recall: 0.8 })] });
 */
export const precisionAtRecall = (options: AtThresholdOptions & { recall: number }): Metric =>
  best("precisionAtRecall", "recall", options, recallOf, precisionOf);

/**
 * The best recall at a threshold where precision is at least `precision`.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.recallAtPrecision({ precision: 0.8 })] });
 */
export const recallAtPrecision = (options: AtThresholdOptions & { precision: number }): Metric =>
  best("recallAtPrecision", "precision", options, precisionOf, recallOf);

/**
 * The best sensitivity (recall) at a threshold where specificity, the fraction of negative targets that are found, is at least `specificity`.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.sensitivityAtSpecificity({ specificity: 0.9 })] });
 */
export const sensitivityAtSpecificity = (options: AtThresholdOptions & { specificity: number }): Metric =>
  best("sensitivityAtSpecificity", "specificity", options, specificityOf, recallOf);

/**
 * The best specificity at a threshold where sensitivity is at least `sensitivity`.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.specificityAtSensitivity({ sensitivity: 0.9 })] });
 */
export const specificityAtSensitivity = (options: AtThresholdOptions & { sensitivity: number }): Metric =>
  best("specificityAtSensitivity", "sensitivity", options, recallOf, specificityOf);

const fraction: Field<number> = {
  otherwise: 0.5,
  expected: "a number from 0 to 1",
  fits: (v) => typeof v === "number" && v >= 0 && v <= 1,
};

function best(who: string, bound: string, options: AtThresholdOptions, held: Rate, wanted: Rate): Metric {
  const fields = { [bound]: fraction, numThresholds: wholeFrom(1)(200), classId: orNull(wholeFrom(0)(0)) };
  const read = readOptions(who, options ?? {}, fields) as Readonly<Record<string, unknown>>;
  const least = required(who, bound, (options as Readonly<Record<string, unknown>>)?.[bound], fraction);
  const [n, classId] = [read.numThresholds as number, read.classId as number | null];
  const name = who.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  const config = { name, num_thresholds: n, [bound]: least, class_id: classId };
  return {
    name,
    kerasName: name,
    described: { className: who[0].toUpperCase() + who.slice(1), config },
    size: 2 * buckets(n),
    update: (target, prediction, weight) => {
      const width = prediction.shape.at(-1)!;
      if (classId !== null && classId >= width)
        throw new DataError(problem(who, `classId below ${width}, the width of the prediction`, `${classId}`));
      const only = (t: Tensor) => (classId === null ? t : sliceAxis(t, -1, classId, 1));
      const { y, p, w } = elements(who, only(targetsLike(who, target, prediction)), only(prediction), weight);
      return byBucket(y, w, bucketOf(p, n), buckets(n));
    },
    result: (sums) => {
      const counts = atThresholds(sums, n);
      return Math.max(0, ...counts.filter((c) => held(c) >= least).map(wanted));
    },
  };
}

/** One threshold, 0.5, makes two buckets; n evenly spaced ones from 0 to 1 make n. */
const buckets = (n: number): number => Math.max(2, n);

/** Number of thresholds below each prediction, as far as that decides anything. */
const bucketOf = (p: Tensor, n: number): Tensor => (n === 1 ? greater(p, 0.5) : ceil(mul(clip(p, 0, 1), n - 1)));

const ceil = (x: Tensor): Tensor => neg(unary("floor", neg(x)));

/** Σ weight of the yes and of the no in each bucket: [2 · buckets]. */
function byBucket(y: Tensor, w: Tensor, bucket: Tensor, count: number): Tensor {
  const rows = y.shape[0];
  const yes = greater(abs(y), 0);
  const weights = concat([reshape(mul(yes, w), [1, rows]), reshape(mul(sub(1, yes), w), [1, rows])], 0); // [2, N]
  return reshape(matmul(weights, oneHot(cast(bucket, "i32"), count)), [2 * count]);
}

/** Predictions strictly above a threshold are positive. */
function atThresholds(sums: ArrayLike<number>, n: number): Counts[] {
  const count = buckets(n);
  const above = (from: number, threshold: number) => {
    let sum = 0;
    for (let b = threshold + 1; b < count; b++) sum += sums[from + b];
    return sum;
  };
  const all = (from: number) => above(from, -1);
  const [positives, negatives] = [all(0), all(count)];
  return Array.from({ length: n }, (_, k) => {
    const [tp, fp] = [above(0, k), above(count, k)];
    return { tp, fp, tn: negatives - fp, fn: positives - tp };
  });
}
