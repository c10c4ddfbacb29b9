import { add, greater, mul, sub } from "../../ops/elementwise.ts";
import { dropoutMask, random } from "../../ops/random.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import type { CallContext, Layer } from "../layer.ts";
import { type ConfigValue, type DrawOptions, dropRate, numberFromZero, rankOf } from "../options.ts";
import { WhileTraining } from "../while-training.ts";
import { checkedNoiseShape, type NoiseShapeOptions, noiseShapeFor } from "./noise-shape.ts";

/**
 * Drops whole features: the same ones at every step of a row, [B, T, D] → [B, T, D], while training (Tompson et al. 2015).
 *
 *   spatialDropout1d(0.3)
 */
export function spatialDropout1d(rate: number, options: DrawOptions = {}): Layer {
  return new SpatialDropout1D(rate, options);
}
kerasForm(spatialDropout1d, { className: "SpatialDropout1D", args: ["rate"], options: ["seed"] });

/**
 * Adds normal noise of the given standard deviation while training (Bishop 1995). Any shape.
 *
 *   gaussianNoise(0.1)
 */
export function gaussianNoise(stddev: number, options: DrawOptions = {}): Layer {
  return new GaussianNoise(stddev, options);
}
kerasForm(gaussianNoise, { className: "GaussianNoise", args: ["stddev"], options: ["seed"] });

/**
 * Multiplies by normal noise of mean 1 and variance rate / (1 − rate) while training (Srivastava et al. 2014). Any shape.
 *
 *   gaussianDropout(0.2)
 */
export function gaussianDropout(rate: number, options: DrawOptions = {}): Layer {
  return new GaussianDropout(rate, options);
}
kerasForm(gaussianDropout, { className: "GaussianDropout", args: ["rate"], options: ["seed"] });

/**
 * Sets a fraction of its input to the value that selu has far below zero while training, and moves and scales all so that mean
 * and variance stay (Klambauer et al. 2017). Any shape.
 *
 *   sequential([input([8]), dense(16, { activation: "selu", kernelInitializer: "lecunNormal" }), alphaDropout(0.1), dense(1)]);
 */
export function alphaDropout(rate: number, options: NoiseShapeOptions = {}): Layer {
  return new AlphaDropout(rate, options);
}
kerasForm(alphaDropout, { className: "AlphaDropout", args: ["rate"], options: ["seed", "noise_shape"] });

export class SpatialDropout1D extends WhileTraining {
  readonly className = "SpatialDropout1D";
  readonly factory = "spatialDropout1d";
  readonly rate: number;

  constructor(rate: number, options: DrawOptions) {
    super(options, "spatialDropout1d");
    this.rate = dropRate(rate, "spatialDropout1d", "rate");
  }
  override build(input: PartialShape): void {
    rankOf(input, 3, this.label, "x [B, T, D]");
  }
  protected get amount(): number {
    return this.rate;
  }
  protected disturb(x: Tensor, context: CallContext): Tensor {
    return mul(x, dropoutMask(x, [x.shape[0], 1, x.shape[2]], this.rate, context.stream()));
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate, seed: this.seed };
  }
}

export class GaussianNoise extends WhileTraining {
  readonly className = "GaussianNoise";
  readonly factory = "gaussianNoise";
  readonly stddev: number;

  constructor(stddev: number, options: DrawOptions) {
    super(options, "gaussianNoise");
    this.stddev = numberFromZero(stddev, "gaussianNoise", "stddev");
  }
  protected get amount(): number {
    return this.stddev;
  }
  protected disturb(x: Tensor, context: CallContext): Tensor {
    return add(x, mul(random("normal", x, x.shape, context.stream()), this.stddev));
  }
  config(): Record<string, ConfigValue> {
    return { stddev: this.stddev, seed: this.seed };
  }
}

export class GaussianDropout extends WhileTraining {
  readonly className = "GaussianDropout";
  readonly factory = "gaussianDropout";
  readonly rate: number;

  constructor(rate: number, options: DrawOptions) {
    super(options, "gaussianDropout");
    this.rate = dropRate(rate, "gaussianDropout", "rate");
  }
  protected get amount(): number {
    return this.rate;
  }
  protected disturb(x: Tensor, context: CallContext): Tensor {
    const noise = mul(random("normal", x, x.shape, context.stream()), Math.sqrt(this.rate / (1 - this.rate)));
    return mul(x, add(noise, 1));
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate, seed: this.seed };
  }
}

const seluFloor = -1.6732632423543772 * 1.0507009873554805;

export class AlphaDropout extends WhileTraining {
  readonly className = "AlphaDropout";
  readonly factory = "alphaDropout";
  readonly rate: number;
  readonly noiseShape: PartialShape | null;

  constructor(rate: number, options: NoiseShapeOptions) {
    super(options, "alphaDropout", ["noiseShape"]);
    this.rate = dropRate(rate, "alphaDropout", "rate");
    this.noiseShape = checkedNoiseShape(options.noiseShape, "alphaDropout");
  }
  protected get amount(): number {
    return this.rate;
  }
  protected disturb(x: Tensor, context: CallContext): Tensor {
    const { rate } = this;
    const shape = noiseShapeFor(x.shape, this.noiseShape, this.label);
    const kept = greater(dropoutMask(x, shape, rate, context.stream()), 0); // 1 or 0
    const a = ((1 - rate) * (1 + rate * seluFloor ** 2)) ** -0.5;
    const y = add(mul(x, kept), mul(sub(1, kept), seluFloor));
    return add(mul(y, a), -a * seluFloor * rate);
  }
  config(): Record<string, ConfigValue> {
    return { rate: this.rate, seed: this.seed, noise_shape: this.noiseShape && [...this.noiseShape] };
  }
}
