import { linear } from "../../ops/matmul.ts";
import { reshape } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { activationOf, type UsedActivation } from "../core/activations.ts";
import { kerasForm, penaltyKeys } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, positiveInteger } from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import {
  addActivityLoss,
  type PenaltyOptions,
  penaltiesOf,
  penaltyConfig,
  penaltyNames,
} from "../weights/penalties.ts";
import { type DepthwiseOptions, depthwise, depthwiseKeys, depthwiseNames } from "./depthwise-conv1d.ts";
import { knownFeatures, type Windows, windowCount, windowEntries, windowsConfig, windowsOf } from "./windows.ts";

export interface SeparableConv1DOptions extends DepthwiseOptions, PenaltyOptions<"depthwise" | "pointwise" | "bias"> {
  /** Initializer of the pointwise kernel. Default `"glorotUniform"`. */
  pointwiseInitializer?: InitializerLike;
}
const weights = ["depthwise", "pointwise", "bias"];

/**
 * Depthwise convolution (windows of each feature separately), then a product over all its outputs (Chollet 2017):
 * [B, T, C] → [B, steps, filters]. Weights: depthwise_kernel [kernelSize, C, M], pointwise_kernel [1, C · M, filters],
 * bias [filters], with M the depthMultiplier. A mask ends here, as in Keras.
 *
 *   sequential([embedding(10_000, 64), separableConv1d(32, 5, { activation: "relu" }), globalMaxPooling1d(), dense(1)]);
 */
export function separableConv1d(filters: number, kernelSize: number, options: SeparableConv1DOptions = {}): Layer {
  return new SeparableConv1D(filters, kernelSize, options);
}
kerasForm(separableConv1d, {
  className: "SeparableConv1D",
  args: ["filters", "kernel_size"],
  options: [...depthwiseKeys, "pointwise_initializer", ...penaltyKeys("depthwise", "pointwise", "bias")],
  single: ["kernel_size", "strides", "dilation_rate"],
  featuresLast: true,
});

export class SeparableConv1D extends Layer {
  readonly className = "SeparableConv1D";
  readonly factory = "separableConv1d";
  readonly filters: number;
  readonly windows: Windows;
  readonly multiplier: number;
  readonly options: SeparableConv1DOptions;
  readonly #activation: UsedActivation;
  #depthwise!: Weight;
  #pointwise!: Weight;
  #bias: Weight | null = null;

  constructor(filters: number, kernelSize: number, options: SeparableConv1DOptions) {
    super(options);
    const who = "separableConv1d";
    knownOptions(options, [...depthwiseNames, "pointwiseInitializer", ...penaltyNames(weights)], who);
    this.options = options;
    this.filters = positiveInteger(filters, who, "filters");
    this.windows = windowsOf(kernelSize, options, who, ["valid", "same"]);
    this.multiplier = positiveInteger(options.depthMultiplier ?? 1, who, "depthMultiplier");
    this.#activation = activationOf(options.activation ?? "linear", who);
  }

  override build(input: PartialShape): void {
    const c = knownFeatures(input, this.label);
    windowCount(input, this.windows, this.label);
    const o = this.options;
    const add = (name: string, kind: string, shape: readonly number[], init: InitializerLike) =>
      this.addWeight(name, shape, init, penaltiesOf(o, kind, this.label));
    const { size } = this.windows;
    const between = c * this.multiplier;
    const glorot = "glorotUniform";
    this.#depthwise = add(
      "depthwise_kernel",
      "depthwise",
      [size, c, this.multiplier],
      o.depthwiseInitializer ?? glorot,
    );
    this.#pointwise = add(
      "pointwise_kernel",
      "pointwise",
      [1, between, this.filters],
      o.pointwiseInitializer ?? glorot,
    );
    if (o.useBias !== false) this.#bias = add("bias", "bias", [this.filters], o.biasInitializer ?? "zeros");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return this.#activation.outputShape([input[0], windowCount(input, this.windows, this.label), this.filters]);
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const z = depthwise(windowEntries(x, this.windows, this.label), context.weight(this.#depthwise));
    const [, between, filters] = this.#pointwise.shape;
    const filter = reshape(context.weight(this.#pointwise), [between, filters]);
    const y = this.#activation.formula(linear(z, filter, this.#bias && context.weight(this.#bias)), context);
    addActivityLoss(this.options, y, context);
    return y;
  }
  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      filters: this.filters,
      depth_multiplier: this.multiplier,
      ...windowsConfig(this.windows),
      activation: this.#activation.config,
      use_bias: o.useBias ?? true,
      depthwise_initializer: initializerConfig(o.depthwiseInitializer ?? "glorotUniform"),
      pointwise_initializer: initializerConfig(o.pointwiseInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...penaltyConfig(o, weights, "always"),
    };
  }
}
