import { DataError, problem } from "../../errors.ts";
import { cast, clip, constant, equal, greater, greaterEqual, mul, sub } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { matmul } from "../../ops/matmul.ts";
import { argmax } from "../../ops/reduce.ts";
import { broadcastTo, reshape } from "../../ops/view.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { lastAxis } from "../losses/loss.ts";
import {
  axis as axisField,
  type Field,
  flag,
  from0to1,
  orNull,
  readOptions,
  required,
  wholeFrom,
  wholeNumber,
} from "../options.ts";
import { spread } from "../spread.ts";
import type { Metric } from "./metric.ts";

export interface MeanIouOptions {
  /** Number of classes; other ids are ignored. */
  numClasses: number;
  /** Targets of this class do not count. Default null. */
  ignoreClass?: number | null;
  /** Targets are class ids; false: one-hot rows. Default true. */
  sparseYTrue?: boolean;
  /** Predictions are class ids; false: one number per class, of which the largest is taken. Default true. */
  sparseYPred?: boolean;
  /** The axis of the classes where they are not ids. Default -1. */
  axis?: number;
}
export interface IouOptions extends MeanIouOptions {
  /** The classes whose mean is taken. */
  targetClassIds: readonly number[];
}

/**
 * Intersection over union (Jaccard index): of the entries that are of a class in target or prediction, the fraction that
 * are in both; the mean over the given classes.
 *
 *   model.compile({ loss: "mse", metrics: [metrics.iou({ numClasses: 3, targetClassIds: [0, 2], sparseYPred: false })] });
 */
export const iou = (options: IouOptions): Metric =>
  overlap("iou", "IoU", "io_u", options, ["sparseYTrue", "sparseYPred"]);

/**
 * Intersection over union for whole-number labels, the mean over all classes.
 *
 *   model.compile({ loss: "mse", metrics: [metrics.meanIou({ numClasses: 3, sparseYPred: false })] });
 */
export const meanIou = (options: MeanIouOptions): Metric =>
  overlap("meanIou", "MeanIoU", "mean_io_u", options, ["sparseYTrue", "sparseYPred"]);

/**
 * Intersection over union for one-hot targets, the mean over the given classes.
 *
 *   model.compile({ loss: "categoricalCrossentropy", metrics: [metrics.oneHotIou({ numClasses: 3, targetClassIds: [1] })] });
 */
export const oneHotIou = (options: Omit<IouOptions, "sparseYTrue">): Metric =>
  overlap("oneHotIou", "OneHotIoU", "one_hot_io_u", options, ["sparseYPred"]);

/**
 * Intersection over union for one-hot targets, the mean over all classes.
 *
 *   model.compile({ loss: "categoricalCrossentropy", metrics: [metrics.oneHotMeanIou({ numClasses: 3 })] });
 */
export const oneHotMeanIou = (options: Omit<MeanIouOptions, "sparseYTrue">): Metric =>
  overlap("oneHotMeanIou", "OneHotMeanIoU", "one_hot_mean_io_u", options, ["sparseYPred"]);

/**
 * Intersection over union of two classes: a prediction of at least the threshold is class 1.
 *
 *   model.compile({ loss: "binaryCrossentropy", metrics: [metrics.binaryIou({ targetClassIds: [1], threshold: 0.5 })] });
 */
export function binaryIou(options: { targetClassIds?: readonly number[]; threshold?: number } = {}): Metric {
  const who = "binaryIou";
  const { targetClassIds, threshold } = readOptions(who, options, { targetClassIds: ids, threshold: from0to1(0.5) });
  const classes = targetClassIds ?? [0, 1];
  const name = "binary_io_u";
  const config = { name, target_class_ids: classes, threshold };
  const said = (p: Tensor) => greaterEqual(p, threshold);
  return confusion({ name, className: "BinaryIoU", config, classes, count: 2, ignored: null, truth: (y) => y, said });
}

