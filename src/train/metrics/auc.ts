import { DataError, problem } from "../../errors.ts";
import { abs, add, cast, clip, constant, greater, mul, neg, relu, sigmoid, sub, unary } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { matmul } from "../../ops/matmul.ts";
import { broadcastTo, concat, reshape, sliceAxis } from "../../ops/view.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Field, flag, oneOf, orNull, readOptions, wholeFrom } from "../options.ts";
import { elements, type Metric, ratio, targetsLike } from "./metric.ts";

export interface AucOptions {
  /** Number of thresholds of the curve. Default 200. */
  numThresholds?: number;
  /** Under true against false positives, or under precision against recall. Default `ROC`. */
  curve?: "ROC" | "PR";
  /** Method of summing the area between two thresholds. Default `interpolation`. */
  summationMethod?: "interpolation" | "minoring" | "majoring";
  /** Predictions have not been through a sigmoid. Default false. */
  fromLogits?: boolean;
  /** Thresholds of your own, from 0 to 1, in place of `numThresholds`; 0 and 1 are added. Default null. */
  thresholds?: readonly number[] | null;
  /** An area for each column of predictions [B, L], and their mean; else every element is a separate prediction. Default false. */
  multiLabel?: boolean;
  /** Weight of each column: in the mean of `multiLabel`, or of each element without it. Default: all equal. */
  labelWeights?: readonly number[] | null;
  /** Name in logs and in the history. Default `"auc"`. */
  name?: string;
}

/**
 * The area under a curve over evenly spaced thresholds from 0 to 1, exactly as Keras computes it: predictions are counted
 * in buckets between thresholds; precision is interpolated after Davis & Goadrich 2006. More than one output: every
 * element is a prediction of its own.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.auc({ curve: "PR" })] });
 */
export function auc(options: AucOptions = {}): Metric {
  const { name = "auc", ...rest } = options;
  const read = readOptions("auc", rest, {
    numThresholds: wholeFrom(2)(200),
    curve: oneOf(["ROC", "PR"], "ROC"),
    summationMethod: oneOf(["interpolation", "minoring", "majoring"], "interpolation"),
    fromLogits: flag(false),
    thresholds: orNull(listOf("a list of numbers from 0 to 1", (v) => v >= 0 && v <= 1)),
    multiLabel: flag(false),
    labelWeights: orNull(listOf("a list of numbers of 0 or more", (v) => v >= 0)),
  });
  const { curve, summationMethod, fromLogits, multiLabel, labelWeights } = read;
  const own = read.thresholds && [...read.thresholds].sort((a, b) => a - b);
  const n = own ? own.length + 2 : read.numThresholds;
  const usual = Object.keys(rest).every((key) => key === "name") && name === "auc";
  const config = {
    name,
    num_thresholds: n,
    curve,
    summation_method: summationMethod,
    multi_label: multiLabel,
    num_labels: null,
    label_weights: labelWeights,
    from_logits: fromLogits,
    ...(own ? { thresholds: own } : {}),
  };
  const one = (sums: ArrayLike<number>, from: number) =>
    area(above(sums, from, n), above(sums, from + n, n), curve, summationMethod);
  const metric: Metric = {
    name,
    kerasName: name,
    ...(usual ? {} : { described: { className: "AUC", config } }),
    size: 2 * n,
    update: (target, prediction, weight) => {
      const said = fromLogits ? sigmoid(prediction) : prediction;
      const columns = multiLabel ? said.shape.at(-1)! : 1;
      const truth = targetsLike("auc", target, prediction);
      const parts = Array.from({ length: columns }, (_, k) => {
        const only = (t: Tensor) => (multiLabel ? sliceAxis(t, -1, k, 1) : t);
        const { y, p, w } = elements("auc", only(truth), only(said), weight);
        const counts = labelWeights && !multiLabel ? mul(w, flatWeights(labelWeights, prediction)) : w;
        return byBucket(y, counts, own ? bucketAmong(p, own) : bucketOf(p, n), n);
      });
      return parts.length === 1 ? parts[0] : concat(parts, 0);
    },
    result: (sums) => one(sums, 0),
  };
  if (!multiLabel) return metric;
  return {
    ...metric,
    size: 0, // until the number of columns is known
    sized: (shape) => {
      const columns = shape.at(-1)!;
      const weights = labelWeights ?? Array.from({ length: columns }, () => 1);
      if (weights.length !== columns)
        throw new DataError(problem("auc", `labelWeights, one for each of ${columns} columns`, `${weights.length}`));
      const whole = weights.reduce((a, b) => a + b, 0);
      const result = (sums: ArrayLike<number>) =>
        ratio(
          weights.reduce((total, weight, k) => total + weight * one(sums, 2 * n * k), 0),
          whole,
        );
      return { ...metric, size: 2 * n * columns, result };
    },
  };
}

