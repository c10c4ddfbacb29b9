import { DataError, problem } from "../../errors.ts";
import { linear } from "../../ops/matmul.ts";
import { concat, reshape, sliceAxis } from "../../ops/view.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type ActivationLike, activationOf, type UsedActivation } from "../core/activations.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, type LayerOptions, positiveInteger } from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import {
  addActivityLoss,
  type PenaltyOptions,
  penaltiesOf,
  penaltyConfig,
  penaltyNames,
} from "../weights/penalties.ts";
import {
  channelsOf,
  checkGrid,
  gridConfig,
  gridCounts,
  gridEntries,
  gridOf,
  type PerAxis,
  type WindowGrid,
} from "./window-grid.ts";
import type { Padding } from "./windows.ts";

/** Options that conv1d and conv2d share. */
export interface ConvolutionOptions extends LayerOptions, PenaltyOptions<"kernel" | "bias"> {
  /** Groups that the features are split into, each with separate filters. Default 1. */
  groups?: number;
  /** Applied to the result. Default `"linear"`: none. */
  activation?: ActivationLike;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Initializer of the kernel. Default `"glorotUniform"`. */
  kernelInitializer?: InitializerLike;
  /** Initializer of the bias. Default `"zeros"`. */
  biasInitializer?: InitializerLike;
}

interface GivenOptions extends ConvolutionOptions {
  strides?: PerAxis;
  padding?: Padding;
  dilationRate?: PerAxis;
}

const weights = ["kernel", "bias"];
const optionNames = [
  ...["strides", "padding", "dilationRate", "groups", "activation", "useBias", "kernelInitializer", "biasInitializer"],
  ...penaltyNames(weights),
];

/** Filters over windows along each axis between batch and features: what conv1d and conv2d have in common. */
export abstract class Convolution extends Layer {
  readonly filters: number;
  readonly groups: number;
  readonly grid: WindowGrid;
  readonly options: ConvolutionOptions;
  readonly #activation: UsedActivation;
  #kernel!: Weight;
  #bias: Weight | null = null;

  constructor(
    who: string,
    axes: number,
    filters: number,
    kernelSize: PerAxis,
    options: GivenOptions,
    allowed: readonly Padding[],
  ) {
    super(options);
    knownOptions(options, optionNames, who);
    this.options = options;
    this.filters = positiveInteger(filters, who, "filters");
    this.groups = positiveInteger(options.groups ?? 1, who, "groups");
    this.grid = gridOf(kernelSize, options, axes, who, allowed);
    this.#activation = activationOf(options.activation ?? "linear", who);
    if (this.filters % this.groups !== 0) {
      const next = "Each group has as many filters as every other.";
      throw new DataError(problem(who, `filters divisible by ${this.groups} groups`, `${this.filters}`, next));
    }
  }

  override build(input: PartialShape): void {
    checkGrid(input, this.grid, this.label);
    const c = channelsOf(input, this.groups, this.label);
    const { kernelInitializer, biasInitializer, useBias } = this.options;
    const penalties = (weight: string) => penaltiesOf(this.options, weight, this.label);
    const shape = [...this.grid.map((w) => w.size), c / this.groups, this.filters];
    this.#kernel = this.addWeight("kernel", shape, kernelInitializer ?? "glorotUniform", penalties("kernel"));
    if (useBias !== false)
      this.#bias = this.addWeight("bias", [this.filters], biasInitializer ?? "zeros", penalties("bias"));
  }

  override computeOutputShape(input: PartialShape): PartialShape {
    const counts = gridCounts(input, this.grid, this.label);
    return this.#activation.outputShape([input[0], ...counts, this.filters]);
  }

  override forward(x: Tensor, context: CallContext): Tensor {
    const kernel = context.weight(this.#kernel);
    const bias = this.#bias && context.weight(this.#bias);
    const y = this.#activation.formula(convolve(x, kernel, bias, this.grid, this.label, this.groups), context);
    addActivityLoss(this.options, y, context);
    return y;
  }

  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      filters: this.filters,
      ...gridConfig(this.grid),
      groups: this.groups,
      activation: this.#activation.config,
      use_bias: o.useBias ?? true,
      kernel_initializer: initializerConfig(o.kernelInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...penaltyConfig(o, weights, "always"),
    };
  }
}

/**
 * Filters over windows: x [B, ...sizes, C], kernel [...window, C / groups, F], bias [F] → [B, ...counts, F]. The windows'
 * entries side by side are one matrix, so that a convolution is a product with a kernel for each group.
 */
export function convolve(
  x: Tensor,
  kernel: Tensor,
  bias: Tensor | null,
  grid: WindowGrid,
  who: string,
  groups = 1,
): Tensor {
  const entries = gridEntries(x, grid, who); // K times [B, ...counts, C]
  const [inside, filters] = kernel.shape.slice(-2);
  const outside = filters / groups;
  const rows = sizeOf(kernel.shape) / filters; // K · C / groups
  const group = (g: number): Tensor => {
    const own = groups === 1 ? entries : entries.map((e) => sliceAxis(e, -1, g * inside, inside));
    const filter = reshape(sliceAxis(kernel, -1, g * outside, outside), [rows, outside]);
    return linear(concat(own, -1), filter, bias && sliceAxis(bias, 0, g * outside, outside));
  };
  return concat(
    Array.from({ length: groups }, (_, g) => group(g)),
    -1,
  );
}
