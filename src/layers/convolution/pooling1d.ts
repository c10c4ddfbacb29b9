import { kerasForm } from "../keras-form.ts";
import type { Layer } from "../layer.ts";
import type { LayerOptions } from "../options.ts";
import { AveragePooling, MaxPooling } from "./pooling.ts";

export interface Pooling1DOptions extends LayerOptions {
  /** Steps from one window to the next. Default: `poolSize`. */
  strides?: number | null;
  /** `"valid"` (default): whole windows only; `"same"`: windows at both ends may be partial. */
  padding?: "valid" | "same";
}

const form = {
  args: ["pool_size"],
  options: ["strides", "padding"],
  single: ["pool_size", "strides"],
  featuresLast: true,
};

/**
 * The largest number of each feature in windows of poolSize steps: [B, T, D] → [B, steps, D]. A mask ends here, as in Keras.
 *
 *   maxPooling1d(2)
 */
export function maxPooling1d(poolSize = 2, options: Pooling1DOptions = {}): Layer {
  return new MaxPooling1D(poolSize, options);
}
kerasForm(maxPooling1d, { className: "MaxPooling1D", ...form });

/**
 * The mean of each feature in windows of poolSize steps, padding not counted: [B, T, D] → [B, steps, D].
 *
 *   averagePooling1d(4, { strides: 2, padding: "same" })
 */
export function averagePooling1d(poolSize = 2, options: Pooling1DOptions = {}): Layer {
  return new AveragePooling1D(poolSize, options);
}
kerasForm(averagePooling1d, { className: "AveragePooling1D", ...form });

export class MaxPooling1D extends MaxPooling {
  readonly className = "MaxPooling1D";
  readonly factory = "maxPooling1d";

  constructor(poolSize: number, options: Pooling1DOptions) {
    super("maxPooling1d", 1, poolSize, options);
  }
}

export class AveragePooling1D extends AveragePooling {
  readonly className = "AveragePooling1D";
  readonly factory = "averagePooling1d";

  constructor(poolSize: number, options: Pooling1DOptions) {
    super("averagePooling1d", 1, poolSize, options);
  }
}
