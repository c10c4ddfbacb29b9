import { add, constant, div, maximum, where } from "../../ops/elementwise.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { unmasked } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions, oneOf, positiveInteger, rankOf } from "../options.ts";
import { reachesOut, type Windows, windowCount, windowEntries } from "./windows.ts";

export interface Pooling1DOptions extends LayerOptions {
  /** Steps from one window to the next. Default: `poolSize`. */
  strides?: number | null;
  /** `"valid"` (default): whole windows only; `"same"`: windows at both ends may be partial. */
  padding?: "valid" | "same";
}

/**
 * The largest number of each feature in windows of poolSize steps: [B, T, D] → [B, steps, D]. A mask ends here, as in Keras.
 *
 *   maxPooling1d(2)
 */
export function maxPooling1d(poolSize = 2, options: Pooling1DOptions = {}): Layer {
  return new MaxPooling1D(poolSize, options);
}
kerasForm(maxPooling1d, {
  className: "MaxPooling1D",
  args: ["pool_size"],
  options: ["strides", "padding"],
  single: ["pool_size", "strides"],
  featuresLast: true,
});

/**
 * The mean of each feature in windows of poolSize steps, padding not counted: [B, T, D] → [B, steps, D].
 *
 *   averagePooling1d(4, { strides: 2, padding: "same" })
 */
export function averagePooling1d(poolSize = 2, options: Pooling1DOptions = {}): Layer {
  return new AveragePooling1D(poolSize, options);
}
kerasForm(averagePooling1d, {
  className: "AveragePooling1D",
  args: ["pool_size"],
  options: ["strides", "padding"],
  single: ["pool_size", "strides"],
  featuresLast: true,
});

abstract class Pooling extends Layer {
  readonly windows: Windows;

  constructor(poolSize: number, options: Pooling1DOptions, who: string) {
    super(options);
    knownOptions(options, ["strides", "padding"], who);
    const size = positiveInteger(poolSize, who, "poolSize");
    this.windows = {
      size,
      stride: positiveInteger(options.strides ?? size, who, "strides"),
      dilation: 1,
      padding: oneOf(options.padding ?? "valid", ["valid", "same"], who, "padding"),
    };
  }
  override build(input: PartialShape): void {
    rankOf(input, 3, this.label, "x [B, T, D]");
    windowCount(input, this.windows, this.label);
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return [input[0], windowCount(input, this.windows, this.label), input[2]];
  }
  /** 1 where an entry lies inside the sequence, [1, count, 1] each; null where all do. */
  protected inside(x: Tensor): Tensor[] | null {
    if (!reachesOut(x.shape[1], this.windows)) return null;
    return windowEntries(constant(1, x, [1, x.shape[1], 1]), this.windows, this.label);
  }
  config(): Record<string, ConfigValue> {
    const { size, stride, padding } = this.windows;
    return { pool_size: [size], padding, strides: [stride], data_format: "channels_last" };
  }
}

export class MaxPooling1D extends Pooling {
  readonly className = "MaxPooling1D";
  readonly factory = "maxPooling1d";

  constructor(poolSize: number, options: Pooling1DOptions) {
    super(poolSize, options, "maxPooling1d");
  }
  override forward(x: Tensor): Tensor {
    const inside = this.inside(x);
    const least = inside && constant(-3.4e38, x);
    const entries = windowEntries(x, this.windows, this.label);
    return unmasked(entries.map((e, k) => (inside ? where(inside[k], e, least!) : e)).reduce((a, b) => maximum(a, b)));
  }
}

export class AveragePooling1D extends Pooling {
  readonly className = "AveragePooling1D";
  readonly factory = "averagePooling1d";

  constructor(poolSize: number, options: Pooling1DOptions) {
    super(poolSize, options, "averagePooling1d");
  }
  override forward(x: Tensor): Tensor {
    const total = windowEntries(x, this.windows, this.label).reduce((a, b) => add(a, b));
    return div(total, this.inside(x)?.reduce((a, b) => add(a, b)) ?? this.windows.size);
  }
}