/** Σ weight of the yes and of the no in each bucket: [2 · n]. */
function byBucket(y: Tensor, w: Tensor, bucket: Tensor, n: number): Tensor {
  const rows = y.shape[0];
  const yes = greater(abs(y), 0);
  const weights = concat([reshape(mul(yes, w), [1, rows]), reshape(mul(sub(1, yes), w), [1, rows])], 0); // [2, N]
  return reshape(matmul(weights, oneHot(cast(bucket, "i32"), n)), [2 * n]);
}

/** Bucket k holds predictions above threshold k and not above the next; the first holds 0 as well. */
const bucketOf = (p: Tensor, n: number): Tensor => relu(sub(ceil(mul(clip(p, 0, 1), n - 1)), 1));

/** The same among custom thresholds, below which 0 was added: as many as lie below. */
const bucketAmong = (p: Tensor, thresholds: readonly number[]): Tensor =>
  thresholds.map((t) => greater(p, t)).reduce((a, b) => add(a, b));

/** The columns' weights beside each element: [N]. */
function flatWeights(weights: readonly number[], p: Tensor): Tensor {
  const width = p.shape.at(-1)!;
  if (weights.length !== width)
    throw new DataError(problem("auc", `labelWeights, one for each of ${width} columns`, `${weights.length}`));
  const columns = concat(
    weights.map((w) => constant(w, p, [1])),
    0,
  );
  return reshape(broadcastTo(columns, p.shape), [sizeOf(p.shape)]);
}

const listOf = (expected: string, fits: (v: number) => boolean): Field<readonly number[]> => ({
  otherwise: [],
  expected,
  fits: (v) => Array.isArray(v) && v.length > 0 && v.every((n) => typeof n === "number" && fits(n)),
});

const ceil = (x: Tensor): Tensor => neg(unary("floor", neg(x)));

/** Number of values above each threshold: the sums of the buckets from it on. */
function above(sums: ArrayLike<number>, from: number, n: number): number[] {
  const total = new Array<number>(n);
  for (let k = n - 1, sum = 0; k >= 0; k--) {
    sum += sums[from + k];
    total[k] = sum;
  }
  return total;
}

function area(tp: number[], fp: number[], curve: "ROC" | "PR", method: string): number {
  const [positives, negatives] = [tp[0], fp[0]];
  if (curve === "PR" && method === "interpolation") return interpolated(tp, fp);
  const recall = tp.map((v) => ratio(v, positives));
  const x = curve === "ROC" ? fp.map((v) => ratio(v, negatives)) : recall;
  const y = curve === "ROC" ? recall : tp.map((v, k) => ratio(v, v + fp[k]));
  let sum = 0;
  for (let k = 0; k + 1 < tp.length; k++) {
    const [a, b] = [y[k], y[k + 1]];
    const height = method === "interpolation" ? (a + b) / 2 : method === "minoring" ? Math.min(a, b) : Math.max(a, b);
    sum += (x[k] - x[k + 1]) * height;
  }
  return sum;
}

/** Between two thresholds true positives and predicted positives grow along a line; precision is their ratio, integrated. */
function interpolated(tp: number[], fp: number[]): number {
  let sum = 0;
  for (let k = 0; k + 1 < tp.length; k++) {
    const [high, low] = [tp[k] + fp[k], tp[k + 1] + fp[k + 1]];
    const gained = tp[k] - tp[k + 1];
    const slope = ratio(gained, high - low);
    const intercept = tp[k + 1] - slope * low;
    const growth = high > 0 && low > 0 ? high / low : 1;
    sum += slope * (gained + intercept * Math.log(growth));
  }
  return ratio(sum, tp[0]);
}
