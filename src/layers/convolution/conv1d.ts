import { kerasForm, kernelKeys } from "../keras-form.ts";
import type { Layer } from "../layer.ts";
import { Convolution, type ConvolutionOptions } from "./convolution.ts";
import { type Padding, paddings, type Windows } from "./windows.ts";

export interface Conv1DOptions extends ConvolutionOptions {
  /** Steps from one window to the next. Default 1. */
  strides?: number;
  /**
   * `"valid"`: whole windows only; `"same"`: zeros at both ends; `"causal"`: zeros before the first step, so that no step sees a
   * later one. Default `"valid"`.
   */
  padding?: Padding;
  /** Steps between neighbouring entries of a window. Default 1: none are skipped. */
  dilationRate?: number;
}

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

export class Conv1D extends Convolution {
  readonly className = "Conv1D";
  readonly factory = "conv1d";
  readonly windows: Windows;

  constructor(filters: number, kernelSize: number, options: Conv1DOptions) {
    super("conv1d", 1, filters, kernelSize, options, paddings);
    this.windows = this.grid[0];
  }
}
