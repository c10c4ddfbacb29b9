import { equal, sub } from "../../ops/elementwise.ts";
import { max } from "../../ops/reduce.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { keptWhere } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions, rankOf } from "../options.ts";

export interface MaskingOptions extends LayerOptions {
  /** A step whose features all have this value is padding. Default 0. */
  maskValue?: number;
}

/**
 * Marks padded steps, so that later layers skip them, and sets them to zero: [B, T, D] → [B, T, D]; other ranks
 * likewise, a flag for each vector of the last axis.
 *
 *   sequential([input([20, 3]), masking({ maskValue: -1 }), lstm(16)]);
 */
export function masking(options: MaskingOptions = {}): Layer {
  return new Masking(options);
}
kerasForm(masking, { className: "Masking", options: ["mask_value"] });

export class Masking extends Layer {
  readonly className = "Masking";
  readonly factory = "masking";
  readonly maskValue: number;

  constructor(options: MaskingOptions) {
    super(options);
    knownOptions(options, ["maskValue"], "masking");
    this.maskValue = options.maskValue ?? 0;
  }
  override build(input: PartialShape): void {
    if (input.length < 2) rankOf(input, 3, this.label, "x [B, T, D]");
  }
  override forward(x: Tensor): Tensor {
    const valid = max(sub(1, equal(x, this.maskValue)), [-1]); // [B, T]
    const y = keptWhere(valid, x);
    y.mask = valid;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return { mask_value: this.maskValue };
  }
}