const ids: Field<readonly number[] | null> = {
  otherwise: null,
  expected: "a list of class ids",
  fits: (v) => Array.isArray(v) && v.length > 0 && v.every((id) => Number.isInteger(id) && id >= 0),
};

function overlap(who: string, className: string, name: string, options: object, sparse: readonly string[]): Metric {
  const named = !className.includes("Mean");
  const read = readOptions(who, options ?? {}, {
    numClasses: wholeFrom(1)(1),
    ...(named ? { targetClassIds: ids } : {}),
    ignoreClass: orNull(wholeNumber(0)),
    ...(sparse.includes("sparseYTrue") ? { sparseYTrue: flag(true) } : {}),
    sparseYPred: flag(!className.startsWith("OneHot")),
    axis: axisField,
  }) as MeanIouOptions & { targetClassIds?: readonly number[] };
  const given = (options ?? {}) as Readonly<Record<string, unknown>>;
  const count = required(who, "numClasses", given.numClasses, wholeFrom(1)(1));
  const classes = named
    ? required(who, "targetClassIds", given.targetClassIds, ids as Field<readonly number[]>)
    : Array.from({ length: count }, (_, id) => id);
  const beyond = classes.find((id) => id >= count);
  if (beyond !== undefined)
    throw new DataError(problem(who, `targetClassIds below ${count}, the number of classes`, `${beyond}`));
  const { ignoreClass = null, sparseYTrue = false, sparseYPred = true, axis = -1 } = read;
  const config = {
    name,
    num_classes: count,
    ...(named ? { target_class_ids: classes } : {}),
    ignore_class: ignoreClass,
    ...(sparse.includes("sparseYTrue") ? { sparse_y_true: sparseYTrue } : {}),
    sparse_y_pred: sparseYPred,
    axis,
  };
  const chosen = (t: Tensor) => argmax(lastAxis(cast(t, "f32"), axis));
  const truth = sparse.includes("sparseYTrue") && sparseYTrue ? (y: Tensor) => y : chosen;
  return confusion({
    name,
    className,
    config,
    classes,
    count,
    ignored: ignoreClass,
    truth,
    said: sparseYPred ? (p) => p : chosen,
  });
}

interface Kind {
  name: string;
  className: string;
  config: NonNullable<Metric["described"]>["config"];
  classes: readonly number[];
  count: number;
  ignored: number | null;
  truth(y: Tensor): Tensor;
  said(p: Tensor): Tensor;
}

/** Sums a confusion matrix, rows by target. Weights are cut to whole numbers, as Keras's are. */
function confusion({ name, className, config, classes, count, ignored, truth, said }: Kind): Metric {
  return {
    name,
    kerasName: name,
    described: { className, config },
    size: count * count,
    update: (target, prediction, weight) => {
      const answered = said(prediction);
      const n = sizeOf(answered.shape);
      const whole = (t: Tensor) => cast(cast(reshape(t, [n]), "i32"), "f32");
      const [y, p] = [whole(truth(target)), whole(answered)];
      const inside = (t: Tensor) => mul(greaterEqual(t, 0), greater(count, t));
      const seen = mul(inside(y), inside(p));
      const counts = ignored === null ? seen : mul(seen, sub(1, equal(y, ignored)));
      const w = weight ? mul(whole(broadcastTo(spread(weight, answered.shape), answered.shape)), counts) : counts;
      const hot = (t: Tensor) => oneHot(cast(clip(t, 0, count - 1), "i32"), count); // [N, C]
      const weighted = mul(hot(y), mul(reshape(w, [n, 1]), constant(1, w, [n, count])));
      return reshape(matmul(weighted, hot(p), true), [count * count]);
    },
    result: (sums) => {
      const scores = classes.map((id) => {
        let union = -sums[id * count + id];
        for (let k = 0; k < count; k++) union += sums[id * count + k] + sums[k * count + id];
        return union > 1e-9 ? sums[id * count + id] / (union + 1e-7) : null;
      });
      const valid = scores.filter((s) => s !== null);
      return valid.reduce((a, b) => a + b, 0) / (valid.length + 1e-7);
    },
  };
}
