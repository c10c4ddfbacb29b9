import { add, div, mul, sqrt, square, sub } from "../../ops/elementwise.ts";
import { mean } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import { axisOf, type PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm, normalizationKeys } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, type LayerOptions, numberFromZero } from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import { type PenaltyOptions, penaltiesOf, penaltyConfig, penaltyNames } from "../weights/penalties.ts";
import { normalisedAxes, sizesOf } from "./normalised-axes.ts";

export interface LayerNormalizationOptions extends LayerOptions, PenaltyOptions<"beta" | "gamma"> {
  /** The axes that are normalised together. Default −1. */
  axis?: number | readonly number[];
  /** Added to the variance before its root is taken. Default 0.001. */
  epsilon?: number;
  /** Whether beta is added. Default true. */
  center?: boolean;
  /** Whether the result is multiplied by gamma. Default true. */
  scale?: boolean;
  /**
   * Keras's old option: x itself over the standard deviation, without beta; `rmsNormalization` divides by the root mean square.
   * Default false.
   */
  rmsScaling?: boolean;
  /** Initializer of beta. Default `"zeros"`. */
  betaInitializer?: InitializerLike;
  /** Initializer of gamma. Default `"ones"`. */
  gammaInitializer?: InitializerLike;
}

const weights = ["beta", "gamma"];
const optionNames = [
  "axis",
  "epsilon",
  "center",
  "scale",
  "rmsScaling",
  "betaInitializer",
  "gammaInitializer",
  ...penaltyNames(weights),
];

/**
 * Each entry with mean 0 and variance 1 over its features, times gamma, plus beta (Ba et al. 2016): any shape, unchanged.
 * Weights: gamma and beta, of the shape of the normalised axes.
 *
 *   sequential([input([20, 8]), layerNormalization(), lstm(16)]);
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer {
  return new LayerNormalization(options);
}
kerasForm(layerNormalization, {
  className: "LayerNormalization",
  options: ["axis", "rms_scaling", ...normalizationKeys],
});

export class LayerNormalization extends Layer {
  readonly className = "LayerNormalization";
  readonly factory = "layerNormalization";
  readonly options: LayerNormalizationOptions;
  readonly epsilon: number;
  readonly #axis: readonly number[];
  #gamma: Weight | null = null;
  #beta: Weight | null = null;

  constructor(options: LayerNormalizationOptions) {
    super(options);
    knownOptions(options, optionNames, "layerNormalization");
    this.options = options;
    this.epsilon = numberFromZero(options.epsilon ?? 1e-3, "layerNormalization", "epsilon");
    this.#axis = normalisedAxes(options.axis, "layerNormalization");
  }

  override build(input: PartialShape): void {
    const shape = sizesOf(this.#axis, input, this.label);
    const weight = (name: "gamma" | "beta", init: InitializerLike) =>
      this.addWeight(name, shape, init, penaltiesOf(this.options, name, this.label));
    const { scale, center, rmsScaling, gammaInitializer, betaInitializer } = this.options;
    if (scale !== false || rmsScaling) this.#gamma = weight("gamma", gammaInitializer ?? "ones");
    if (center !== false && !rmsScaling) this.#beta = weight("beta", betaInitializer ?? "zeros");
  }

  override forward(x: Tensor, context: CallContext): Tensor {
    const axes = this.#axis.map((a) => axisOf(a, x.shape.length));
    const centered = sub(x, mean(x, axes, true));
    const rms = this.options.rmsScaling === true;
    let y = div(rms ? x : centered, sqrt(add(mean(square(centered), axes, true), this.epsilon)));
    const wide = x.shape.map((d, i) => (axes.includes(i) ? d : 1));
    if (this.#gamma) y = mul(y, reshape(context.weight(this.#gamma), wide));
    if (this.#beta) y = add(y, reshape(context.weight(this.#beta), wide));
    y.mask = x.mask;
    if (!axes.includes(1)) y.prefix = x.prefix; // each step on its own
    return y;
  }

  config(): Record<string, ConfigValue> {
    const { center, scale, betaInitializer, gammaInitializer } = this.options;
    return {
      axis: [...this.#axis],
      epsilon: this.epsilon,
      center: center ?? true,
      scale: scale ?? true,
      ...(this.options.rmsScaling ? { rms_scaling: true } : {}), // not every Keras knows it
      beta_initializer: initializerConfig(betaInitializer ?? "zeros"),
      gamma_initializer: initializerConfig(gammaInitializer ?? "ones"),
      ...penaltyConfig(this.options, weights),
    };
  }
}
