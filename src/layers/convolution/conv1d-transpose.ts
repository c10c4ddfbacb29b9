import { DataError, problem } from "../../errors.ts";
import { add } from "../../ops/elementwise.ts";
import { linear } from "../../ops/matmul.ts";
import { pad, reshape, sliceAxis, transpose } from "../../ops/view.ts";
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
  wholeNumber,
} from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import {
  addActivityLoss,
  type PenaltyOptions,
  penaltiesOf,
  penaltyConfig,
  penaltyNames,
} from "../weights/penalties.ts";
import { knownFeatures, reach, refuseStridesWithGaps, type Windows, windowsConfig, windowsOf } from "./windows.ts";

export interface Conv1DTransposeOptions extends LayerOptions, PenaltyOptions<"kernel" | "bias"> {
  /** Steps from one window to the next. Default 1. */
  strides?: number;
  /** `"valid"` (default): whole windows only; `"same"`: zeros at both ends, so that the steps stay as many over `strides`. */
  padding?: "valid" | "same";
  /** Steps added at the end, fewer than strides. Default: as many as make all windows fit, or give T · strides steps (`"same"`). */
  outputPadding?: number | null;
  /** Steps between neighbouring entries of a window. Default 1: none are skipped. */
  dilationRate?: number;
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
  ...["strides", "padding", "outputPadding", "dilationRate", "activation", "useBias"],
  ...["kernelInitializer", "biasInitializer", ...penaltyNames(weights)],
];

/**
 * Transposed convolution, from few steps to many: each step adds kernelSize steps to the output, `strides` further
 * than the step before it did. [B, T, C] → [B, steps, filters], steps = T · strides for "same", (T − 1) · strides +
 * max(kernelSize, strides) for "valid". Weights: kernel [kernelSize, filters, C], bias [filters]. A mask ends here, as in Keras.
 *
 *   sequential([input([24, 3]), conv1d(8, 4, { strides: 2, padding: "same" }), conv1dTranspose(3, 4, { strides: 2, padding: "same" })]);
 */
export function conv1dTranspose(filters: number, kernelSize: number, options: Conv1DTransposeOptions = {}): Layer {
  return new Conv1DTranspose(filters, kernelSize, options);
}
kerasForm(conv1dTranspose, {
  className: "Conv1DTranspose",
  args: ["filters", "kernel_size"],
  options: ["strides", "padding", "output_padding", "dilation_rate", ...kernelKeys],
  single: ["kernel_size", "strides", "output_padding", "dilation_rate"],
  featuresLast: true,
});

export class Conv1DTranspose extends Layer {
  readonly className = "Conv1DTranspose";
  readonly factory = "conv1dTranspose";
  readonly filters: number;
  readonly windows: Windows;
  readonly outputPadding: number | null;
  readonly options: Conv1DTransposeOptions;
  readonly #activation: UsedActivation;
  #kernel!: Weight;
  #bias: Weight | null = null;

  constructor(filters: number, kernelSize: number, options: Conv1DTransposeOptions) {
    super(options);
    const who = "conv1dTranspose";
    knownOptions(options, optionNames, who);
    this.options = options;
    this.filters = positiveInteger(filters, who, "filters");
    this.windows = windowsOf(kernelSize, options, who, ["valid", "same"]);
    const { stride } = this.windows;
    const extra = options.outputPadding ?? null;
    this.outputPadding = extra === null ? null : wholeNumber(extra, who, "outputPadding");
    refuseStridesWithGaps(this.windows, who);
    if (extra !== null && extra >= stride)
      throw new DataError(
        problem(who, `outputPadding below strides, ${stride}`, `${extra}`, "Leave it out, if unsure."),
      );
    this.#activation = activationOf(options.activation ?? "linear", who);
  }

  override build(input: PartialShape): void {
    const c = knownFeatures(input, this.label);
    const { kernelInitializer, biasInitializer, useBias } = this.options;
    const penalties = (weight: string) => penaltiesOf(this.options, weight, this.label);
    const shape = [this.windows.size, this.filters, c];
    this.#kernel = this.addWeight("kernel", shape, kernelInitializer ?? "glorotUniform", penalties("kernel"));
    if (useBias !== false)
      this.#bias = this.addWeight("bias", [this.filters], biasInitializer ?? "zeros", penalties("bias"));
  }

  override computeOutputShape([b, t]: PartialShape): PartialShape {
    return this.#activation.outputShape([b, t === null ? null : this.#count(t), this.filters]);
  }
  #count(t: number): number {
    const { stride, padding, size } = this.windows;
    const wide = reach(this.windows);
    const extra = this.outputPadding;
    if (padding === "valid") return (t - 1) * stride + wide + (extra ?? Math.max(0, stride - wide));
    return extra === null ? t * stride : (t - 1) * stride + (((size - 1) * this.windows.dilation + 1) % 2) + extra;
  }

  override forward(x: Tensor, context: CallContext): Tensor {
    const { size, stride, dilation, padding } = this.windows;
    const [b, t, c] = x.shape;
    const f = this.filters;
    const count = this.#count(t);
    // What the convolution that this one turns round would pad before its `count` steps.
    const total = (Math.ceil(count / stride) - 1) * stride + reach(this.windows) - count;
    const before = padding === "valid" ? 0 : Math.floor(Math.max(0, total) / 2);
    const kernel = reshape(transpose(context.weight(this.#kernel), [2, 0, 1]), [c, size * f]); // [C, K · F]
    const z = linear(x, kernel); // [B, T, K · F]
    const wide = Math.max(before + count, (size - 1) * dilation + t * stride);
    const placed = (k: number): Tensor => {
      const own = reshape(sliceAxis(z, 2, k * f, f), [b, t, 1, f]);
      const apart = stride === 1 ? own : pad(own, [0, 0, 0, 0], [b, t, stride, f]);
      return pad(reshape(apart, [b, t * stride, f]), [0, k * dilation, 0], [b, wide, f]);
    };
    const sum = Array.from({ length: size }, (_, k) => placed(k)).reduce((p, q) => add(p, q));
    const cut = sliceAxis(sum, 1, before, count);
    const y = this.#activation.formula(this.#bias ? add(cut, context.weight(this.#bias)) : cut, context);
    addActivityLoss(this.options, y, context);
    return y;
  }

  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      filters: this.filters,
      ...windowsConfig(this.windows),
      output_padding: this.outputPadding === null ? null : [this.outputPadding],
      activation: this.#activation.config,
      use_bias: o.useBias ?? true,
      kernel_initializer: initializerConfig(o.kernelInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...penaltyConfig(o, weights, "always"),
    };
  }
}
