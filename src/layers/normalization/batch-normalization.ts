import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { add, div, mul, sqrt, square, sub } from "../../ops/elementwise.ts";
import { mean, sum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import { axisOf, type PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm, normalizationKeys } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, type LayerOptions, numberFromZero } from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import { type PenaltyOptions, penaltiesOf, penaltyConfig, penaltyNames } from "../weights/penalties.ts";

export interface BatchNormalizationOptions extends LayerOptions, PenaltyOptions<"beta" | "gamma"> {
  /** The axis of the features, each of which is normalised over everything else. Default −1. */
  axis?: number;
  /** Fraction of the moving averages that a step keeps. Default 0.99. */
  momentum?: number;
  /** Added to the variance before its root is taken. Default 0.001. */
  epsilon?: number;
  /** Whether beta is added. Default true. */
  center?: boolean;
  /** Whether gamma multiplies. Default true. */
  scale?: boolean;
  /** Initializer of beta. Default `"zeros"`. */
  betaInitializer?: InitializerLike;
  /** Initializer of gamma. Default `"ones"`. */
  gammaInitializer?: InitializerLike;
  /** Initializer of the moving mean. Default `"zeros"`. */
  movingMeanInitializer?: InitializerLike;
  /** Initializer of the moving variance. Default `"ones"`. */
  movingVarianceInitializer?: InitializerLike;
}

const weights = ["beta", "gamma"];
const initializers = ["betaInitializer", "gammaInitializer", "movingMeanInitializer", "movingVarianceInitializer"];
const optionNames = ["axis", "momentum", "epsilon", "center", "scale", ...initializers, ...penaltyNames(weights)];

/**
 * Each feature with mean 0 and variance 1 over the batch (and its unmasked steps) while training, over the moving averages
 * otherwise, times gamma, plus beta (Ioffe & Szegedy 2015). With `trainable: false` it uses the moving averages always.
 * Weights: gamma, beta, moving_mean, moving_variance, each [features].
 *
 *   sequential([input([8]), dense(16), batchNormalization(), activation("relu"), dense(1)]);
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  return new BatchNormalization(options);
}
kerasForm(batchNormalization, {
  className: "BatchNormalization",
  options: [...["axis", "momentum", "moving_mean_initializer", "moving_variance_initializer"], ...normalizationKeys],
  single: ["axis"],
  refused: ["renorm", "virtual_batch_size"],
});

export class BatchNormalization extends Layer {
  readonly className = "BatchNormalization";
  readonly factory = "batchNormalization";
  readonly options: BatchNormalizationOptions;
  readonly momentum: number;
  readonly epsilon: number;
  readonly axis: number;
  #gamma: Weight | null = null;
  #beta: Weight | null = null;
  #mean!: Weight;
  #variance!: Weight;

  constructor(options: BatchNormalizationOptions) {
    super(options);
    knownOptions(options, optionNames, "batchNormalization");
    this.options = options;
    this.momentum = numberFromZero(options.momentum ?? 0.99, "batchNormalization", "momentum");
    this.epsilon = numberFromZero(options.epsilon ?? 1e-3, "batchNormalization", "epsilon");
    this.axis = options.axis ?? -1;
    if (!Number.isInteger(this.axis) || this.axis === 0) {
      throw new DataError(
        problem(
          "batchNormalization",
          "axis as a whole number other than 0",
          `${this.axis}`,
          "Axis -1 is that of the features.",
        ),
      );
    }
  }

  override build(input: PartialShape): void {
    const d = input[axisOf(this.axis, input.length)];
    if (d === null) {
      throw new ShapeError(
        problem(
          this.label,
          `axis ${this.axis} of a known size`,
          showShape(input),
          "Give input(...) the number of features.",
        ),
      );
    }
    const o = this.options;
    const weight = (name: "gamma" | "beta", init: InitializerLike) =>
      this.addWeight(name, [d], init, penaltiesOf(o, name, this.label));
    if (o.scale !== false) this.#gamma = weight("gamma", o.gammaInitializer ?? "ones");
    if (o.center !== false) this.#beta = weight("beta", o.betaInitializer ?? "zeros");
    const still = { trainable: false };
    this.#mean = this.addWeight("moving_mean", [d], o.movingMeanInitializer ?? "zeros", still);
    this.#variance = this.addWeight("moving_variance", [d], o.movingVarianceInitializer ?? "ones", still);
  }

  override get callNames(): readonly string[] {
    return ["mask"];
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const axis = axisOf(this.axis, x.shape.length);
    const wide = x.shape.map((d, i) => (i === axis ? d : 1));
    const spread = (w: Weight) => reshape(context.weight(w), wide);
    let center = spread(this.#mean);
    let variance = spread(this.#variance);
    if (context.training && this.trainable) {
      const others = x.shape.flatMap((_, i) => (i === axis ? [] : [i]));
      const now = moments(x, others);
      const keep = (w: Weight, old: Tensor, value: Tensor) =>
        context.update(w, reshape(add(mul(old, this.momentum), mul(value, 1 - this.momentum)), w.shape));
      keep(this.#mean, center, now.mean);
      keep(this.#variance, variance, now.variance);
      center = now.mean;
      variance = now.variance;
    }
    let y = div(sub(x, center), sqrt(add(variance, this.epsilon)));
    if (this.#gamma) y = mul(y, spread(this.#gamma));
    if (this.#beta) y = add(y, spread(this.#beta));
    y.mask = x.mask;
    return y;
  }

  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      axis: this.axis,
      momentum: this.momentum,
      epsilon: this.epsilon,
      center: o.center ?? true,
      scale: o.scale ?? true,
      beta_initializer: initializerConfig(o.betaInitializer ?? "zeros"),
      gamma_initializer: initializerConfig(o.gammaInitializer ?? "ones"),
      moving_mean_initializer: initializerConfig(o.movingMeanInitializer ?? "zeros"),
      moving_variance_initializer: initializerConfig(o.movingVarianceInitializer ?? "ones"),
      ...penaltyConfig(o, weights),
      synchronized: false,
    };
  }
}

/** Mean and (biased) variance over axes that stay as 1, of unmasked steps only; Keras adds 1e-7 to their number. */
function moments(x: Tensor, axes: readonly number[]): { mean: Tensor; variance: Tensor } {
  if (!x.mask) {
    const center = mean(x, axes, true);
    return { mean: center, variance: mean(square(sub(x, center)), axes, true) };
  }
  const valid = reshape(x.mask, [...x.mask.shape, ...x.shape.slice(x.mask.shape.length).map(() => 1)]); // [B, T, 1]
  const each = axes.reduce((n, i) => (i < x.mask!.shape.length ? n : n * x.shape[i]), 1); // numbers that one mask bit stands for
  const count = add(mul(sum(valid, axes, true), each), 1e-7);
  const center = div(sum(mul(x, valid), axes, true), count);
  const squares = mul(valid, square(sub(x, center)));
  return { mean: center, variance: div(sum(squares, axes, true), count) };
}
