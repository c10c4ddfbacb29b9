import { div } from "../../ops/elementwise.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { CallContext, Constraint, Regularizer } from "../layer.ts";
import { type ConfigValue, kerasName, kerasObject } from "../options.ts";
import { type ConstraintLike, constraintOf } from "./constraints.ts";
import { type RegularizerLike, regularizerOf } from "./regularizers.ts";

/** The options of a weight called `kernel` in a layer's options: `kernelRegularizer`, `kernelConstraint`. */
export type PenaltyOptions<Weights extends string> = {
  [K in `${Weights}Regularizer`]?: RegularizerLike | null;
} & {
  [K in `${Weights}Constraint`]?: ConstraintLike | null;
} & {
  /** Penalty on the layer's output, added to the loss for each row of the batch, as in Keras. Default null. */
  activityRegularizer?: RegularizerLike | null;
};

/** The names of those options, for `knownOptions`. */
export const penaltyNames = (weights: readonly string[]): string[] => [
  ...weights.flatMap((w) => [`${w}Regularizer`, `${w}Constraint`]),
  "activityRegularizer",
];

/** Picks the options of one weight, for `addWeight`. */
export function penaltiesOf(
  options: object,
  weight: string,
  who: string,
): { regularizer: Regularizer | null; constraint: Constraint | null } {
  const given = options as Readonly<Record<string, unknown>>;
  return {
    regularizer: regularizerOf(given[`${weight}Regularizer`] as RegularizerLike, `${who} ${weight}Regularizer`),
    constraint: constraintOf(given[`${weight}Constraint`] as ConstraintLike, `${who} ${weight}Constraint`),
  };
}

/** Adds the activity regularizer's penalty on a layer's output [B, ...], for each of its rows, to the loss. */
export function addActivityLoss(options: object, y: Tensor, context: CallContext): void {
  const like = (options as { activityRegularizer?: RegularizerLike }).activityRegularizer;
  if (like) context.addLoss(div(regularizerOf(like)!.penalty(y), y.shape[0]));
}

/**
 * Keras's config keys of all of them, in its order: regularizers of the weights, then constraints. Keras leaves
 * `activity_regularizer` out where there is none, but for some classes: `always`.
 */
export function penaltyConfig(
  options: object,
  weights: readonly string[],
  activity: "given" | "always" = "given",
): Record<string, ConfigValue> {
  const given = options as Readonly<Record<string, unknown>>;
  const regularizer = (key: string) => kerasObject("keras.regularizers", regularizerOf(given[key] as RegularizerLike));
  const constraint = (key: string) => kerasObject("keras.constraints", constraintOf(given[key] as ConstraintLike));
  const entries: [string, ConfigValue][] = weights.map((w) => [
    `${kerasName(w)}_regularizer`,
    regularizer(`${w}Regularizer`),
  ]);
  if (activity === "always" || given.activityRegularizer)
    entries.push(["activity_regularizer", regularizer("activityRegularizer")]);
  for (const w of weights) entries.push([`${kerasName(w)}_constraint`, constraint(`${w}Constraint`)]);
  return Object.fromEntries(entries);
}
