import { DataError, problem, ShapeError, showShape, suggest } from "../errors.ts";
import { binaryCrossEntropy, softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from "../ops/cross-entropy.ts";
import { abs, add, clip, div, log, mul, neg, square, sub } from "../ops/elementwise.ts";
import { oneHot } from "../ops/gather.ts";
import { mean, sum } from "../ops/reduce.ts";
import { reshape } from "../ops/view.ts";
import { type DType, type PartialShape, type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A loss: what targets it wants, and one number per sample (and step). */
export interface Loss {
  /** Keras's name in snake case, for files: `binary_crossentropy`. */
  readonly name: string;
  /** dtype and shape of the targets for predictions of a shape; the model checks and reshapes what the user gives. */
  targets(prediction: PartialShape): { shape: PartialShape; dtype: DType };
  /** Labels must be whole numbers below this; undefined: any number. */
  labelLimit?(prediction: PartialShape): number;
  /** Targets outside are refused. */
  readonly range?: readonly [number, number];
  /** targets, predictions [B, ..., V] → [B, ...]. */
  formula(target: Tensor, prediction: Tensor): Tensor;
}

const epsilon = 1e-7; // Keras's keras.config.epsilon()

const sameAsPrediction = (prediction: PartialShape) => ({ shape: prediction, dtype: "f32" as const });

/** The input of the activation that made `t`, so that loss and activation are computed in one, as Keras on TensorFlow does. */
function logitsBehind(t: Tensor, activation: "softmax" | "sigmoid"): Tensor | null {
  const node = t.node;
  if (!node) return null;
  if (activation === "softmax") return node.op.name === "softmax" ? node.inputs[0] : null;
  return node.op.name === "unary" && node.attrs.fn === "sigmoid" ? node.inputs[0] : null;
}

const losses = {
  /** Predictions are probabilities (a sigmoid); targets 0 or 1, of the same shape. */
  binaryCrossentropy: {
    name: "binary_crossentropy",
    targets: sameAsPrediction,
    range: [0, 1],
    formula: (y, p) => {
      const logits = logitsBehind(p, "sigmoid");
      if (logits) return mean(binaryCrossEntropy(logits, y), [-1]);
      const q = clip(p, epsilon, 1 - epsilon);
      return mean(neg(add(mul(y, log(q)), mul(sub(1, y), log(sub(1, q))))), [-1]);
    },
  },
  /** Predictions are probabilities (a softmax); targets one-hot rows of the same shape. */
  categoricalCrossentropy: {
    name: "categorical_crossentropy",
    targets: sameAsPrediction,
    range: [0, 1],
    formula: (y, p) => {
      const logits = logitsBehind(p, "softmax");
      return logits ? softmaxCrossEntropy(logits, y)[0] : neg(sum(mul(y, log(normalised(p))), [-1]));
    },
  },
  /** The same with whole-number labels [B, ...]. */
  sparseCategoricalCrossentropy: {
    name: "sparse_categorical_crossentropy",
    targets: (p) => ({ shape: p.slice(0, -1), dtype: "i32" }),
    labelLimit: (p) => p.at(-1) ?? Number.POSITIVE_INFINITY,
    formula: (y, p) => {
      const logits = logitsBehind(p, "softmax");
      if (logits) return sparseSoftmaxCrossEntropy(logits, y)[0];
      return neg(sum(mul(oneHot(y, p.shape.at(-1)!), log(normalised(p))), [-1]));
    },
  },
  /** Mean of (prediction − target)² over the last axis. */
  meanSquaredError: {
    name: "mean_squared_error",
    targets: sameAsPrediction,
    formula: (y, p) => mean(square(sub(p, y)), [-1]),
  },
  meanAbsoluteError: {
    name: "mean_absolute_error",
    targets: sameAsPrediction,
    formula: (y, p) => mean(abs(sub(p, y)), [-1]),
  },
} as const satisfies Record<string, Loss>;

/** Rows that sum to 1, kept away from 0 and 1. */
const normalised = (p: Tensor): Tensor => clip(div(p, sum(p, [-1], true)), epsilon, 1 - epsilon);

const aliases: Readonly<Record<string, LossName>> = {
  mse: "meanSquaredError",
  mae: "meanAbsoluteError",
  binaryCrossEntropy: "binaryCrossentropy",
  categoricalCrossEntropy: "categoricalCrossentropy",
  sparseCategoricalCrossEntropy: "sparseCategoricalCrossentropy",
};

export type LossName = keyof typeof losses;
export type LossLike = LossName | "mse" | "mae" | Loss;

/** The loss behind a name; Keras's own spelling (`binary_crossentropy`) is understood too. */
export function lossOf(like: LossLike): Loss {
  if (typeof like !== "string") return like;
  const name = like.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
  const key = Object.hasOwn(aliases, name) ? aliases[name] : name;
  if (!Object.hasOwn(losses, key))
    throw new DataError(
      problem("compile", "a known loss", `"${like}"`, suggest(like, [...Object.keys(losses), "mse", "mae"])),
    );
  return losses[key as LossName];
}

/**
 * The mean over samples: Σ loss·weight / count. A mask counts only valid steps, as Keras does; sample weights still divide
 * by the number of elements.
 */
export function reduceLoss(values: Tensor, sampleWeight: Tensor | null, mask: Tensor | null): Tensor {
  let weighted = values;
  if (sampleWeight) weighted = mul(weighted, spread(sampleWeight, values.shape));
  const total = sizeOf(values.shape);
  if (!mask) return div(sum(weighted), total);
  const m = spread(mask, values.shape);
  return div(sum(mul(weighted, m)), add(sum(m), 1e-30)); // an all-masked batch has loss 0
}

/** A weight per sample [B] (or per step [B, T]) against values [B, ...]. */
export function spread(weight: Tensor, shape: Shape): Tensor {
  if (weight.shape.length >= shape.length) return reshape(weight, shape);
  return reshape(weight, [...weight.shape, ...shape.slice(weight.shape.length).map(() => 1)]);
}

/** Brings targets to the shape a loss wants: [N] for [N, 1] and the other way round; refuses the rest with a next step. */
export function fitTargets(shape: Shape, wanted: PartialShape, loss: string): Shape {
  const fits = (s: PartialShape) =>
    s.length === wanted.length && s.every((d, i) => i === 0 || wanted[i] === null || d === wanted[i]);
  if (fits(shape)) return shape;
  const widened = [...shape, 1];
  if (fits(widened)) return widened;
  if (shape.at(-1) === 1 && fits(shape.slice(0, -1))) return shape.slice(0, -1);
  const width = wanted.at(-1);
  const next =
    loss === "categorical_crossentropy" && shape.length === wanted.length - 1
      ? `Labels as whole numbers need loss "sparseCategoricalCrossentropy", or toCategorical(y, ${width}).`
      : loss === "sparse_categorical_crossentropy" && shape.length === wanted.length + 1
        ? 'One-hot targets need loss "categoricalCrossentropy".'
        : loss === "binary_crossentropy" && (width ?? 1) > 1
          ? `The model ends in ${width} outputs; a yes/no answer needs dense(1, { activation: "sigmoid" }) at the end.`
          : "Give one target per prediction, or change the model's last layer.";
  throw new ShapeError(
    problem(`fit, loss ${loss}`, `targets ${showShape(["N" as never, ...wanted.slice(1)])}`, showShape(shape), next),
  );
}
