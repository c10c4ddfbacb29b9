import { clip, div } from "../../ops/elementwise.ts";
import { sum } from "../../ops/reduce.ts";
import { transpose } from "../../ops/view.ts";
import { axisOf, type DType, type PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Field, oneOf, readOptions } from "../options.ts";

/**
 * Reduction of the losses of a batch's elements to one number, by Keras's names: their mean (`"sum_over_batch_size"`, `"mean"`), their
 * sum, or their sum divided by the sum of the sample weights and the mask.
 */
export type Reduction = "sum_over_batch_size" | "mean" | "sum" | "mean_with_sample_weight";

export interface ReductionOptions {
  /** Reduction of the losses of rows to one number. Default `"sum_over_batch_size"`. */
  reduction?: Reduction;
}

/** A loss: what targets it wants, and one number per sample (and step). */
export interface Loss {
  /** Keras's name in snake case, for files: `binary_crossentropy`. */
  readonly name: string;
  /** Default `"sum_over_batch_size"`. */
  readonly reduction?: Reduction;
  /** Keras's class and config, where options differ from its defaults; files say the name otherwise. */
  readonly described?: Described;
  /** dtype and shape of the targets for predictions of a shape; the model checks and reshapes the user's targets. */
  targets(prediction: PartialShape): { shape: PartialShape; dtype: DType };
  /** Labels must be whole numbers below this; undefined: any number. */
  labelLimit?(prediction: PartialShape): number;
  /** A label accepted beside those: it marks targets that do not count. */
  readonly ignoredLabel?: number | null;
  /** Targets outside are refused. */
  readonly range?: readonly [number, number];
  /** Whether a step's number follows from other steps too: then padded ones count in it, as in Keras. */
  readonly mixesSteps?: boolean;
  /** targets, predictions [B, ..., V] → [B, ...]. */
  formula(target: Tensor, prediction: Tensor): Tensor;
}

/** A loss or metric as an object in Keras's files. */
export interface Described {
  /** Keras's class. */
  readonly className: string;
  /** Keras's config. */
  readonly config: Readonly<Record<string, number | boolean | string | null | readonly number[]>>;
}

export const epsilon = 1e-7; // Keras's keras.config.epsilon()

export const sameAsPrediction = (prediction: PartialShape) => ({ shape: prediction, dtype: "f32" as const });

/** A loss over targets of the prediction's shape, without options. */
export const plain = (name: string, formula: Loss["formula"]): Loss => ({ name, targets: sameAsPrediction, formula });

/**
 * Reads a loss's options and builds it; `className` is Keras's. Options at their defaults leave the loss its plain name in
 * files.
 */
export function withOptions<F extends Record<string, Field<unknown>>>(
  who: string,
  className: string,
  options: object,
  fields: F,
  build: (read: ReturnType<typeof readOptions<F>>) => Loss,
): Loss {
  const read = readOptions(who, options, { ...fields, reduction });
  const loss = { ...build(read as ReturnType<typeof readOptions<F>>), reduction: read.reduction as Reduction };
  const values = read as Readonly<Record<string, never>>;
  const own = Object.keys(fields);
  if (loss.reduction === reduction.otherwise && own.every((key) => values[key] === fields[key].otherwise)) return loss;
  const config = own.map((key) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), values[key]]);
  const base = { name: loss.name, reduction: loss.reduction };
  return { ...loss, described: { className, config: { ...base, ...Object.fromEntries(config) } } };
}

const reduction = oneOf<Reduction>(
  ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"],
  "sum_over_batch_size",
);

/** A loss of Keras's over targets of the prediction's shape, with no options but its reduction. */
export const simple =
  (who: string, className: string, formula: Loss["formula"]) =>
  (options: ReductionOptions = {}): Loss =>
    withOptions(who, className, options, {}, () => plain(snakeName(who), formula));

const snakeName = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** The sigmoid or softmax that made `t`; null where something else did. */
export function activationBehind({ node }: Tensor): Tensor["node"] {
  if (node?.inputs.length !== 1) return null;
  return node.op.name === "softmax" || (node.op.name === "unary" && node.attrs.fn === "sigmoid") ? node : null;
}

/**
 * The input of the sigmoid or softmax that made `t`. Keras on TensorFlow computes either cross-entropy from it, also where
 * the activation is the other one: `dense(3, { activation: "sigmoid" })` under a categorical cross-entropy is softmax
 * cross-entropy of what the sigmoid was given.
 */
export const logitsBehind = (t: Tensor): Tensor | null => activationBehind(t)?.inputs[0] ?? null;

/** Rows that sum to 1, kept away from 0 and 1. */
export const normalised = (p: Tensor): Tensor => clip(div(p, sum(p, [-1], true)), epsilon, 1 - epsilon);

/** An axis moved to the end. */
export function lastAxis(t: Tensor, axis: number): Tensor {
  const rank = t.shape.length;
  const a = axisOf(axis, rank);
  if (a === rank - 1) return t;
  const others = t.shape.map((_, i) => i).filter((i) => i !== a);
  return transpose(t, [...others, a]);
}

/** A partial shape without one axis. */
export const without = (shape: PartialShape, axis: number): PartialShape => {
  const a = axisOf(axis, shape.length);
  return shape.filter((_, i) => i !== a);
};
