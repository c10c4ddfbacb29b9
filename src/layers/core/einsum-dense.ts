import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { add } from "../../ops/elementwise.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm, kernelKeys } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, type LayerOptions, show } from "../options.ts";
import { type Initializer, type InitializerLike, initializer } from "../weights/initializers.ts";
import {
  addActivityLoss,
  type PenaltyOptions,
  penaltiesOf,
  penaltyConfig,
  penaltyNames,
} from "../weights/penalties.ts";
import { type ActivationLike, activationOf, type UsedActivation } from "./activations.ts";
import { type Equation, einsum, letterSizes, readEquation } from "./einsum.ts";

export interface EinsumDenseOptions extends LayerOptions, PenaltyOptions<"kernel" | "bias"> {
  /** Applied to the result. Default `"linear"`: none. */
  activation?: ActivationLike;
  /** Letters of the output along which a bias is added: `"c"`. Default null: no bias. */
  biasAxes?: string | null;
  /** Initializer of the kernel. Default `"glorotUniform"`. */
  kernelInitializer?: InitializerLike;
  /** Initializer of the bias. Default `"zeros"`. */
  biasInitializer?: InitializerLike;
}

const weights = ["kernel", "bias"];
const optionNames = ["activation", "biasAxes", "kernelInitializer", "biasInitializer", ...penaltyNames(weights)];

/**
 * activation(x · kernel + bias), with the product as an Einstein summation: a letter for each axis of input, kernel and
 * output. outputShape leaves out the batch and what the dots stand for; null takes the input's size. A mask ends here,
 * as in Keras. Weights: kernel by the equation, bias of the sizes of biasAxes.
 *
 *   einsumDense("abc,cd->abd", [null, 64], { biasAxes: "d" })   // dense(64) on every step: [B, T, D] → [B, T, 64]
 *   einsumDense("...x,xy->...y", 64)
 */
export function einsumDense(
  equation: string,
  outputShape: number | PartialShape,
  options: EinsumDenseOptions = {},
): Layer {
  return new EinsumDense(equation, outputShape, options);
}
kerasForm(einsumDense, {
  className: "EinsumDense",
  args: ["equation", "output_shape"],
  options: ["bias_axes", ...kernelKeys.filter((key) => key !== "use_bias")],
  refused: ["quantization_config", "lora_rank"],
});

export class EinsumDense extends Layer {
  readonly className = "EinsumDense";
  readonly factory = "einsumDense";
  readonly equation: string;
  readonly outputShape: PartialShape;
  readonly options: EinsumDenseOptions;
  readonly #activation: UsedActivation;
  #kernel!: Weight;
  #bias: Weight | null = null;

  constructor(equation: string, outputShape: number | PartialShape, options: EinsumDenseOptions) {
    super(options);
    const who = "einsumDense";
    knownOptions(options, optionNames, who);
    const shape = typeof outputShape === "number" ? [outputShape] : outputShape;
    const sound = Array.isArray(shape) && shape.every((d) => d === null || (Number.isInteger(d) && d > 0));
    if (typeof equation !== "string" || !sound) {
      const found = `${show(equation)}, ${show(outputShape)}`;
      const next = 'einsumDense("abc,cd->abd", [null, 64])';
      throw new DataError(problem(who, "an equation and an outputShape", found, next));
    }
    this.equation = equation;
    this.outputShape = shape;
    this.options = options;
    this.#activation = activationOf(options.activation ?? "linear", who);
  }

  override build(input: PartialShape): void {
    const { equation, sizes } = this.#read(input);
    const { kernelInitializer, biasInitializer, biasAxes } = this.options;
    const shape = [...equation.kernel].map((c) => sizes.get(c) ?? null);
    if (shape.includes(null)) {
      const next = "Give the sizes in outputShape, or fix those of the input.";
      throw new ShapeError(problem(this.label, "known sizes of the kernel", showShape(shape), next));
    }
    const inside = [...equation.kernel].filter((c) => !equation.output.includes(c));
    const fans = fansOf(
      shape as number[],
      [...equation.kernel].map((c) => inside.includes(c)),
    );
    const begin = flat(initializer(kernelInitializer ?? "glorotUniform", `${this.label} kernel`), fans);
    this.#kernel = this.addWeight("kernel", shape as number[], begin, penaltiesOf(this.options, "kernel", this.label));
    if (!biasAxes) return;
    const bias = this.#biasShape(equation, sizes, biasAxes);
    const penalties = penaltiesOf(this.options, "bias", this.label);
    this.#bias = this.addWeight("bias", bias, biasInitializer ?? "zeros", penalties);
  }

  #read(input: PartialShape): { equation: Equation; sizes: Map<string, number | null> } {
    const equation = readEquation(this.equation, input.length, this.label);
    return { equation, sizes: letterSizes(equation, input, this.outputShape, this.label) };
  }
  /** From the first of the bias's letters to the last axis: their sizes, and 1 in between. */
  #biasShape({ output }: Equation, sizes: Map<string, number | null>, axes: string): number[] {
    const first = Math.min(...[...axes].map((c) => output.indexOf(c)));
    const shape = [...output.slice(Math.max(0, first))].map((c) => (axes.includes(c) ? (sizes.get(c) ?? null) : 1));
    if (first >= 0 && !shape.includes(null)) return shape as number[];
    const next = "biasAxes are letters of the output whose sizes are known.";
    throw new ShapeError(problem(this.label, `letters of "${output}"`, `"${axes}"`, next));
  }

  override computeOutputShape(input: PartialShape): PartialShape {
    const { equation, sizes } = this.#read(input);
    return this.#activation.outputShape([...equation.output].map((c) => sizes.get(c) ?? null));
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const { equation } = this.#read(x.shape);
    const z = einsum(equation, x, context.weight(this.#kernel));
    const y = this.#activation.formula(this.#bias ? add(z, context.weight(this.#bias)) : z, context);
    addActivityLoss(this.options, y, context);
    return y;
  }
  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      output_shape: [...this.outputShape],
      equation: this.equation,
      activation: this.#activation.config,
      bias_axes: o.biasAxes ?? null,
      kernel_initializer: initializerConfig(o.kernelInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...penaltyConfig(o, weights, "always"),
    };
  }
}

/** Fan-in and fan-out: numbers in a sum, and number of sums. */
function fansOf(shape: readonly number[], inside: readonly boolean[]): [number, number] {
  const of = (wanted: boolean) => sizeOf(shape.filter((_, i) => inside[i] === wanted));
  return [of(true), of(false)];
}
/** An initializer that sees a kernel of any rank as the matrix it is. */
const flat = (init: Initializer, fans: [number, number]): Initializer => ({
  ...init,
  fill: (_, random) => init.fill(fans, random),
});
