import { kerasForm, kernelKeys } from "../keras-form.ts";
import type { Layer } from "../layer.ts";
import { Convolution, type ConvolutionOptions } from "./convolution.ts";

/** A number for rows and columns, or one for each. */
export type RowsAndColumns = number | readonly [rows: number, columns: number];

export interface Conv2DOptions extends ConvolutionOptions {
  /** Rows and columns from one window to the next. Default 1. */
  strides?: RowsAndColumns;
  /** `"valid"`: whole windows only; `"same"`: zeros at all edges. Default `"valid"`. */
  padding?: "valid" | "same";
  /** Rows and columns between neighbouring entries of a window. Default 1: none are skipped. */
  dilationRate?: RowsAndColumns;
}

/**
 * Filters over windows of an image: [B, H, W, C] → [B, rows, columns, filters] (LeCun et al. 1989). Weights: kernel
 * [kernelSize, kernelSize, C / groups, filters], bias [filters]. Frames of a video go through it one by one in `timeDistributed`:
 *
 *   sequential([input([16, 32, 32, 3]), timeDistributed(conv2d(8, 3, { activation: "relu" })),
 *     timeDistributed(maxPooling2d()), timeDistributed(flatten()), lstm(32), dense(5)]);
 */
export function conv2d(filters: number, kernelSize: RowsAndColumns, options: Conv2DOptions = {}): Layer {
  return new Conv2D(filters, kernelSize, options);
}
kerasForm(conv2d, {
  className: "Conv2D",
  args: ["filters", "kernel_size"],
  options: ["strides", "padding", "dilation_rate", "groups", ...kernelKeys],
  refused: ["lora_rank"],
  featuresLast: true,
});

export class Conv2D extends Convolution {
  readonly className = "Conv2D";
  readonly factory = "conv2d";

  constructor(filters: number, kernelSize: RowsAndColumns, options: Conv2DOptions) {
    super("conv2d", 2, filters, kernelSize, options, ["valid", "same"]);
  }
}
