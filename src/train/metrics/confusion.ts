import { DataError, problem } from "../../errors.ts";
import { abs, add, constant, greater, mul, sub, where } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { argmax, sum } from "../../ops/reduce.ts";
import { sliceAxis } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Field, orNull, readOptions, wholeFrom } from "../options.ts";
import { elements, type Metric, ratio, targetsLike, vector } from "./metric.ts";

export interface ConfusionOptions {
  /** A prediction strictly above it is positive; a list gives one number for each: `precision[0]`, `precision[1]`, ... Default 0.5. */
  threshold?: number | readonly number[];
}
export interface PrecisionOptions extends ConfusionOptions {
  /** Counts the k largest predictions of a row as positive, in place of the threshold. Default null. */
  topK?: number | null;
  /** Counts one class alone. Default null: all. */
  classId?: number | null;
}

const names = {
  truePositives: "true_positives",
  trueNegatives: "true_negatives",
  falsePositives: "false_positives",
  falseNegatives: "false_negatives",
};

/**
 * Number of true positives: predicted positive, and right.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.truePositives({ threshold: 0.7 })] });
 */
export const truePositives = (options: ConfusionOptions = {}): Metric => counted("truePositives", options);
/**
 * Number of true negatives: predicted negative, and right.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.trueNegatives({ threshold: 0.7 })] });
 */
export const trueNegatives = (options: ConfusionOptions = {}): Metric => counted("trueNegatives", options);
/**
 * Number of false positives: predicted positive, and wrong.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.falsePositives({ threshold: 0.7 })] });
 */
export const falsePositives = (options: ConfusionOptions = {}): Metric => counted("falsePositives", options);
/**
 * Number of false negatives: predicted negative, and wrong.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.falseNegatives({ threshold: 0.7 })] });
 */
export const falseNegatives = (options: ConfusionOptions = {}): Metric => counted("falseNegatives", options);

function counted(kind: keyof typeof names, options: ConfusionOptions): Metric {
  const { threshold } = readOptions(kind, options, { threshold: fractions });
  const thresholds = [threshold].flat();
  const name = names[kind];
  const metric: Metric = {
    name,
    kerasName: name,
    size: thresholds.length,
    update: (target, prediction, weight) => {
      const { y, p, w } = elements(kind, target, prediction, weight);
      const truth = isYes(y);
      const count = (said: Tensor) =>
        ({
          truePositives: () => mul(said, truth),
          trueNegatives: () => mul(sub(1, said), sub(1, truth)),
          falsePositives: () => mul(said, sub(1, truth)),
          falseNegatives: () => mul(sub(1, said), truth),
        })[kind]();
      return vector(thresholds.map((t) => sum(mul(count(greater(p, t)), w))));
    },
    result: (sums) => sums[0],
    ...(Array.isArray(threshold) ? { results: (sums: ArrayLike<number>) => Array.from(sums) } : {}),
  };
  return threshold === 0.5 ? metric : { ...metric, described: describe(kind, { name, thresholds: threshold }) };
}

/**
 * Precision: the fraction of positive predictions that are right.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.precision(), metrics.recall({ threshold: 0.3 })] });
 */
export const precision = (options: PrecisionOptions = {}): Metric =>
  share("precision", "Precision", options, (tp, fp) => ratio(tp, tp + fp));

/**
 * Recall: the fraction of positive targets that are found.
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
    threshold: orNull(fractions),
    topK: orNull(wholeFrom(1)(1)),
    classId: orNull(wholeFrom(0)(0)),
  });
  const { threshold, topK, classId } = given;
  const thresholds = threshold === null ? [topK === null ? 0.5 : null] : [threshold].flat();
  const at = (sums: ArrayLike<number>, k: number) => read(sums[3 * k], sums[3 * k + 1], sums[3 * k + 2]);
  const metric: Metric = {
    name,
    kerasName: name,
    size: 3 * thresholds.length,
    update: (target, prediction, weight) => {
      const top = topK === null ? null : topOf(prediction, topK);
      const above = (t: number | null) =>
        t === null ? top! : top ? mul(top, greater(prediction, t)) : greater(prediction, t);
      const truth = targetsLike(name, target, prediction);
      const width = prediction.shape.at(-1)!;
      if (classId !== null && classId >= width)
        throw new DataError(problem(name, `classId below ${width}, the width of the prediction`, `${classId}`));
      const only = (t: Tensor) => (classId === null ? t : sliceAxis(t, -1, classId, 1));
      const counts = (t: number | null) => {
        const { y, p, w } = elements(name, only(truth), only(above(t)), weight);
        const yes = isYes(y);
        const hit = mul(yes, p);
        return [hit, sub(p, hit), sub(yes, hit)].map((t) => sum(mul(t, w)));
      };
      return vector(thresholds.flatMap(counts));
    },
    result: (sums) => at(sums, 0),
    ...(Array.isArray(threshold)
      ? { results: (sums: ArrayLike<number>) => thresholds.map((_, k) => at(sums, k)) }
      : {}),
  };
  const usual = (threshold === null || threshold === 0.5) && topK === null && classId === null;
  const config = { name, thresholds: threshold, top_k: topK, class_id: classId };
  return usual ? metric : { ...metric, described: describe(className, config) };
}

/** A number from 0 to 1, or a list of them. */
const fractions: Field<number | readonly number[]> = {
  otherwise: 0.5,
  expected: "a number from 0 to 1, or a list of them",
  fits: (v) => (Array.isArray(v) && v.length > 0 ? v : [v]).every((t) => typeof t === "number" && t >= 0 && t <= 1),
};

/** Targets are a yes unless they are 0. */
const isYes = (y: Tensor): Tensor => greater(abs(y), 0);

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

const describe = (className: string, config: NonNullable<Metric["described"]>["config"]) => ({
  className: className[0].toUpperCase() + className.slice(1),
  config,
});
