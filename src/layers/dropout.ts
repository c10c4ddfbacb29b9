import { dropout as dropoutOp } from "../ops/random.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { CallContext, Layer } from "./layer.ts";
import { type ConfigValue, type DrawOptions, dropRate } from "./options.ts";
import { WhileTraining } from "./while-training.ts";

/**
 * Sets a share of its input to zero while training and scales the rest up by 1 / (1 − rate); passes everything through
 * otherwise (Srivastava et al. 2014). Any shape.
 *
 *   dropout(0.5)
 */
export function dropout(rate: number, options: DrawOptions = {}): Layer {
  return new Dropout(rate, options);
}

export class Dropout extends WhileTraining {
  readonly className = "Dropout";
  readonly factory = "dropout";
  readonly rate: number;

  constructor(rate: number, options: DrawOptions) {
    super(options, "dropout");
    this.rate = dropRate(rate, "dropout", "rate");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return input;
  }
  protected get amount(): number {
    return this.rate;
  }
  protected disturb(x: Tensor, context: CallContext): Tensor {
    return dropoutOp(x, this.rate, context.stream());
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate, seed: this.seed, noise_shape: null };
  }
}
