import { constant, maximum, where } from "../ops/elementwise.ts";
import { max } from "../ops/reduce.ts";
import { broadcastTo, concat, reshape, sameNumbers } from "../ops/view.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * The version of Keras whose rules say where a mask goes. In "keras-3.16" recurrent layers, bidirectional and timeDistributed use their mask and
 * pass none on; in "keras-2" a recurrent layer that begins with a given state uses its mask all the same.
 */
export type MaskRules = "keras-3.15" | "keras-3.16" | "keras-2";
/** All rules for masks, the default first. */
export const maskRules: readonly MaskRules[] = ["keras-3.15", "keras-3.16", "keras-2"];

/** A mask [B, T] beside x [B, T, D]: [B, T, 1]. */
export const besideFeatures = (mask: Tensor): Tensor => reshape(mask, [...mask.shape, 1]);

/** x where the mask of one axis less says so, zeros elsewhere, whatever stands there. */
export const keptWhere = (mask: Tensor, x: Tensor): Tensor => where(besideFeatures(mask), x, constant(0, x));

/** The tensor without a mask: for a layer that drops it and returns its input unchanged. */
export const unmasked = (x: Tensor): Tensor => (x.mask ? sameNumbers(x) : x);

/** The logical or of masks; none where one tensor has no mask. */
export function anyMask(masks: readonly (Tensor | undefined)[]): Tensor | undefined {
  if (masks.some((m) => m === undefined)) return undefined;
  return (masks as readonly Tensor[]).reduce((a, b) => (a === b ? a : maximum(a, b)));
}

/** The mask of tensors side by side: an entry counts where any of its features does; those of no mask all count. */
export function joinedMask(inputs: readonly Tensor[], axis: number): Tensor | undefined {
  if (inputs.every((t) => t.mask === undefined)) return undefined;
  const last = inputs[0].shape.length - 1;
  // One flag serves all features of an input, unless the features themselves have flags.
  const narrow = axis === last && inputs.every((t) => t.mask === undefined || t.mask.shape.length === last);
  if (narrow) return anyMask(inputs.map((t) => t.mask)) ?? constant(1, inputs[0], inputs[0].shape.slice(0, -1));
  const flags = inputs.map((t) => {
    if (!t.mask) return constant(1, t, t.shape);
    return t.mask.shape.length < t.shape.length ? broadcastTo(besideFeatures(t.mask), t.shape) : t.mask;
  });
  return max(concat(flags, axis), [-1]);
}
