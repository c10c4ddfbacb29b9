import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import {
  constant,
  exp,
  greater,
  maximum,
  minimum,
  mul,
  neg,
  relu as reluOp,
  sub,
  where,
} from "../../ops/elementwise.ts";
import { softmax as softmaxOp } from "../../ops/softmax.ts";
import { reshape, transpose } from "../../ops/view.ts";
import { axisOf, type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm, penaltyKeys } from "../keras-form.ts";
import type { CallContext, Layer, Weight } from "../layer.ts";
import { Elementwise } from "../operations/elementwise-layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, type LayerOptions, numberFromZero } from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import { type PenaltyOptions, penaltiesOf, penaltyConfig, penaltyNames } from "../weights/penalties.ts";

export interface ReluOptions extends LayerOptions {
  /** No output is above this. Default null: no limit. */
  maxValue?: number | null;
  /** The slope below the threshold. Default 0. */
  negativeSlope?: number;
  /** Values up to this one are the negative side. Default 0. */
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
kerasForm(relu, { className: "ReLU", options: ["max_value", "negative_slope", "threshold"] });

/**
 * x, or negativeSlope · x where x is negative (Maas et al. 2013). Any shape.
 *
 *   leakyRelu({ negativeSlope: 0.1 })
 */
export function leakyRelu(options: LayerOptions & { negativeSlope?: number } = {}): Layer {
  return new LeakyReLU(options);
}
kerasForm(leakyRelu, { className: "LeakyReLU", options: ["negative_slope"], alias: { negative_slope: "alpha" } });

/**
 * x, or alpha · (exp(x) − 1) where x is negative (Clevert et al. 2016). Any shape.
 *
 *   elu({ alpha: 0.5 })
 */
export function elu(options: LayerOptions & { alpha?: number } = {}): Layer {
  return new ELU(options);
}
kerasForm(elu, { className: "ELU", options: ["alpha"] });

export interface SoftmaxOptions extends LayerOptions {
  /** The axis, or the axes together, along which the probabilities sum to 1. Default −1. */
  axis?: number | readonly number[];
}
/**
 * Probabilities along an axis, the last one by default, or over several axes together. Masked entries get 0; the mask
 * must broadcast to x as in NumPy: a mask [B, T] is for scores [B, T].
 *
 *   softmax({ axis: [1, 2] })
 */
export function softmax(options: SoftmaxOptions = {}): Layer {
  return new Softmax(options);
}
kerasForm(softmax, { className: "Softmax", options: ["axis"] });

export interface PreluOptions extends LayerOptions, PenaltyOptions<"alpha"> {
  /** Initializer of alpha. Default `"zeros"`. */
  alphaInitializer?: InitializerLike;
  /** Axes along which one slope is shared, counted from 1: `[1]` shares it between steps. Default: none. */
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
kerasForm(prelu, { className: "PReLU", options: ["alpha_initializer", "shared_axes", ...penaltyKeys("alpha")] });

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
  readonly axis: number | readonly number[];

  constructor(options: SoftmaxOptions) {
    super(options);
    knownOptions(options, ["axis"], "softmax");
    this.axis = options.axis ?? -1;
    const axes = this.#axes;
    if (axes.length === 0 || axes.some((axis) => !Number.isInteger(axis) || axis === 0)) {
      throw new DataError(
        problem(
          "softmax",
          "axis as a whole number other than 0, the batch, or several",
          String(this.axis),
          "Axis -1 is that of the features.",
        ),
      );
    }
  }
  get #axes(): readonly number[] {
    return typeof this.axis === "number" ? [this.axis] : this.axis;
  }
  override get callNames(): readonly string[] {
    return ["mask"];
  }
  override checkCallMask(mask: PartialShape, input: PartialShape): void {
    if (spreads(mask, input)) return;
    const next = "A mask has as many entries as x along each axis, counted from the last, or 1.";
    throw new ShapeError(problem(this.label, `a mask that spreads over x ${showShape(input)}`, showShape(mask), next));
  }
  override build(input: PartialShape): void {
    for (const axis of this.#axes) axisOf(axis, input.length);
  }
  protected override formula(x: Tensor): Tensor {
    const { mask } = x;
    if (!mask) return this.#over(x);
    this.checkCallMask(mask.shape, x.shape);
    return where(mask, this.#over(where(mask, x, constant(-1e9, x))), constant(0, x));
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const y = super.forward(x, context);
    if (this.#axes.some((axis) => axisOf(axis, x.shape.length) === 1)) y.prefix = undefined; // steps know of each other
    return y;
  }
  #over(x: Tensor): Tensor {
    const axes = this.#axes.map((axis) => axisOf(axis, x.shape.length));
    const last = x.shape.length - 1;
    if (axes.length === 1 && axes[0] === last) return softmaxOp(x);
    // The axes together as the last one, and back.
    const order = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat([...new Set(axes)]);
    const turned = transpose(x, order);
    const kept = order.length - new Set(axes).size;
    const flat = reshape(turned, [...turned.shape.slice(0, kept), sizeOf(turned.shape.slice(kept))]);
    const back = order.map((_, i) => order.indexOf(i));
    return transpose(reshape(softmaxOp(flat), turned.shape), back);
  }
  config(): Record<string, ConfigValue> {
    return { axis: typeof this.axis === "number" ? this.axis : [...this.axis] };
  }
}

/** Whether NumPy spreads `small` over `shape`, as far as the sizes are known. */
function spreads(small: PartialShape, shape: PartialShape): boolean {
  const lead = shape.length - small.length;
  return lead >= 0 && small.every((d, i) => d === null || shape[lead + i] === null || d === 1 || d === shape[lead + i]);
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
