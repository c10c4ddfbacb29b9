import { mul } from "../../ops/elementwise.ts";
import { dropoutMask } from "../../ops/random.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import type { CallContext, Layer } from "../layer.ts";
import { type ConfigValue, dropRate } from "../options.ts";
import { WhileTraining } from "../while-training.ts";
import { checkedNoiseShape, type NoiseShapeOptions, noiseShapeFor } from "./noise-shape.ts";

/**
 * Sets a fraction of its input to zero while training and scales the rest up by 1 / (1 − rate); passes everything through
 * otherwise (Srivastava et al. 2014). Any shape.
 *
 *   dropout(0.5)
 *   dropout(0.5, { noiseShape: [null, 1, null] })   // the same features at all steps of a row
 */
export function dropout(rate: number, options: NoiseShapeOptions = {}): Layer {
  return new Dropout(rate, options);
}
kerasForm(dropout, { className: "Dropout", args: ["rate"], options: ["seed", "noise_shape"] });

export class Dropout extends WhileTraining {
  readonly className = "Dropout";
  readonly factory = "dropout";
  readonly rate: number;
  readonly noiseShape: PartialShape | null;

  constructor(rate: number, options: NoiseShapeOptions) {
    super(options, "dropout", ["noiseShape"]);
    this.rate = dropRate(rate, "dropout", "rate");
    this.noiseShape = checkedNoiseShape(options.noiseShape, "dropout");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return input;
  }
  protected get amount(): number {
    return this.rate;
  }
  protected disturb(x: Tensor, context: CallContext): Tensor {
    const shape = noiseShapeFor(x.shape, this.noiseShape, this.label);
    return mul(x, dropoutMask(x, shape, this.rate, context.stream()));
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate, seed: this.seed, noise_shape: this.noiseShape && [...this.noiseShape] };
  }
}
