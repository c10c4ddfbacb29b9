import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { add, div, maximum, mul, sqrt, sub } from "../../ops/elementwise.ts";
import { reshape } from "../../ops/view.ts";
import { type ArrayLike, asNdArray, type NdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import { axisOf, type PartialShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { numbersOf } from "../core/rescaling.ts";
import type { CallContext, Weight } from "../layer.ts";
import { constantArray } from "../operations/constant-array.ts";
import { Elementwise } from "../operations/elementwise-layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, show } from "../options.ts";
import type { Initializer } from "../weights/initializers.ts";
import { sizesOf } from "./normalised-axes.ts";

export interface NormalizationOptions extends LayerOptions {
  /** The axes that have a mean and a variance of their own; null: one for all numbers. Default −1, the features. */
  axis?: number | readonly number[] | null;
  /** The mean, where it is known; needs `variance`. Default: learned by `adapt`. */
  mean?: NestedNumbers | null;
  /** The variance, where it is known; needs `mean`. Default: learned by `adapt`. */
  variance?: NestedNumbers | null;
  /** Computes the inverse: x · √variance + mean. Default false. */
  invert?: boolean;
}

/**
 * (x − mean) / √variance of each feature: any shape, unchanged. Mean and variance are given, or learned from data by
 * `adapt` before the layer joins a model; they stay as they are in training.
 * Weights without `mean`: mean and variance, of the shape of the axes, and Keras's count of batches.
 *
 *   const scaled = normalization().adapt([[1, 10], [3, 30]]);   // mean [2, 20], variance [1, 100]
 *   sequential([input([2]), scaled, dense(1)]);
 */
export function normalization(options: NormalizationOptions = {}): Normalization {
  return new Normalization(options);
}

/** Scales features to mean 0 and variance 1; made by `normalization`. */
export class Normalization extends Elementwise {
  readonly className = "Normalization";
  readonly factory = "normalization";
  /** The options it was made with. */
  readonly options: NormalizationOptions;
  readonly #axis: readonly number[];
  #found: { mean: Float32Array; variance: Float32Array } | null = null;
  #mean: Weight | null = null;
  #variance: Weight | null = null;

  constructor(options: NormalizationOptions) {
    super(options);
    const who = "normalization";
    knownOptions(options, ["axis", "mean", "variance", "invert"], who);
    this.options = options;
    const { axis = -1, mean, variance } = options;
    this.#axis = axis === null ? [] : typeof axis === "number" ? [axis] : axis;
    if (!Array.isArray(this.#axis) || !this.#axis.every((a) => Number.isInteger(a))) {
      const next = "Axis -1 gives each feature a mean of its own; null takes one of all numbers.";
      throw new DataError(problem(who, "axis as a whole number, several, or null", show(axis), next));
    }
    if (!given(mean) !== !given(variance)) {
      const next = "Give both, or neither and call adapt(data).";
      throw new DataError(problem(who, "mean and variance", `the ${given(mean) ? "mean" : "variance"} alone`, next));
    }
    if (given(mean)) numbersOf(mean, who, "mean");
    if (given(variance) && numbersOf(variance, who, "variance").data.some((v) => v < 0))
      throw new DataError(problem(who, "a variance of 0 or more", show(variance)));
  }

  /** Mean and variance of the data, rows first, for the model that the layer is put into. Throws once it is in one. */
  adapt(data: ArrayLike): this {
    const next = given(this.options.mean)
      ? "Leave mean and variance out."
      : "Adapt it first, then put it into the model.";
    if (this.built || given(this.options.mean))
      throw new DataError(problem(this.label, "a layer without numbers", "one that has them", next));
    this.#found = moments(asNdArray(data, { who: `${this.label}: adapt` }), this.#axis, this.label);
    return this;
  }

  override build(input: PartialShape): void {
    const kept = this.#kept(input.length);
    const shape = sizesOf(kept, input, this.label);
    if (given(this.options.mean)) {
      this.#spread(numbersOf(this.options.mean, this.label, "mean"), input as Shape);
      return;
    }
    const size = sizeOf(shape);
    if (this.#found && this.#found.mean.length !== size) {
      const next = "Adapt it to the data that the model is trained on.";
      throw new ShapeError(problem(this.label, `${this.#found.mean.length} means, as adapted`, `${size}`, next));
    }
    const still = { trainable: false };
    this.#mean = this.addWeight("mean", shape, as(this.#found?.mean, "zeros"), still);
    this.#variance = this.addWeight("variance", shape, as(this.#found?.variance, "ones"), still);
    this.addWeight("count", [], "zeros", { ...still, integer: true });
  }

  protected override formula(x: Tensor, context: CallContext): Tensor {
    const { mean, variance, invert } = this.options;
    const kept = this.#kept(x.shape.length);
    const wide = x.shape.map((d, i) => (kept.includes(i) ? d : 1));
    const spread = (weight: Weight | null, value: NestedNumbers | null | undefined, what: string): Tensor => {
      if (weight) return reshape(context.weight(weight), wide);
      const a = numbersOf(value!, this.label, what);
      return constantArray(a, x, this.#spread(a, x.shape));
    };
    const center = spread(this.#mean, mean, "mean");
    const deviation = maximum(sqrt(spread(this.#variance, variance, "variance")), 1e-7);
    return invert ? add(center, mul(x, deviation)) : div(sub(x, center), deviation);
  }

  config(): Record<string, ConfigValue> {
    const { mean = null, variance = null, invert = false } = this.options;
    return { axis: [...this.#axis], invert, mean, variance };
  }

  /** The axes that are kept, from the front. */
  #kept(rank: number): number[] {
    return this.#axis.map((a) => axisOf(a, rank)).sort((a, b) => a - b);
  }
  /** The shape in which given numbers spread over x: along the last of the kept axes. */
  #spread(a: NdArray, x: PartialShape): number[] {
    const kept = this.#kept(x.length);
    const wide = x.map(() => 1);
    const own = kept.slice(kept.length - a.rank);
    const fits = a.rank <= kept.length && a.shape.every((d, i) => d === 1 || d === x[own[i]]);
    if (!fits) {
      const next = "Give one number, or one for each entry of the axes.";
      throw new ShapeError(problem(this.label, `mean and variance for ${showShape(x)}`, showShape(a.shape), next));
    }
    for (const [i, axis] of own.entries()) wide[axis] = a.shape[i];
    return wide;
  }
}

const given = (value: NestedNumbers | null | undefined): value is NestedNumbers =>
  value !== undefined && value !== null;

const as = (numbers: Float32Array | undefined, otherwise: "zeros" | "ones"): Initializer | typeof otherwise =>
  numbers ? { className: "Constant", config: { value: 0 }, fill: () => numbers } : otherwise;

/** Mean and variance over all axes but the kept ones, in double precision. */
function moments(a: NdArray, axis: readonly number[], who: string): { mean: Float32Array; variance: Float32Array } {
  const kept = axis.map((k) => axisOf(k, a.rank)).sort((p, q) => p - q);
  if (a.size === 0) throw new DataError(problem(who, "some numbers to adapt to", showShape(a.shape)));
  const groups = sizeOf(kept.map((k) => a.shape[k]));
  const group = groupsOf(a.shape, kept);
  const sums = new Float64Array(groups);
  const squares = new Float64Array(groups);
  for (const [i, v] of a.data.entries()) sums[group(i)] += v;
  const each = a.size / groups;
  for (const [i, v] of a.data.entries()) squares[group(i)] += (v - sums[group(i)] / each) ** 2;
  return { mean: Float32Array.from(sums, (s) => s / each), variance: Float32Array.from(squares, (s) => s / each) };
}

/** Index among the kept axes' entries of the number at a position. */
function groupsOf(shape: Shape, kept: readonly number[]): (place: number) => number {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  return (place) => kept.reduce((g, k) => g * shape[k] + (Math.floor(place / strides[k]) % shape[k]), 0);
}
