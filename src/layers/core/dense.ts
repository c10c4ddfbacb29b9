import { problem, ShapeError, showShape } from "../../errors.ts";
import { linear } from "../../ops/matmul.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm, kernelKeys } from "../keras-form.ts";
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
import { type ActivationLike, activationOf, type UsedActivation } from "./activations.ts";

export interface DenseOptions extends LayerOptions, PenaltyOptions<"kernel" | "bias"> {
  /** Applied to the result. Default `"linear"`: none. */
  activation?: ActivationLike;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Initializer of the kernel. Default `"glorotUniform"`. */
  kernelInitializer?: InitializerLike;
  /** Initializer of the bias. Default `"zeros"`. */
  biasInitializer?: InitializerLike;
}

const weights = ["kernel", "bias"];
const optionNames = ["activation", "useBias", "kernelInitializer", "biasInitializer", ...penaltyNames(weights)];

/**
 * activation(x · kernel + bias) on the last axis: [..., D] → [..., units]. Weights: kernel [D, units], bias [units].
 *
 *   dense(1, { activation: "sigmoid" })
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  return new Dense(units, options);
}
kerasForm(dense, {
  className: "Dense",
  args: ["units"],
  options: kernelKeys,
  refused: ["lora_rank"],
});

export class Dense extends Layer {
  readonly className = "Dense";
  readonly factory = "dense";
  readonly units: number;
  readonly options: DenseOptions;
  readonly #activation: UsedActivation;
  #kernel!: Weight;
  #bias: Weight | null = null;

  constructor(units: number, options: DenseOptions) {
    super(options);
    knownOptions(options, optionNames, "dense");
    this.units = positiveInteger(units, "dense", "units");
    this.options = options;
    this.#activation = activationOf(options.activation ?? "linear", "dense");
  }

  override build(input: PartialShape): void {
    const d = input.at(-1);
    if (input.length < 2 || typeof d !== "number") {
      throw new ShapeError(
        problem(
          this.label,
          "x [B, ..., D] with D known",
          showShape(input),
          "Give the number of features: input([8]), or flatten() a fixed number of steps.",
        ),
      );
    }
    const { kernelInitializer, biasInitializer, useBias } = this.options;
    const penalties = (weight: string) => penaltiesOf(this.options, weight, this.label);
    this.#kernel = this.addWeight("kernel", [d, this.units], kernelInitializer ?? "glorotUniform", penalties("kernel"));
    if (useBias !== false) {
      this.#bias = this.addWeight("bias", [this.units], biasInitializer ?? "zeros", penalties("bias"));
    }
  }

  override computeOutputShape(input: PartialShape): PartialShape {
    return this.#activation.outputShape([...input.slice(0, -1), this.units]);
  }

  override forward(x: Tensor, context: CallContext): Tensor {
    const z = this.rounding
      ? this.rounding.product(this, x, context)
      : linear(x, context.weight(this.#kernel), this.#bias && context.weight(this.#bias));
    const y = this.#activation.formula(z, context);
    y.mask = x.mask;
    y.prefix = x.prefix;
    addActivityLoss(this.options, y, context);
    return y;
  }

  config(): Record<string, ConfigValue> {
    return {
      units: this.units,
      activation: this.#activation.config,
      use_bias: this.options.useBias ?? true,
      kernel_initializer: initializerConfig(this.options.kernelInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(this.options.biasInitializer ?? "zeros"),
      ...penaltyConfig(this.options, weights),
    };
  }
}
