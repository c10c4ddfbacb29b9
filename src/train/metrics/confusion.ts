import { DataError, problem } from "../../errors.ts";
import { abs, add, constant, greater, greaterEqual, mul, sub, where } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { argmax, max, sum } from "../../ops/reduce.ts";
import { reshape, sliceAxis } from "../../ops/view.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { from0to1, oneOf, orNull, readOptions, wholeFrom } from "../options.ts";
import { elements, type Metric, ratio, targetsLike, vector } from "./metric.ts";

export interface ConfusionOptions {
  /** A prediction strictly above it is a yes. Default 0.5. */
  threshold?: number;
}
export interface PrecisionOptions extends ConfusionOptions {
  /** Only the k largest predictions of a row are a yes, in place of the threshold. */
  topK?: number | null;
  /** Looks at one class alone. */
  classId?: number | null;
}

const names = {
  truePositives: "true_positives",
  trueNegatives: "true_negatives",
  falsePositives: "false_positives",
  falseNegatives: "false_negatives",
};

/**
 * How many yes are right.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.truePositives({ threshold: 0.7 })] });
 */
export const truePositives = (options: ConfusionOptions = {}): Metric => counted("truePositives", options);
/**
 * How many no are right.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.trueNegatives({ threshold: 0.7 })] });
 */
export const trueNegatives = (options: ConfusionOptions = {}): Metric => counted("trueNegatives", options);
/**
 * How many yes are wrong.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.falsePositives({ threshold: 0.7 })] });
 */
export const falsePositives = (options: ConfusionOptions = {}): Metric => counted("falsePositives", options);
/**
 * How many no are wrong.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.falseNegatives({ threshold: 0.7 })] });
 */
export const falseNegatives = (options: ConfusionOptions = {}): Metric => counted("falseNegatives", options);

function counted(kind: keyof typeof names, options: ConfusionOptions): Metric {
  const { threshold } = readOptions(kind, options, { threshold: from0to1(0.5) });
  const name = names[kind];
  const metric: Metric = {
    name,
    kerasName: name,
    size: 1,
    update: (target, prediction, weight) => {
      const { y, p, w } = elements(kind, target, prediction, weight);
      const said = greater(p, threshold);
      const truth = isYes(y);
      const counts = {
        truePositives: mul(said, truth),
        trueNegatives: mul(sub(1, said), sub(1, truth)),
        falsePositives: mul(said, sub(1, truth)),
        falseNegatives: mul(sub(1, said), truth),
      };
      return vector([sum(mul(counts[kind], w))]);
    },
    result: (sums) => sums[0],
  };
  return threshold === 0.5 ? metric : { ...metric, described: describe(kind, { name, thresholds: threshold }) };
}

/**
 * The share of yes that are right.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.precision(), metrics.recall({ threshold: 0.3 })] });
 */
export const precision = (options: PrecisionOptions = {}): Metric =>
  share("precision", "Precision", options, (tp, fp) => ratio(tp, tp + fp));

/**
 * The share of what should be yes that is.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.recall({ threshold: 0.3 })] });
 */
export const recall = (options: PrecisionOptions = {}): Metric =>
  share("recall", "Recall", options, (tp, _, fn) => ratio(tp, tp + fn));

function share(
  name: string,
  className: string,
  options: PrecisionOptions,
  read: (tp: number, fp: number, fn: number) => number,
): Metric {
  const given = readOptions(name, options, {
    threshold: from0to1(0.5),
    topK: orNull(wholeFrom(1)(1)),
    classId: orNull(wholeFrom(0)(0)),
  });
  const { threshold, topK, classId } = given;
  const metric: Metric = {
    name,
    kerasName: name,
    size: 3,
    update: (target, prediction, weight) => {
      const said = topK === null ? greater(prediction, threshold) : topOf(prediction, topK);
      const truth = targetsLike(name, target, prediction);
      const width = prediction.shape.at(-1)!;
      if (classId !== null && classId >= width)
        throw new DataError(problem(name, `classId below ${width}, the width of the prediction`, `${classId}`));
      const only = (t: Tensor) => (classId === null ? t : sliceAxis(t, -1, classId, 1));
      const { y, p, w } = elements(name, only(truth), only(said), weight);
      const yes = isYes(y);
      const hit = mul(yes, p);
      return vector([hit, sub(p, hit), sub(yes, hit)].map((t) => sum(mul(t, w))));
    },
    result: (sums) => read(sums[0], sums[1], sums[2]),
  };
  if (threshold === 0.5 && topK === null && classId === null) return metric;
  const thresholds = topK === null ? threshold : null;
  return { ...metric, described: describe(className, { name, thresholds, top_k: topK, class_id: classId }) };
}

