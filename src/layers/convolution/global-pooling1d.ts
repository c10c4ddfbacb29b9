import { div, maximum } from "../../ops/elementwise.ts";
import { max, mean, sum } from "../../ops/reduce.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { besideFeatures, keptWhere, unmasked } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions, rankOf } from "../options.ts";

export interface GlobalPoolingOptions extends LayerOptions {
  /** Keeps the step axis, with size 1. Default false. */
  keepdims?: boolean;
}

/**
 * The largest number of each feature over all steps: [B, T, D] → [B, D]. As in Keras, masks are ignored.
 *
 *   sequential([embedding(10_000, 64), conv1d(32, 5), globalMaxPooling1d(), dense(1, { activation: "sigmoid" })]);
 */
export function globalMaxPooling1d(options: GlobalPoolingOptions = {}): Layer {
  return new GlobalMaxPooling1D(options);
}
kerasForm(globalMaxPooling1d, { className: "GlobalMaxPooling1D", options: ["keepdims"], featuresLast: true });

/**
 * The mean of each feature over the unmasked steps: [B, T, D] → [B, D]. A row without any such step gives zeros
 * (Keras: not a number).
 *
 *   sequential([embedding(10_000, 64, { maskZero: true }), globalAveragePooling1d(), dense(1, { activation: "sigmoid" })]);
 */
export function globalAveragePooling1d(options: GlobalPoolingOptions = {}): Layer {
  return new GlobalAveragePooling1D(options);
}
kerasForm(globalAveragePooling1d, { className: "GlobalAveragePooling1D", options: ["keepdims"], featuresLast: true });

abstract class GlobalPooling extends Layer {
  readonly keepdims: boolean;

  constructor(options: GlobalPoolingOptions, who: string) {
    super(options);
    knownOptions(options, ["keepdims"], who);
    this.keepdims = options.keepdims ?? false;
  }
  override build(input: PartialShape): void {
    rankOf(input, 3, this.label, "x [B, T, D]");
  }
  override computeOutputShape([b, , d]: PartialShape): PartialShape {
    return this.keepdims ? [b, 1, d] : [b, d];
  }
  config(): Record<string, ConfigValue> {
    return { data_format: "channels_last", keepdims: this.keepdims };
  }
}

export class GlobalMaxPooling1D extends GlobalPooling {
  readonly className = "GlobalMaxPooling1D";
  readonly factory = "globalMaxPooling1d";

  constructor(options: GlobalPoolingOptions) {
    super(options, "globalMaxPooling1d");
  }
  override forward(x: Tensor): Tensor {
    return unmasked(max(x, [1], this.keepdims));
  }
}

export class GlobalAveragePooling1D extends GlobalPooling {
  readonly className = "GlobalAveragePooling1D";
  readonly factory = "globalAveragePooling1d";

  constructor(options: GlobalPoolingOptions) {
    super(options, "globalAveragePooling1d");
  }
  override get callNames(): readonly string[] {
    return ["mask"];
  }
  override forward(x: Tensor): Tensor {
    if (!x.mask) return mean(x, [1], this.keepdims);
    const valid = besideFeatures(x.mask); // [B, T, 1]
    const count = maximum(sum(valid, [1], this.keepdims), 1);
    return div(sum(keptWhere(x.mask, x), [1], this.keepdims), count);
  }
}
