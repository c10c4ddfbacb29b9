import { DataError, problem } from "../errors.ts";
import { exp, greater, maximum, minimum, mul, neg, relu as reluOp, sub, where } from "../ops/elementwise.ts";
import { softmax as softmaxOp } from "../ops/softmax.ts";
import { transpose } from "../ops/view.ts";
import { axisOf, type PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Elementwise } from "./elementwise-layer.ts";
import type { InitializerLike } from "./initializers.ts";
import type { CallContext, Layer, Weight } from "./layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, type LayerOptions, numberFromZero } from "./options.ts";
import { type PenaltyOptions, penaltiesOf, penaltyConfig, penaltyNames } from "./penalties.ts";

export interface ReluOptions extends LayerOptions {
  /** No output is above this. */
  maxValue?: number | null;
  /** The slope below the threshold. */
  negativeSlope?: number;
  threshold?: number;
}
/**
 * max(0, x), with Keras's options: x above the threshold, limited to maxValue; negativeSlope · (x − threshold) up to it.
 *
 *   relu({ maxValue: 6 })
 */
export function relu(options: ReluOptions = {}): Layer {
  return new ReLU(options);
}

/**
 * x, or negativeSlope · x where x is negative (Maas et al. 2013). Any shape.
 *
 *   leakyRelu({ negativeSlope: 0.1 })
 */
export function leakyRelu(options: LayerOptions & { negativeSlope?: number } = {}): Layer {
  return new LeakyReLU(options);
}

/**
 * x, or alpha · (exp(x) − 1) where x is negative (Clevert et al. 2016). Any shape.
 *
 *   elu({ alpha: 0.5 })
 */
export function elu(options: LayerOptions & { alpha?: number } = {}): Layer {
  return new ELU(options);
}

/**
 * Probabilities along an axis, the last one if not said.
 *
 *   softmax({ axis: 1 })
 */
export function softmax(options: LayerOptions & { axis?: number } = {}): Layer {
  return new Softmax(options);
}

export interface PreluOptions extends LayerOptions, PenaltyOptions<"alpha"> {
  alphaInitializer?: InitializerLike;
  /** Axes along which one slope serves all, counted from 1: `[1]` shares it between steps. */
  sharedAxes?: readonly number[] | null;
}
/**
 * x, or alpha · x where x is negative, with alpha learned for each feature (He et al. 2015). Weight: alpha, of a row's shape.
 *
 *   prelu({ sharedAxes: [1] })
 */
export function prelu(options: PreluOptions = {}): Layer {
  return new PReLU(options);
}

export class ReLU extends Elementwise {
  readonly className = "ReLU";
  readonly factory = "relu";
  readonly options: ReluOptions;

  constructor(options: ReluOptions) {
    super(options);
    knownOptions(options, ["maxValue", "negativeSlope", "threshold"], "relu");
    for (const key of ["maxValue", "negativeSlope", "threshold"] as const)
      if (options[key] !== undefined && options[key] !== null) numberFromZero(options[key], "relu", key);
    this.options = options;
  }
  protected override formula(x: Tensor): Tensor {
    const { maxValue, negativeSlope = 0, threshold = 0 } = this.options;
    if (negativeSlope === 0 && threshold === 0) return limited(reluOp(x), maxValue);
    const above = mul(x, greater(x, threshold));
    const y = limited(above, maxValue);
    return negativeSlope === 0 ? y : sub(y, mul(reluOp(sub(threshold, x)), negativeSlope));
  }
  config(): Record<string, ConfigValue> {
    const { maxValue, negativeSlope, threshold } = this.options;
    return { max_value: maxValue ?? null, negative_slope: negativeSlope ?? 0, threshold: threshold ?? 0 };
  }
}

const limited = (x: Tensor, most: number | null | undefined): Tensor =>
  most === undefined || most === null ? x : minimum(x, most);

export class LeakyReLU extends Elementwise {
  readonly className = "LeakyReLU";
  readonly factory = "leakyRelu";
  readonly slope: number;

  constructor(options: LayerOptions & { negativeSlope?: number }) {
    super(options);
    knownOptions(options, ["negativeSlope"], "leakyRelu");
    this.slope = numberFromZero(options.negativeSlope ?? 0.3, "leakyRelu", "negativeSlope");
  }
  protected override formula(x: Tensor): Tensor {
    return where(greater(x, 0), x, mul(x, this.slope));
  }
  config(): Record<string, ConfigValue> {
    return { negative_slope: this.slope };
  }
}

export class ELU extends Elementwise {
  readonly className = "ELU";
  readonly factory = "elu";
  readonly alpha: number;

  constructor(options: LayerOptions & { alpha?: number }) {
    super(options);
    knownOptions(options, ["alpha"], "elu");
    this.alpha = numberFromZero(options.alpha ?? 1, "elu", "alpha");
  }
  protected override formula(x: Tensor): Tensor {
    return where(greater(x, 0), x, mul(sub(exp(minimum(x, 0)), 1), this.alpha));
  }
  config(): Record<string, ConfigValue> {
    return { alpha: this.alpha };
  }
}

export class Softmax extends Elementwise {
  readonly className = "Softmax";
  readonly factory = "softmax";
  readonly axis: number;

  constructor(options: LayerOptions & { axis?: number }) {
    super(options);
    knownOptions(options, ["axis"], "softmax");
    this.axis = options.axis ?? -1;
    if (!Number.isInteger(this.axis) || this.axis === 0) {
      throw new DataError(
        problem(
          "softmax",
          "axis as a whole number other than 0, the batch",
          String(this.axis),
          "Axis -1 is that of the features.",
        ),
      );
    }
  }
  override build(input: PartialShape): void {
    axisOf(this.axis, input.length);
  }
  protected override formula(x: Tensor): Tensor {
    const axis = axisOf(this.axis, x.shape.length);
    const last = x.shape.length - 1;
    if (axis === last) return softmaxOp(x);
    const swap = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    return transpose(softmaxOp(transpose(x, swap)), swap);
  }
  config(): Record<string, ConfigValue> {
    return { axis: this.axis };
  }
}

export class PReLU extends Elementwise {
  readonly className = "PReLU";
  readonly factory = "prelu";
  readonly options: PreluOptions;
  #alpha!: Weight;

  constructor(options: PreluOptions) {
    super(options);
    knownOptions(options, ["alphaInitializer", "sharedAxes", ...penaltyNames(["alpha"])], "prelu");
    this.options = options;
  }
  override build(input: PartialShape): void {
    const shared = this.options.sharedAxes ?? [];
    const shape = input.slice(1).map((d, i) => (shared.includes(i + 1) ? 1 : d));
    if (shape.includes(null)) {
      const next = "Give the steps a fixed length, or share the slope between them: sharedAxes: [1].";
      throw new DataError(problem(this.label, "a slope for every entry of a row", `rows [${shape}]`, next));
    }
    const init = this.options.alphaInitializer ?? "zeros";
    this.#alpha = this.addWeight("alpha", shape as number[], init, penaltiesOf(this.options, "alpha", this.label));
  }
  protected override formula(x: Tensor, context: CallContext): Tensor {
    const alpha = context.weight(this.#alpha);
    return sub(maximum(x, 0), mul(alpha, reluOp(neg(x))));
  }
  config(): Record<string, ConfigValue> {
    const { alphaInitializer, sharedAxes } = this.options;
    return {
      alpha_initializer: initializerConfig(alphaInitializer ?? "zeros"),
      ...penaltyConfig(this.options, ["alpha"]),
      shared_axes: sharedAxes ? [...sharedAxes] : null,
    };
  }
}
