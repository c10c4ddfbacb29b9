import { dropout as dropoutOp } from "../ops/random.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type CallContext, Layer } from "./layer.ts";
import { type ConfigValue, type DrawOptions, dropRate, knownOptions } from "./options.ts";

/**
 * Sets a share of its input to zero while training and scales the rest up by 1 / (1 − rate); passes everything through
 * otherwise (Srivastava et al. 2014). Any shape.
 *
 *   dropout(0.5)
 */
export function dropout(rate: number, options: DrawOptions = {}): Layer {
  return new Dropout(rate, options);
}

export class Dropout extends Layer {
  readonly className = "Dropout";
  readonly factory = "dropout";
  readonly rate: number;
  readonly seed: number | null;

  constructor(rate: number, options: DrawOptions) {
    super(options);
    knownOptions(options, ["seed"], "dropout");
    this.seed = options.seed ?? null;
    this.rate = dropRate(rate, "dropout", "rate");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return input;
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.rate === 0) return x;
    const y = dropoutOp(x, this.rate, context.stream());
    y.mask = x.mask;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate, seed: this.seed, noise_shape: null };
  }
}
