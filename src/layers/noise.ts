import { add, mul } from "../ops/elementwise.ts";
import { dropoutMask, random } from "../ops/random.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type CallContext, Layer } from "./layer.ts";
import { type ConfigValue, type DrawOptions, dropRate, knownOptions, numberFromZero, rankOf } from "./options.ts";

/**
 * Drops whole features: the same ones at every step of a row, [B, T, D] → [B, T, D], while training (Tompson et al. 2015).
 *
 *   spatialDropout1d(0.3)
 */
export function spatialDropout1d(rate: number, options: DrawOptions = {}): Layer {
  return new SpatialDropout1D(rate, options);
}

/**
 * Adds normal noise of the given standard deviation while training (Bishop 1995). Any shape.
 *
 *   gaussianNoise(0.1)
 */
export function gaussianNoise(stddev: number, options: DrawOptions = {}): Layer {
  return new GaussianNoise(stddev, options);
}

/**
 * Multiplies by normal noise of mean 1 and variance rate / (1 − rate) while training (Srivastava et al. 2014). Any shape.
 *
 *   gaussianDropout(0.2)
 */
export function gaussianDropout(rate: number, options: DrawOptions = {}): Layer {
  return new GaussianDropout(rate, options);
}

export class SpatialDropout1D extends Layer {
  readonly className = "SpatialDropout1D";
  readonly factory = "spatialDropout1d";
  readonly rate: number;
  readonly seed: number | null;

  constructor(rate: number, options: DrawOptions) {
    super(options);
    knownOptions(options, ["seed"], "spatialDropout1d");
    this.rate = dropRate(rate, "spatialDropout1d", "rate");
    this.seed = options.seed ?? null;
  }
  override build(input: PartialShape): void {
    rankOf(input, 3, this.label, "x [B, T, D]");
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.rate === 0) return x;
    const y = mul(x, dropoutMask(x, [x.shape[0], 1, x.shape[2]], this.rate, context.stream()));
    y.mask = x.mask;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate, seed: this.seed };
  }
}

export class GaussianNoise extends Layer {
  readonly className = "GaussianNoise";
  readonly factory = "gaussianNoise";
  readonly stddev: number;
  readonly seed: number | null;

  constructor(stddev: number, options: DrawOptions) {
    super(options);
    knownOptions(options, ["seed"], "gaussianNoise");
    this.stddev = numberFromZero(stddev, "gaussianNoise", "stddev");
    this.seed = options.seed ?? null;
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.stddev === 0) return x;
    const y = add(x, mul(random("normal", x, x.shape, context.stream()), this.stddev));
    y.mask = x.mask;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return { stddev: this.stddev, seed: this.seed };
  }
}

export class GaussianDropout extends Layer {
  readonly className = "GaussianDropout";
  readonly factory = "gaussianDropout";
  readonly rate: number;
  readonly seed: number | null;

  constructor(rate: number, options: DrawOptions) {
    super(options);
    knownOptions(options, ["seed"], "gaussianDropout");
    this.rate = dropRate(rate, "gaussianDropout", "rate");
    this.seed = options.seed ?? null;
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.rate === 0) return x;
    const noise = mul(random("normal", x, x.shape, context.stream()), Math.sqrt(this.rate / (1 - this.rate)));
    const y = mul(x, add(noise, 1));
    y.mask = x.mask;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate, seed: this.seed };
  }
}
