import { abs, greater, greaterEqual, mul, sub } from "../../ops/elementwise.ts";
import { max, sum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { above0, from0to1, oneOf, orNull, readOptions } from "../options.ts";
import { elements, type Metric, vector } from "./metric.ts";

export interface F1Options {
  /**
   * Averaging of the scores of the classes; null, which is Keras's default, keeps one for each class: `f1_score[0]`,
   * `f1_score[1]`, ... in logs. Default `macro`.
   */
  average?: "macro" | "micro" | "weighted" | null;
  /** A prediction above it is a yes; null: the largest of each row is. Default null. */
  threshold?: number | null;
}
export interface FBetaOptions extends F1Options {
  /** Recall counts this many times as much as precision. Default 1. */
  beta?: number;
}

/**
 * The harmonic mean of precision and recall over the classes of predictions [B, ..., V].
 *
 *   model.compile({ loss: "sparseCategoricalCrossentropy", metrics: [metrics.f1Score({ average: "weighted" })] });
 */
export const f1Score = (options: F1Options = {}): Metric => score("f1Score", "F1Score", "f1_score", options);

/**
 * The F score with recall weighted by beta (van Rijsbergen 1979).
 *
 *   model.compile({ loss: "categoricalCrossentropy", metrics: [metrics.fBetaScore({ beta: 2 })] });
 */
export const fBetaScore = (options: FBetaOptions = {}): Metric =>
  score("fBetaScore", "FBetaScore", "fbeta_score", options);

const tiny = 1e-7; // Keras's epsilon, which keeps divisions from 0

function score(who: string, className: string, name: string, options: FBetaOptions): Metric {
  const fields = {
    average: orNull(oneOf(["macro", "micro", "weighted"], "macro")),
    threshold: orNull(from0to1(0)),
    ...(className === "FBetaScore" ? { beta: above0(1) } : {}),
  };
  const read = readOptions(who, options, fields) as FBetaOptions;
  const { threshold = null, beta = 1 } = read;
  const average = options.average === undefined ? "macro" : options.average;
  const of = (tp: number, fp: number, fn: number) => {
    const p = tp / (tp + fp + tiny);
    const r = tp / (tp + fn + tiny);
    return ((1 + beta ** 2) * (p * r)) / (beta ** 2 * p + r + tiny);
  };
  const sized = (shape: PartialShape): Metric => {
    const classes = shape.at(-1)!;
    const scores = (sums: ArrayLike<number>) => {
      const part = (k: number) => Array.from({ length: classes }, (_, c) => sums[k * classes + c]);
      const [tp, fp, fn] = [part(0), part(1), part(2)];
      return { tp, fp, fn, each: tp.map((v, c) => of(v, fp[c], fn[c])) };
    };
    const result = (sums: ArrayLike<number>) => {
      const { tp, fp, fn, each } = scores(sums);
      if (average === "micro") return of(total(tp), total(fp), total(fn));
      if (average !== "weighted") return total(each) / classes;
      const support = tp.map((v, c) => v + fn[c]);
      return total(each.map((s, c) => s * support[c])) / (total(support) + tiny);
    };
    const results = average === null ? { results: (sums: ArrayLike<number>) => scores(sums).each } : {};
    return { ...metric, size: 3 * classes, result, ...results };
  };
  const metric: Metric = {
    name,
    kerasName: name,
    described: { className, config: { name, average, threshold, ...(className === "FBetaScore" ? { beta } : {}) } },
    size: 0, // until the number of classes is known
    sized,
    update: (target, prediction, weight) => {
      const classes = prediction.shape.at(-1)!;
      const said = threshold === null ? largest(prediction) : greater(prediction, threshold);
      const { y, p, w } = elements(who, target, said, weight);
      const hit = mul(y, p);
      const rows = (t: Tensor) => sum(reshape(mul(t, w), [sizeOf(t.shape) / classes, classes]), [0]);
      return vector([hit, sub(p, hit), sub(y, hit)].map(rows));
    },
    result: () => Number.NaN,
  };
  return metric;
}

const total = (list: number[]) => list.reduce((a, b) => a + b, 0);

/** 1 at the largest of each row, ties included; nowhere in a row of zeros. */
const largest = (p: Tensor): Tensor => mul(greaterEqual(p, max(p, [-1], true)), greater(abs(p), 1e-9));
