import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { add, div, mul, sqrt, square, sub } from "../../ops/elementwise.ts";
import { mean } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import { axisOf, type PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm, normalizationKeys } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import {
  type ConfigValue,
  initializerConfig,
  knownOptions,
  type LayerOptions,
  numberFromZero,
  show,
} from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import { type PenaltyOptions, penaltiesOf, penaltyConfig, penaltyNames } from "../weights/penalties.ts";
import { sizesOf } from "./normalised-axes.ts";

export interface GroupNormalizationOptions extends LayerOptions, PenaltyOptions<"beta" | "gamma"> {
  /** Number of groups the features are split into; −1: as many as features. Default 32. */
  groups?: number;
  /** The axis of the features. Default −1. */
  axis?: number;
  /** Added to the variance before its root is taken. Default 0.001. */
  epsilon?: number;
  /** Whether beta is added. Default true. */
  center?: boolean;
  /** Whether the result is multiplied by gamma. Default true. */
  scale?: boolean;
  /** Initializer of beta. Default `"zeros"`. */
  betaInitializer?: InitializerLike;
  /** Initializer of gamma. Default `"ones"`. */
  gammaInitializer?: InitializerLike;
}

const weights = ["beta", "gamma"];
const optionNames = [
  ...["groups", "axis", "epsilon", "center", "scale", "betaInitializer", "gammaInitializer"],
  ...penaltyNames(weights),
];

/**
 * Each group of features of a row with mean 0 and variance 1 over the group and all steps, times gamma, plus beta (Wu & He
 * 2018): any shape, unchanged. Weights: gamma and beta, each [features]. Masked steps are counted, as in Keras.
 *
 *   sequential([input([20, 8]), conv1d(16, 3), groupNormalization({ groups: 4 }), globalAveragePooling1d(), dense(1)]);
 */
export function groupNormalization(options: GroupNormalizationOptions = {}): Layer {
  return new GroupNormalization(options);
}
kerasForm(groupNormalization, { className: "GroupNormalization", options: ["groups", "axis", ...normalizationKeys] });

export class GroupNormalization extends Layer {
  readonly className = "GroupNormalization";
  readonly factory = "groupNormalization";
  readonly options: GroupNormalizationOptions;
  readonly epsilon: number;
  readonly axis: number;
  #groups: number;
  #gamma: Weight | null = null;
  #beta: Weight | null = null;

  constructor(options: GroupNormalizationOptions) {
    super(options);
    knownOptions(options, optionNames, "groupNormalization");
    this.options = options;
    this.epsilon = numberFromZero(options.epsilon ?? 1e-3, "groupNormalization", "epsilon");
    this.axis = options.axis ?? -1;
    this.#groups = options.groups ?? 32;
    if (!Number.isInteger(this.#groups) || (this.#groups < 1 && this.#groups !== -1)) {
      const next = "-1 makes a group of each feature.";
      throw new DataError(
        problem("groupNormalization", "groups as a whole number above 0, or -1", show(options.groups), next),
      );
    }
    if (!Number.isInteger(this.axis) || this.axis === 0) {
      const next = "Axis -1 is that of the features.";
      throw new DataError(
        problem("groupNormalization", "axis as a whole number other than 0", show(options.axis), next),
      );
    }
  }

  override build(input: PartialShape): void {
    const [d] = sizesOf([this.axis], input, this.label);
    if (this.#groups === -1) this.#groups = d;
    if (d % this.#groups !== 0) {
      const next = `Set groups to a number that divides ${d}; it is ${this.options.groups === undefined ? "32 by default" : this.#groups}.`;
      throw new ShapeError(problem(this.label, `features divisible by ${this.#groups} groups`, showShape(input), next));
    }
    const weight = (name: "gamma" | "beta", init: InitializerLike) =>
      this.addWeight(name, [d], init, penaltiesOf(this.options, name, this.label));
    const { scale, center, gammaInitializer, betaInitializer } = this.options;
    if (scale !== false) this.#gamma = weight("gamma", gammaInitializer ?? "ones");
    if (center !== false) this.#beta = weight("beta", betaInitializer ?? "zeros");
  }

  override forward(x: Tensor, context: CallContext): Tensor {
    const axis = axisOf(this.axis, x.shape.length);
    const apart = (d: number, i: number): number[] => (i === axis ? [this.#groups, d / this.#groups] : [d]);
    const z = reshape(x, x.shape.flatMap(apart)); // [..., groups, features / groups, ...]
    const axes = z.shape.flatMap((_, i) => (i === 0 || i === axis ? [] : [i]));
    const centered = sub(z, mean(z, axes, true));
    const wide = x.shape.map((d, i) => (i === axis ? d : 1));
    let y = reshape(div(centered, sqrt(add(mean(square(centered), axes, true), this.epsilon))), x.shape);
    if (this.#gamma) y = mul(y, reshape(context.weight(this.#gamma), wide));
    if (this.#beta) y = add(y, reshape(context.weight(this.#beta), wide));
    y.mask = x.mask;
    return y;
  }

  config(): Record<string, ConfigValue> {
    const { center, scale, betaInitializer, gammaInitializer } = this.options;
    return {
      groups: this.#groups,
      axis: this.axis,
      epsilon: this.epsilon,
      center: center ?? true,
      scale: scale ?? true,
      beta_initializer: initializerConfig(betaInitializer ?? "zeros"),
      gamma_initializer: initializerConfig(gammaInitializer ?? "ones"),
      ...penaltyConfig(this.options, weights),
    };
  }
}
