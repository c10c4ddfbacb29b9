import { DataError, problem } from "../../errors.ts";
import { add, cast, constant, greaterEqual } from "../../ops/elementwise.ts";
import { type ArrayLike, asNdArray } from "../../tensor/nd-array.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Layer } from "../layer.ts";
import { type ConfigValue, kerasName, knownOptions, type LayerOptions, oneOf, positiveInteger } from "../options.ts";
import { binBoundaries } from "./bin-boundaries.ts";
import { type EncodingMode, encodedShape, encodedTensor } from "./encodings.ts";

export interface DiscretizationOptions extends LayerOptions {
  /** Where one bin ends and the next begins, in order. Default: learned by `adapt`. */
  binBoundaries?: readonly number[] | null;
  /** Number of bins that `adapt` makes, with about as many numbers in each. Default: that of the boundaries. */
  numBins?: number | null;
  /** Error of the quantiles that `adapt` finds: smaller takes longer. Default 0.01. */
  epsilon?: number;
  /** Encoding of the bin numbers. Default `"int"`. */
  outputMode?: Exclude<EncodingMode, "tfIdf">;
}

/**
 * The number of the bin that each number lies in, by boundaries given or learned: any shape → i32 of the same, or rows of as many
 * numbers as there are bins. A number on a boundary lies in the bin above it.
 *
 *   discretization({ binBoundaries: [0, 10, 20] })                     // 4 bins
 *   discretization({ numBins: 4, outputMode: "oneHot" }).adapt(prices)
 */
export function discretization(options: DiscretizationOptions): Discretization {
  return new Discretization(options);
}

/** Each boundary is an operation of the model. */
const mostBoundaries = 4096;

/** Numbers to numbers of bins; made by `discretization`. */
export class Discretization extends Layer {
  readonly className = "Discretization";
  readonly factory = "discretization";
  readonly options: DiscretizationOptions;
  readonly mode: EncodingMode;
  readonly #numBins: number | null;
  #boundaries: readonly number[] | null;

  constructor(options: DiscretizationOptions) {
    super(options);
    const who = "discretization";
    knownOptions(options, ["binBoundaries", "numBins", "epsilon", "outputMode"], who);
    this.options = options;
    this.mode = oneOf(options.outputMode ?? "int", ["int", "oneHot", "multiHot", "count"], who, "outputMode");
    this.#boundaries = options.binBoundaries ?? null;
    this.#numBins = options.numBins == null ? null : positiveInteger(options.numBins, who, "numBins");
    if (this.#boundaries === null && this.#numBins === null)
      throw new DataError(problem(who, "binBoundaries, or numBins and then adapt(data)", "neither"));
    const list = this.#boundaries ?? [];
    const ordered = Array.isArray(list) && list.every((b, k) => Number.isFinite(b) && (k === 0 || b >= list[k - 1]));
    if (!ordered || list.length > mostBoundaries) {
      const expected = `binBoundaries as at most ${mostBoundaries} finite numbers in order`;
      throw new DataError(problem(who, expected, ordered ? `${list.length}` : "others"));
    }
    const { epsilon = 0.01 } = options;
    if (!(epsilon > 0 && epsilon < 1)) throw new DataError(problem(who, "epsilon between 0 and 1", String(epsilon)));
  }

  /** Learns boundaries between `numBins` bins with about as many of these numbers in each, as Keras finds them. */
  adapt(data: ArrayLike): this {
    const who = `${this.label}: adapt`;
    if (this.#numBins === null || this.built)
      throw new DataError(problem(who, "a layer with numBins, outside any model", "another one"));
    const { data: numbers } = asNdArray(data, { who });
    if (numbers.length === 0) throw new DataError(problem(who, "some numbers", "none"));
    this.#boundaries = binBoundaries(Float32Array.from(numbers), this.#numBins, this.options.epsilon ?? 0.01);
    return this;
  }
  /** The boundaries between bins; null before they are learned. */
  get binBoundaries(): readonly number[] | null {
    return this.#boundaries;
  }

  override build(input: PartialShape): void {
    if (this.#boundaries === null) {
      const next = "Call adapt(data) before it joins a model.";
      throw new DataError(problem(this.label, "boundaries of bins", "none", next));
    }
    this.computeOutputShape(input);
  }
  get #depth(): number {
    return (this.#boundaries?.length ?? this.#numBins! - 1) + 1;
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return encodedShape(input, this.mode, this.#depth, this.label);
  }
  override forward(x: Tensor): Tensor {
    const numbers = cast(x, "f32");
    const zero = constant(0, numbers, numbers.shape);
    const above = this.#boundaries!.reduce((n, b) => add(n, greaterEqual(numbers, Math.fround(b))), zero);
    return encodedTensor(cast(above, "i32"), this.mode, this.#depth, this.label);
  }
  config(): Record<string, ConfigValue> {
    return {
      bin_boundaries: this.#boundaries && [...this.#boundaries],
      num_bins: this.#numBins,
      epsilon: this.options.epsilon ?? 0.01,
      output_mode: kerasName(this.mode),
      sparse: false,
    };
  }
}
