import { add, div, mul, sub } from "../../ops/elementwise.ts";
import { sum } from "../../ops/reduce.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Field, from0 } from "../options.ts";
import { epsilon, type Loss, type ReductionOptions, sameAsPrediction, withOptions } from "./loss.ts";

export interface DiceOptions extends ReductionOptions {
  /** The axes that are summed over, axis 0 being the batch; null: all of them, which gives one number for the whole batch. Default null. */
  axis?: number | readonly number[] | null;
}

export interface TverskyOptions extends DiceOptions {
  /** Weight of false positives. Default 0.5. */
  alpha?: number;
  /** Weight of false negatives. Default 0.5. */
  beta?: number;
}

/**
 * 1 - 2 Σ target · prediction / (Σ target + Σ prediction) (Dice 1945): how little two sets overlap.
 *
 *   model.compile({ optimizer: "adam", loss: losses.dice({ axis: [1, 2] }) });
 */
export function dice(options: DiceOptions = {}): Loss {
  return withOptions("dice", "Dice", options, { axis: axes }, ({ axis }) => ({
    name: "dice",
    mixesSteps: true,
    targets: sameAsPrediction,
    formula: (y, p) => {
      const over = total(axis);
      return sub(1, div(mul(over(mul(y, p)), 2), add(add(over(y), over(p)), epsilon)));
    },
  }));
}

/**
 * Dice loss with separate weights for false positives and false negatives (Salehi et al. 2017); both 0.5 are `dice`.
 *
 *   model.compile({ optimizer: "adam", loss: losses.tversky({ alpha: 0.3, beta: 0.7 }) });
 */
export function tversky(options: TverskyOptions = {}): Loss {
  const fields = { alpha: from0(0.5), beta: from0(0.5), axis: axes };
  return withOptions("tversky", "Tversky", options, fields, ({ alpha, beta, axis }) => ({
    name: "tversky",
    mixesSteps: true,
    targets: sameAsPrediction,
    formula: (y, p) => {
      const over = total(axis);
      const hit = over(mul(y, p));
      // Keras counts a target that was missed with alpha, and a prediction too many with beta.
      const missed = mul(over(mul(sub(1, p), y)), alpha);
      const extra = mul(over(mul(p, sub(1, y))), beta);
      return sub(1, div(hit, add(add(add(hit, missed), extra), epsilon)));
    },
  }));
}

const total =
  (axis: number | readonly number[] | null) =>
  (t: Tensor): Tensor =>
    sum(t, axis === null ? undefined : typeof axis === "number" ? [axis] : axis);

const axes: Field<number | readonly number[] | null> = {
  otherwise: null,
  expected: "an axis, a list of axes, or null for all",
  fits: (v) => v === null || Number.isInteger(v) || (Array.isArray(v) && v.length > 0 && v.every(Number.isInteger)),
};
