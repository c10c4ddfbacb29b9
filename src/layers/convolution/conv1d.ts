import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { linear } from "../../ops/matmul.ts";
import { concat, reshape, sliceAxis } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type ActivationLike, activationOf, type UsedActivation } from "../core/activations.ts";
import { kerasForm, kernelKeys } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import {
  type ConfigValue,
  initializerConfig,
  knownOptions,
  type LayerOptions,
  positiveInteger,
  rankOf,
} from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import {
  addActivityLoss,
  type PenaltyOptions,
  penaltiesOf,
  penaltyConfig,
  penaltyNames,
} from "../weights/penalties.ts";
import {
  type Padding,
  paddings,
  refuseStridesWithGaps,
  type Windows,
  windowCount,
  windowEntries,
  windowsConfig,
  windowsOf,
} from "./windows.ts";

export interface Conv1DOptions extends LayerOptions, PenaltyOptions<"kernel" | "bias"> {
  /** Steps from one window to the next. Default 1. */
  strides?: number;
  /**
   * `"valid"`: whole windows only; `"same"`: zeros at both ends; `"causal"`: zeros before the first step, so that no step sees a
   * later one. Default `"valid"`.
   */
  padding?: Padding;
  /** Steps between neighbouring entries of a window. Default 1: none are skipped. */
  dilationRate?: number;
  /** Groups that the features are split into, each with separate filters. Default 1. */
  groups?: number;
  /** Applied to the result. Default `"linear"`: none. */
  activation?: ActivationLike;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Initializer of the kernel. Default `"glorotUniform"`. */
  kernelInitializer?: InitializerLike;
  /** Initializer of the bias. Default `"zeros"`. */
  biasInitializer?: InitializerLike;
}

const weights = ["kernel", "bias"];
const optionNames = [
  ...["strides", "padding", "dilationRate", "groups", "activation", "useBias", "kernelInitializer", "biasInitializer"],
  ...penaltyNames(weights),
];

/**
 * Filters over windows of kernelSize steps: [B, T, C] → [B, steps, filters] (LeCun et al. 1989; causal and dilated, van den
 * Oord et al. 2016). Weights: kernel [kernelSize, C / groups, filters], bias [filters]. A mask ends here, as in Keras.
 *
 *   sequential([embedding(10_000, 64), conv1d(32, 5, { activation: "relu" }), maxPooling1d(2), lstm(32), dense(1)]);
 */
export function conv1d(filters: number, kernelSize: number, options: Conv1DOptions = {}): Layer {
  return new Conv1D(filters, kernelSize, options);
}
kerasForm(conv1d, {
  className: "Conv1D",
  args: ["filters", "kernel_size"],
  options: ["strides", "padding", "dilation_rate", "groups", ...kernelKeys],
  single: ["kernel_size", "strides", "dilation_rate"],
  refused: ["lora_rank"],
  featuresLast: true,
});

export class Conv1D extends Layer {
  readonly className = "Conv1D";
  readonly factory = "conv1d";
  readonly filters: number;
  readonly groups: number;
  readonly windows: Windows;
  readonly options: Conv1DOptions;
  readonly #activation: UsedActivation;
  #kernel!: Weight;
  #bias: Weight | null = null;

  constructor(filters: number, kernelSize: number, options: Conv1DOptions) {
    super(options);
    knownOptions(options, optionNames, "conv1d");
    this.options = options;
    this.filters = positiveInteger(filters, "conv1d", "filters");
    this.groups = positiveInteger(options.groups ?? 1, "conv1d", "groups");
    this.windows = windowsOf(kernelSize, options, "conv1d", paddings);
    this.#activation = activationOf(options.activation ?? "linear", "conv1d");
    refuseStridesWithGaps(this.windows, "conv1d");
    if (this.filters % this.groups !== 0) {
      throw new DataError(
        problem(
          "conv1d",
          `filters divisible by ${this.groups} groups`,
          `${this.filters}`,
          "Each group has as many filters as every other.",
        ),
      );
    }
  }

  override build(input: PartialShape): void {
    rankOf(input, 3, this.label, "x [B, T, C]");
    const c = input[2];
    if (c === null || c % this.groups !== 0) {
      const expected = this.groups === 1 ? "a known number of features" : `features divisible by ${this.groups} groups`;
      const next = "Each group reads as many features as every other: change groups, or the layer before.";
      throw new ShapeError(problem(this.label, expected, showShape(input), next));
    }
    windowCount(input, this.windows, this.label);
    const { kernelInitializer, biasInitializer, useBias } = this.options;
    const penalties = (weight: string) => penaltiesOf(this.options, weight, this.label);
    const shape = [this.windows.size, c / this.groups, this.filters];
    this.#kernel = this.addWeight("kernel", shape, kernelInitializer ?? "glorotUniform", penalties("kernel"));
    if (useBias !== false)
      this.#bias = this.addWeight("bias", [this.filters], biasInitializer ?? "zeros", penalties("bias"));
  }

  override computeOutputShape(input: PartialShape): PartialShape {
    const count = windowCount(input, this.windows, this.label);
    return this.#activation.outputShape([input[0], count, this.filters]);
  }

  override forward(x: Tensor, context: CallContext): Tensor {
    const kernel = context.weight(this.#kernel); // [K, C / groups, F]
    const bias = this.#bias && context.weight(this.#bias);
    const entries = windowEntries(x, this.windows, this.label); // K times [B, count, C]
    const [size, inside, filters] = kernel.shape;
    const outside = filters / this.groups;
    const group = (g: number): Tensor => {
      const own = entries.map((e) => (this.groups === 1 ? e : sliceAxis(e, 2, g * inside, inside)));
      const columns = concat(own, -1); // [B, count, K · C / groups]
      const filter = reshape(sliceAxis(kernel, 2, g * outside, outside), [size * inside, outside]);
      return linear(columns, filter, bias && sliceAxis(bias, 0, g * outside, outside));
    };
    const groups = Array.from({ length: this.groups }, (_, g) => group(g));
    const y = this.#activation.formula(concat(groups, -1), context);
    addActivityLoss(this.options, y, context);
    return y;
  }

  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      filters: this.filters,
      ...windowsConfig(this.windows),
      groups: this.groups,
      activation: this.#activation.config,
      use_bias: o.useBias ?? true,
      kernel_initializer: initializerConfig(o.kernelInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...penaltyConfig(o, weights, "always"),
    };
  }
}