export interface F1Options {
  /** How the scores of the classes become one number; Keras's default, one score per class, is not a number. Default `macro`. */
  average?: "macro" | "micro" | "weighted";
  /** A prediction above it is a yes; null: the largest of each row is. Default null. */
  threshold?: number | null;
}

/**
 * The harmonic mean of precision and recall over the classes of predictions [B, ..., V].
 *
 *   model.compile({ loss: "sparseCategoricalCrossentropy", metrics: [metrics.f1Score({ average: "weighted" })] });
 */
export function f1Score(options: F1Options = {}): Metric {
  const { average, threshold } = readOptions("f1Score", options, {
    average: oneOf(["macro", "micro", "weighted"], "macro"),
    threshold: orNull(from0to1(0)),
  });
  const tiny = 1e-7; // Keras's epsilon, which keeps divisions from 0
  const score = (tp: number, fp: number, fn: number) => {
    const p = tp / (tp + fp + tiny);
    const r = tp / (tp + fn + tiny);
    return (2 * p * r) / (p + r + tiny);
  };
  const sized = (shape: PartialShape): Metric => {
    const classes = shape.at(-1)!;
    return {
      ...metric,
      size: 3 * classes,
      result: (sums) => {
        const of = (k: number) => Array.from({ length: classes }, (_, c) => sums[k * classes + c]);
        const [tp, fp, fn] = [of(0), of(1), of(2)];
        const total = (list: number[]) => list.reduce((a, b) => a + b, 0);
        if (average === "micro") return score(total(tp), total(fp), total(fn));
        const scores = tp.map((v, c) => score(v, fp[c], fn[c]));
        if (average === "macro") return total(scores) / classes;
        const support = tp.map((v, c) => v + fn[c]);
        return total(scores.map((s, c) => s * support[c])) / (total(support) + tiny);
      },
    };
  };
  const metric: Metric = {
    name: "f1_score",
    kerasName: "f1_score",
    described: describe("F1Score", { name: "f1_score", average, threshold }),
    size: 0, // until the number of classes is known
    sized,
    update: (target, prediction, weight) => {
      const classes = prediction.shape.at(-1)!;
      const said = threshold === null ? largest(prediction) : greater(prediction, threshold);
      const { y, p, w } = elements("f1Score", target, said, weight);
      const hit = mul(y, p);
      const rows = (t: Tensor) => sum(reshape(mul(t, w), [sizeOf(t.shape) / classes, classes]), [0]);
      return vector([hit, sub(p, hit), sub(y, hit)].map(rows));
    },
    result: () => Number.NaN,
  };
  return metric;
}

/** Targets are a yes unless they are 0. */
const isYes = (y: Tensor): Tensor => greater(abs(y), 0);

/** 1 at the largest of each row, ties included; nowhere in a row of zeros. */
const largest = (p: Tensor): Tensor => mul(greaterEqual(p, max(p, [-1], true)), greater(abs(p), 1e-9));

/** 1 at the k largest of each row, the first ones on a tie. */
function topOf(p: Tensor, k: number): Tensor {
  const width = p.shape.at(-1)!;
  let rest = p;
  let top = constant(0, p, p.shape);
  for (let i = 0; i < Math.min(k, width); i++) {
    const best = oneHot(argmax(rest), width);
    top = add(top, best);
    rest = where(best, constant(Number.NEGATIVE_INFINITY, p), rest);
  }
  return top;
}

const describe = (className: string, config: Record<string, number | string | null>) => ({
  className: className[0].toUpperCase() + className.slice(1),
  config,
});
