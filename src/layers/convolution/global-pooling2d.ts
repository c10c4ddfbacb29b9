import { max, mean } from "../../ops/reduce.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { unmasked } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions, rankOf } from "../options.ts";

export interface GlobalPooling2DOptions extends LayerOptions {
  /** Keeps the axes of rows and columns, with size 1. Default false. */
  keepdims?: boolean;
}

/**
 * The largest number of each channel over the whole image: [B, H, W, C] → [B, C].
 *
 *   sequential([input([null, 32, 32, 3]), timeDistributed(conv2d(8, 3)), timeDistributed(globalMaxPooling2d()), lstm(32)]);
 */
export function globalMaxPooling2d(options: GlobalPooling2DOptions = {}): Layer {
  return new GlobalMaxPooling2D(options);
}
kerasForm(globalMaxPooling2d, { className: "GlobalMaxPooling2D", options: ["keepdims"], featuresLast: true });

/**
 * The mean of each channel over the whole image: [B, H, W, C] → [B, C].
 *
 *   globalAveragePooling2d()
 */
export function globalAveragePooling2d(options: GlobalPooling2DOptions = {}): Layer {
  return new GlobalAveragePooling2D(options);
}
kerasForm(globalAveragePooling2d, { className: "GlobalAveragePooling2D", options: ["keepdims"], featuresLast: true });

abstract class GlobalPooling2D extends Layer {
  readonly keepdims: boolean;

  constructor(options: GlobalPooling2DOptions, who: string) {
    super(options);
    knownOptions(options, ["keepdims"], who);
    this.keepdims = options.keepdims ?? false;
  }
  override build(input: PartialShape): void {
    rankOf(input, 4, this.label, "x [B, H, W, C]");
  }
  override computeOutputShape([b, , , c]: PartialShape): PartialShape {
    return this.keepdims ? [b, 1, 1, c] : [b, c];
  }
  config(): Record<string, ConfigValue> {
    return { data_format: "channels_last", keepdims: this.keepdims };
  }
}

export class GlobalMaxPooling2D extends GlobalPooling2D {
  readonly className = "GlobalMaxPooling2D";
  readonly factory = "globalMaxPooling2d";

  constructor(options: GlobalPooling2DOptions) {
    super(options, "globalMaxPooling2d");
  }
  override forward(x: Tensor): Tensor {
    return unmasked(max(x, [1, 2], this.keepdims));
  }
}

export class GlobalAveragePooling2D extends GlobalPooling2D {
  readonly className = "GlobalAveragePooling2D";
  readonly factory = "globalAveragePooling2d";

  constructor(options: GlobalPooling2DOptions) {
    super(options, "globalAveragePooling2d");
  }
  override forward(x: Tensor): Tensor {
    return unmasked(mean(x, [1, 2], this.keepdims));
  }
}
