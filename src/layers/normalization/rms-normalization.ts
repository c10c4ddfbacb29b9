import { add, div, mul, sqrt, square } from "../../ops/elementwise.ts";
import { mean } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import { axisOf, type PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, numberFromZero } from "../options.ts";
import { normalisedAxes, sizesOf } from "./normalised-axes.ts";

export interface RmsNormalizationOptions extends LayerOptions {
  /** The axes over which the mean square is taken. Default −1. */
  axis?: number | readonly number[];
  /** Added to the mean square before its root is taken. Default 1e-6. */
  epsilon?: number;
}

/**
 * Each entry over the root of its mean square, times scale (Zhang & Sennrich 2019): any shape, unchanged. Weight: scale, of
 * the shape of the normalised axes. A mask ends here, as in Keras.
 *
 *   sequential([input([20, 8]), rmsNormalization(), lstm(16)]);
 */
export function rmsNormalization(options: RmsNormalizationOptions = {}): Layer {
  return new RMSNormalization(options);
}
kerasForm(rmsNormalization, { className: "RMSNormalization", options: ["axis", "epsilon"] });

export class RMSNormalization extends Layer {
  readonly className = "RMSNormalization";
  readonly factory = "rmsNormalization";
  readonly epsilon: number;
  readonly #axis: readonly number[];
  #scale!: Weight;

  constructor(options: RmsNormalizationOptions) {
    super(options);
    knownOptions(options, ["axis", "epsilon"], "rmsNormalization");
    this.epsilon = numberFromZero(options.epsilon ?? 1e-6, "rmsNormalization", "epsilon");
    this.#axis = normalisedAxes(options.axis, "rmsNormalization");
  }
  override build(input: PartialShape): void {
    this.#scale = this.addWeight("scale", sizesOf(this.#axis, input, this.label), "ones");
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const axes = this.#axis.map((a) => axisOf(a, x.shape.length));
    const wide = x.shape.map((d, i) => (axes.includes(i) ? d : 1));
    const y = div(x, sqrt(add(mean(square(x), axes, true), this.epsilon)));
    return mul(y, reshape(context.weight(this.#scale), wide));
  }
  config(): Record<string, ConfigValue> {
    return { axis: [...this.#axis], epsilon: this.epsilon };
  }
}
