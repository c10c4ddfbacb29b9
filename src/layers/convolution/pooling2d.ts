import { kerasForm } from "../keras-form.ts";
import type { Layer } from "../layer.ts";
import type { LayerOptions } from "../options.ts";
import type { RowsAndColumns } from "./conv2d.ts";
import { AveragePooling, MaxPooling } from "./pooling.ts";

export interface Pooling2DOptions extends LayerOptions {
  /** Rows and columns from one window to the next. Default: `poolSize`. */
  strides?: RowsAndColumns | null;
  /** `"valid"` (default): whole windows only; `"same"`: windows at the edges may be partial. */
  padding?: "valid" | "same";
}

const form = { args: ["pool_size"], options: ["strides", "padding"], featuresLast: true };

/**
 * The largest number of each channel in windows of an image: [B, H, W, C] → [B, rows, columns, C].
 *
 *   maxPooling2d([2, 1])
 */
export function maxPooling2d(poolSize: RowsAndColumns = 2, options: Pooling2DOptions = {}): Layer {
  return new MaxPooling2D(poolSize, options);
}
kerasForm(maxPooling2d, { className: "MaxPooling2D", ...form });

/**
 * The mean of each channel in windows of an image, padding not counted: [B, H, W, C] → [B, rows, columns, C].
 *
 *   averagePooling2d(3, { strides: 2, padding: "same" })
 */
export function averagePooling2d(poolSize: RowsAndColumns = 2, options: Pooling2DOptions = {}): Layer {
  return new AveragePooling2D(poolSize, options);
}
kerasForm(averagePooling2d, { className: "AveragePooling2D", ...form });

export class MaxPooling2D extends MaxPooling {
  readonly className = "MaxPooling2D";
  readonly factory = "maxPooling2d";

  constructor(poolSize: RowsAndColumns, options: Pooling2DOptions) {
    super("maxPooling2d", 2, poolSize, options);
  }
}

export class AveragePooling2D extends AveragePooling {
  readonly className = "AveragePooling2D";
  readonly factory = "averagePooling2d";

  constructor(poolSize: RowsAndColumns, options: Pooling2DOptions) {
    super("averagePooling2d", 2, poolSize, options);
  }
}
