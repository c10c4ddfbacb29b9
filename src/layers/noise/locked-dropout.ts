import { problem, ShapeError, showShape } from "../../errors.ts";
import { mul } from "../../ops/elementwise.ts";
import { dropoutMask } from "../../ops/random.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { type CallContext, Layer } from "../layer.ts";
import { type ConfigValue, dropRate, knownOptions, type LayerOptions } from "../options.ts";

/**
 * Dropout with one mask for all steps of a row (Gal & Ghahramani 2016; "locked" in the AWD-LSTM, Merity et al. 2018):
 * x [B, T, D] → x ∘ m, m [B, 1, D] zeros and 1 / (1 − rate). Only while training.
 *
 *   sequential([embedding(10_000, 400), lockedDropout(0.4), lstm(400)])
 */
export function lockedDropout(rate: number, options: LayerOptions = {}): Layer {
  return new LockedDropout(rate, options);
}
kerasForm(lockedDropout, { className: "LockedDropout", args: ["rate"] });

export class LockedDropout extends Layer {
  readonly className = "LockedDropout";
  readonly factory = "lockedDropout";
  readonly rate: number;

  constructor(rate: number, options: LayerOptions) {
    knownOptions(options, [], "lockedDropout");
    super(options);
    this.rate = dropRate(rate, "lockedDropout", "rate");
  }
  override build(input: PartialShape): void {
    if (input.length !== 3) throw new ShapeError(problem(this.label, "x [B, T, D]", showShape(input)));
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.rate === 0) return x;
    const [batch, , d] = x.shape;
    const y = mul(x, dropoutMask(x, [batch, 1, d], this.rate, context.stream()));
    y.mask = x.mask;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate };
  }
}
