import { problem, ShapeError, showShape } from "../../errors.ts";
import { add, constant, div, mul } from "../../ops/elementwise.ts";
import { max, mean, sum } from "../../ops/reduce.ts";
import { type PartialShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { counted, spread, weighed } from "../spread.ts";
import type { Reduction } from "./loss.ts";

/**
 * One number for the losses of a batch, by default their mean: Σ loss·weight / count. A mask, of the prediction or of the loss,
 * counts only valid steps, as Keras does; sample weights still divide by the number of elements, unless the reduction is
 * `"mean_with_sample_weight"`. One loss for the whole batch (`dice`) is that number.
 */
export function reduceLoss(
  values: Tensor,
  sampleWeight: Tensor | null,
  mask: Tensor | null,
  reduction: Reduction = "sum_over_batch_size",
  part?: BatchPart,
): Tensor {
  if (values.shape.length === 0) {
    const value = mul(values, wholeWeight(sampleWeight, mask, reduction));
    return part ? mul(value, part.fraction) : value;
  }
  const weight = sampleWeight ? spread(sampleWeight, values.shape) : null;
  const weighted = weight ? weighed(values, weight) : values;
  const masks = [mask && spread(valid(mask, values.shape.length), values.shape), values.mask].filter((m) => m != null);
  const m = masks.length > 0 ? masks.reduce((a, b) => mul(a, b)) : null;
  const total = sum(m ? counted(weighted, m) : weighted);
  if (reduction === "sum") return total;
  const counts = reduction === "mean_with_sample_weight" ? (weight && m ? mul(weight, m) : (weight ?? m)) : m;
  if (!counts) return div(total, part ? sizeOf(values.shape) / part.fraction : sizeOf(values.shape));
  const whole = sum(mul(counts, constant(1, values, values.shape)));
  return div(total, add(part ? part.whole(whole) : whole, 1e-30)); // an all-masked batch has loss 0
}

/** Of a batch whose parts are computed one by one, and their losses added. */
export interface BatchPart {
  /** Rows of the part over those of the batch. */
  readonly fraction: number;
  /** The number that the batch's losses are divided by, where the part's own would be this. */
  whole(own: Tensor): Tensor;
}

/** Weight of one loss for a whole batch: the weights' mean over valid steps, or their sum. */
function wholeWeight(weight: Tensor | null, mask: Tensor | null, reduction: Reduction): Tensor | number {
  const counts = weight && mask ? mul(spread(weight, mask.shape), mask) : (weight ?? mask);
  if (weight && !mask && sizeOf(weight.shape) === 1) return sum(weight); // of a batch of one row Keras reduces nothing
  if (!counts || reduction === "mean_with_sample_weight") return 1;
  if (reduction === "sum") return sum(counts);
  if (!weight) return 1;
  return mask ? div(sum(counts), add(sum(mask), 1e-30)) : mean(counts);
}

/** A mask of more axes than there are losses (one loss for a whole sequence): a row counts if any of its steps does. */
function valid(mask: Tensor, rank: number): Tensor {
  const extra = mask.shape.map((_, i) => i).slice(rank);
  return extra.length === 0 ? mask : max(mask, extra);
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
