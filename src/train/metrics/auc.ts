import { abs, cast, clip, greater, mul, neg, relu, sigmoid, sub, unary } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { matmul } from "../../ops/matmul.ts";
import { concat, reshape } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { flag, oneOf, readOptions, wholeFrom } from "../options.ts";
import { elements, type Metric, ratio } from "./metric.ts";

export interface AucOptions {
  /** Default 200. */
  numThresholds?: number;
  /** Under true against false positives, or under precision against recall. Default `ROC`. */
  curve?: "ROC" | "PR";
  /** Default `interpolation`. */
  summationMethod?: "interpolation" | "minoring" | "majoring";
  /** Predictions have not been through a sigmoid. Default false. */
  fromLogits?: boolean;
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
  });
  const { numThresholds: n, curve, summationMethod, fromLogits } = read;
  const usual = name === "auc" && n === 200 && curve === "ROC" && summationMethod === "interpolation" && !fromLogits;
  const config = {
    name,
    num_thresholds: n,
    curve,
    summation_method: summationMethod,
    multi_label: false,
    from_logits: fromLogits,
  };
  return {
    name,
    kerasName: name,
    ...(usual ? {} : { described: { className: "AUC", config } }),
    size: 2 * n,
    update: (target, prediction, weight) => {
      const { y, p, w } = elements("auc", target, fromLogits ? sigmoid(prediction) : prediction, weight);
      const rows = y.shape[0];
      const yes = greater(abs(y), 0);
      // Bucket k holds predictions above threshold k and not above the next; the first holds 0 as well.
      const bucket = relu(sub(ceil(mul(clip(p, 0, 1), n - 1)), 1));
      const weights = concat([reshape(mul(yes, w), [1, rows]), reshape(mul(sub(1, yes), w), [1, rows])], 0); // [2, N]
      return reshape(matmul(weights, oneHot(cast(bucket, "i32"), n)), [2 * n]);
    },
    result: (sums) => {
      const [tp, fp] = [above(sums, 0, n), above(sums, n, n)];
      return area(tp, fp, curve, summationMethod);
    },
  };
}

const ceil = (x: Tensor): Tensor => neg(unary("floor", neg(x)));

/** How many lie above each threshold: the sums of the buckets from it on. */
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
