import { binaryCrossEntropy, softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from "../../ops/cross-entropy.ts";
import { add, cast, clip, constant, equal, log, mul, neg, pow, sigmoid, sub } from "../../ops/elementwise.ts";
import { mean, sum } from "../../ops/reduce.ts";
import { softmax } from "../../ops/softmax.ts";
import { axisOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { axis, flag, from0, from0to1, orNull, wholeNumber } from "../options.ts";
import { counted } from "../spread.ts";
import {
  epsilon,
  type Loss,
  lastAxis,
  logitsBehind,
  normalised,
  type ReductionOptions,
  sameAsPrediction,
  withOptions,
  without,
} from "./loss.ts";

export interface CrossentropyOptions extends ReductionOptions {
  /** The model's last layer has no sigmoid or softmax. Default false. */
  fromLogits?: boolean;
  /** The fraction of each target that is spread over all classes (Szegedy et al. 2016). Default 0. */
  labelSmoothing?: number;
  /** The axis of the classes. Default −1. */
  axis?: number;
}

export interface FocalOptions extends CrossentropyOptions {
  /** The fraction of the loss that class 1 has. Default 0.25. */
  alpha?: number;
  /** Focusing parameter: a higher value gives less weight to rows that are nearly right. Default 2. */
  gamma?: number;
}

const fields = { fromLogits: flag(false), labelSmoothing: from0to1(0), axis };
const focalFields = { alpha: from0to1(0.25), gamma: from0(2), ...fields };

/**
 * Predictions [B, ..., V] are probabilities (a sigmoid) or logits; targets 0 or 1, of the same shape. The mean over the axis.
 *
 *   model.compile({ loss: losses.binaryCrossentropy({ labelSmoothing: 0.1 }) });
 */
export function binaryCrossentropy(options: CrossentropyOptions = {}): Loss {
  return withOptions("binaryCrossentropy", "BinaryCrossentropy", options, fields, (o) => ({
    name: "binary_crossentropy",
    targets: sameAsPrediction,
    range: [0, 1],
    formula: (y, p) => mean(binaryElements(smoothBinary(y, o.labelSmoothing), p, o.fromLogits), [o.axis]),
  }));
}

/**
 * Predictions [B, ..., V] are probabilities (a softmax) or logits; targets one-hot rows of the same shape.
 *
 *   model.compile({ loss: losses.categoricalCrossentropy({ fromLogits: true }) });
 */
export function categoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  return withOptions("categoricalCrossentropy", "CategoricalCrossentropy", options, fields, (o) => ({
    name: "categorical_crossentropy",
    targets: sameAsPrediction,
    range: [0, 1],
    formula: (target, prediction) => {
      const y = smoothRows(lastAxis(target, o.axis), o.labelSmoothing);
      const p = lastAxis(prediction, o.axis);
      const logits = logitsBehind(p) ?? (o.fromLogits ? p : null);
      return logits ? softmaxCrossEntropy(logits, y) : neg(sum(mul(y, log(normalised(p))), [-1]));
    },
  }));
}

export interface SparseOptions extends Omit<CrossentropyOptions, "labelSmoothing"> {
  /** Rows of this label do not count: 0 where it is padding; -1 or 255 beside the classes. Default null. */
  ignoreClass?: number | null;
}

/**
 * Categorical cross-entropy with whole-number labels [B, ...] in place of one-hot rows; predictions [B, ..., V].
 *
 *   model.compile({ loss: losses.sparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: 0 }) });
 */
export function sparseCategoricalCrossentropy(options: SparseOptions = {}): Loss {
  const own = { fromLogits: fields.fromLogits, ignoreClass: orNull(wholeNumber(0)), axis };
  return withOptions("sparseCategoricalCrossentropy", "SparseCategoricalCrossentropy", options, own, (o) => ({
    name: "sparse_categorical_crossentropy",
    targets: (p) => ({ shape: without(p, o.axis), dtype: "i32" }),
    labelLimit: (p) => p[axisOf(o.axis, p.length)] ?? Number.POSITIVE_INFINITY,
    ignoredLabel: o.ignoreClass,
    formula: (y, prediction) => {
      const p = lastAxis(prediction, o.axis);
      if (o.ignoreClass === null) {
        const logits = logitsBehind(p);
        return sparseValues(y, logits ?? p, o.fromLogits || logits !== null);
      }
      const counts = sub(1, equal(y, constant(o.ignoreClass, y, [], "i32")));
      // What is ignored may be no class at all (-1): class 0 is looked up in its place.
      const values = sparseValues(mul(y, cast(counts, "i32")), p, o.fromLogits);
      const kept = counted(values, counts);
      kept.mask = counts; // the mean is taken over what counts
      return kept;
    },
  }));
}

/** Keras on TensorFlow no longer sees the activation behind predictions of which some are ignored: those are what they are. */
function sparseValues(y: Tensor, p: Tensor, logits: boolean): Tensor {
  // Numbers that are no probabilities are kept away from 0 and 1, and then made to sum to 1, as TensorFlow does it.
  return sparseSoftmaxCrossEntropy(logits ? p : log(clip(p, epsilon, 1 - epsilon)), y);
}

/**
 * Binary cross-entropy in which predictions that are nearly right count less (Lin et al. 2017): (1 − pₜ)^gamma times it.
 *
 *   model.compile({ loss: losses.binaryFocalCrossentropy({ gamma: 1, applyClassBalancing: true }) });
 */
export function binaryFocalCrossentropy(options: FocalOptions & { applyClassBalancing?: boolean } = {}): Loss {
  const own = { applyClassBalancing: flag(false), ...focalFields };
  return withOptions("binaryFocalCrossentropy", "BinaryFocalCrossentropy", options, own, (o) => ({
    name: "binary_focal_crossentropy",
    targets: sameAsPrediction,
    range: [0, 1],
    formula: (target, prediction) => {
      const y = smoothBinary(target, o.labelSmoothing);
      const p = o.fromLogits ? sigmoid(prediction) : prediction;
      const wrong = sub(add(y, p), mul(mul(y, p), 2)); // 1 − pₜ = y (1 − p) + (1 − y) p
      const focal = mul(pow(wrong, o.gamma), binaryElements(y, p, false));
      if (!o.applyClassBalancing) return mean(focal, [o.axis]);
      return mean(mul(focal, add(mul(y, o.alpha), mul(sub(1, y), 1 - o.alpha))), [o.axis]);
    },
  }));
}

/**
 * Categorical cross-entropy in which rows that are nearly right count less: Σ alpha (1 − p)^gamma (−y log p).
 *
 *   model.compile({ loss: losses.categoricalFocalCrossentropy({ gamma: 1 }) });
 */
export function categoricalFocalCrossentropy(options: FocalOptions = {}): Loss {
  return withOptions("categoricalFocalCrossentropy", "CategoricalFocalCrossentropy", options, focalFields, (o) => ({
    name: "categorical_focal_crossentropy",
    targets: sameAsPrediction,
    range: [0, 1],
    formula: (target, prediction) => {
      const y = smoothRows(lastAxis(target, o.axis), o.labelSmoothing);
      const given = lastAxis(prediction, o.axis);
      const p = normalised(o.fromLogits ? softmax(given) : given);
      return neg(sum(mul(mul(pow(sub(1, p), o.gamma), o.alpha), mul(y, log(p))), [-1]));
    },
  }));
}

/** Element by element: from logits where they can be had, else from probabilities kept away from 0 and 1. */
function binaryElements(y: Tensor, p: Tensor, fromLogits: boolean): Tensor {
  const logits = logitsBehind(p) ?? (fromLogits ? p : null);
  if (logits) return binaryCrossEntropy(logits, y);
  const q = clip(p, epsilon, 1 - epsilon);
  return neg(add(mul(y, log(q)), mul(sub(1, y), log(sub(1, q)))));
}

const smoothBinary = (y: Tensor, s: number): Tensor => (s === 0 ? y : add(mul(y, 1 - s), s / 2));
const smoothRows = (y: Tensor, s: number): Tensor => (s === 0 ? y : add(mul(y, 1 - s), s / y.shape.at(-1)!));
