import { add, mul } from "../../ops/elementwise.ts";
import { reshape, sliceAxis } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type ActivationLike, activationOf, type UsedActivation } from "../core/activations.ts";
import { kerasForm, penaltyKeys } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, type LayerOptions, positiveInteger } from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import {
  addActivityLoss,
  type PenaltyOptions,
  penaltiesOf,
  penaltyConfig,
  penaltyNames,
} from "../weights/penalties.ts";
import { knownFeatures, type Windows, windowCount, windowEntries, windowsConfig, windowsOf } from "./windows.ts";

/** Keys of layers with a depthwise kernel in Keras's files. */
export const depthwiseKeys = [
  ...["strides", "padding", "dilation_rate", "depth_multiplier"],
  ...["activation", "use_bias", "depthwise_initializer", "bias_initializer"],
];

/** Options that depthwiseConv1d and separableConv1d share. */
export interface DepthwiseOptions extends LayerOptions {
  /** Steps from one window to the next. Default 1. */
  strides?: number;
  /** `"valid"` (default): whole windows only; `"same"`: zeros at both ends, so that the steps stay as many over `strides`. */
  padding?: "valid" | "same";
  /** Steps between neighbouring entries of a window. Default 1: none are skipped. */
  dilationRate?: number;
  /** Output features for each input feature. Default 1. */
  depthMultiplier?: number;
  /** Applied to the result. Default `"linear"`: none. */
  activation?: ActivationLike;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Initializer of the depthwise kernel. Default `"glorotUniform"`. */
  depthwiseInitializer?: InitializerLike;
  /** Initializer of the bias. Default `"zeros"`. */
  biasInitializer?: InitializerLike;
}
export type DepthwiseConv1DOptions = DepthwiseOptions & PenaltyOptions<"depthwise" | "bias">;

export const depthwiseNames = [
  ...["strides", "padding", "dilationRate", "depthMultiplier", "activation", "useBias"],
  ...["depthwiseInitializer", "biasInitializer"],
];
const weights = ["depthwise", "bias"];

/**
 * Filters over windows of kernelSize steps, for each feature separately: [B, T, C] → [B, steps, C · depthMultiplier].
 * Weights: kernel [kernelSize, C, depthMultiplier], bias [C · depthMultiplier]. A mask ends here, as in Keras.
 *
 *   sequential([input([20, 3]), depthwiseConv1d(5, { padding: "same" }), lstm(16)]);
 */
export function depthwiseConv1d(kernelSize: number, options: DepthwiseConv1DOptions = {}): Layer {
  return new DepthwiseConv1D(kernelSize, options);
}
kerasForm(depthwiseConv1d, {
  className: "DepthwiseConv1D",
  args: ["kernel_size"],
  options: [...depthwiseKeys, ...penaltyKeys("depthwise", "bias")],
  single: ["kernel_size", "strides", "dilation_rate"],
  featuresLast: true,
});

export class DepthwiseConv1D extends Layer {
  readonly className = "DepthwiseConv1D";
  readonly factory = "depthwiseConv1d";
  readonly windows: Windows;
  readonly multiplier: number;
  readonly options: DepthwiseConv1DOptions;
  readonly #activation: UsedActivation;
  #kernel!: Weight;
  #bias: Weight | null = null;

  constructor(kernelSize: number, options: DepthwiseConv1DOptions) {
    super(options);
    knownOptions(options, [...depthwiseNames, ...penaltyNames(weights)], "depthwiseConv1d");
    this.options = options;
    this.windows = windowsOf(kernelSize, options, "depthwiseConv1d", ["valid", "same"]);
    this.multiplier = positiveInteger(options.depthMultiplier ?? 1, "depthwiseConv1d", "depthMultiplier");
    this.#activation = activationOf(options.activation ?? "linear", "depthwiseConv1d");
  }

  override build(input: PartialShape): void {
    const c = knownFeatures(input, this.label);
    windowCount(input, this.windows, this.label);
    const { depthwiseInitializer, biasInitializer, useBias } = this.options;
    const shape = [this.windows.size, c, this.multiplier];
    const penalties = penaltiesOf(this.options, "depthwise", this.label);
    this.#kernel = this.addWeight("kernel", shape, depthwiseInitializer ?? "glorotUniform", penalties);
    if (useBias !== false) {
      const biases = penaltiesOf(this.options, "bias", this.label);
      this.#bias = this.addWeight("bias", [c * this.multiplier], biasInitializer ?? "zeros", biases);
    }
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    const count = windowCount(input, this.windows, this.label);
    return this.#activation.outputShape([input[0], count, input[2] === null ? null : input[2] * this.multiplier]);
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const z = depthwise(windowEntries(x, this.windows, this.label), context.weight(this.#kernel));
    const y = this.#activation.formula(this.#bias ? add(z, context.weight(this.#bias)) : z, context);
    addActivityLoss(this.options, y, context);
    return y;
  }
  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      depth_multiplier: this.multiplier,
      ...windowsConfig(this.windows),
      activation: this.#activation.config,
      use_bias: o.useBias ?? true,
      depthwise_initializer: initializerConfig(o.depthwiseInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...penaltyConfig(o, weights, "always"),
    };
  }
}

/** Entries of windows, each [B, n, C], times kernel [K, C, M], summed over the windows: [B, n, C · M]. */
export function depthwise(entries: readonly Tensor[], kernel: Tensor): Tensor {
  const [b, n, c] = entries[0].shape;
  const m = kernel.shape[2];
  const terms = entries.map((e, k) => mul(reshape(e, [b, n, c, 1]), reshape(sliceAxis(kernel, 0, k, 1), [c, m])));
  return reshape(
    terms.reduce((sum, t) => add(sum, t)),
    [b, n, c * m],
  );
}
