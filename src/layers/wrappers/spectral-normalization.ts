import { DataError, problem } from "../../errors.ts";
import { abs, div, equal, minimum, mul, sqrt, square, where } from "../../ops/elementwise.ts";
import { matmul } from "../../ops/matmul.ts";
import { sum } from "../../ops/reduce.ts";
import { reshape, withoutGradient } from "../../ops/view.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type AnyLayer, buildOnce, type CallContext, Layer, type OwnedWeight, type Weight } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, layerObject, positiveInteger, show } from "../options.ts";
import { truncatedNormal } from "../weights/initializers.ts";

export interface SpectralNormalizationOptions extends LayerOptions {
  /** Steps of the power iteration that each training step takes. Default 1. */
  powerIterations?: number;
}

/**
 * A layer whose kernel is divided by its largest singular value at the beginning of every training step (Miyato et al. 2018):
 * the kernel itself is replaced, as in Keras. The value is followed by power iteration, a step or several each time. Shapes are
 * the layer's. Weights: the layer's, and vector_u [1, last size of the kernel], which no gradient moves.
 *
 *   spectralNormalization(dense(16, { activation: "leakyRelu" }), { powerIterations: 2 })
 */
export function spectralNormalization(layer: AnyLayer, options: SpectralNormalizationOptions = {}): Layer {
  return new SpectralNormalization(layer, options);
}

const suited = ["Dense", "EinsumDense", "Conv1D", "Conv1DTranspose", "DepthwiseConv1D"];

export class SpectralNormalization extends Layer {
  readonly className = "SpectralNormalization";
  readonly factory = "spectralNormalization";
  readonly layer: AnyLayer;
  readonly powerIterations: number;
  #kernel!: Weight;
  #u!: Weight;

  constructor(layer: AnyLayer, options: SpectralNormalizationOptions) {
    const who = "spectralNormalization";
    knownOptions(options, ["powerIterations"], who);
    super(options);
    if (!(layer instanceof Layer) || !suited.includes(layer.className)) {
      const embedding = layer instanceof Layer && layer.className === "Embedding";
      const next = embedding ? "Keras cuts its vectors to whole numbers: they are of the kind of the ids there." : hint;
      throw new DataError(
        problem(
          who,
          `a layer of one kernel: ${suited.join(", ")}`,
          layer instanceof Layer ? layer.label : show(layer),
          next,
        ),
      );
    }
    this.layer = layer;
    this.powerIterations = positiveInteger(options.powerIterations ?? 1, who, "powerIterations");
  }
  override get sublayers(): readonly AnyLayer[] {
    return [this.layer];
  }
  override weightsSuit(now: PartialShape, before: PartialShape): boolean {
    return this.layer.weightsSuit(now, before);
  }
  /** The kernel is the layer's, trained where the layer is; Keras counts it here, before vector_u. */
  override ownedWeights(trained = true): OwnedWeight[] {
    const all = super.ownedWeights(trained);
    const kernel = all.find(({ weight, layer }) => weight === this.#kernel && layer === this.layer);
    return kernel ? [kernel, ...all.filter(({ weight }) => weight !== this.#kernel)] : all;
  }

  override build(input: PartialShape): void {
    buildOnce(this.layer, [input]);
    this.#kernel = this.layer.weights.find(({ name }) => /kernel$/.test(name))!;
    const { name, shape, initializer } = this.#kernel;
    this.addWeight(name, shape, initializer, { existing: this.#kernel });
    const begin = truncatedNormal({ stddev: 0.02 });
    this.#u = this.addWeight("vector_u", [1, shape[shape.length - 1]], begin, { trainable: false });
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return this.layer.computeOutputShapes([input])[0];
  }
  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    if (context.training) this.#normalise(context);
    return this.layer.forwardAll(inputs, context);
  }

  /** Divides the kernel by u W v, with u and v a few iterations nearer to its singular vectors. Zeros stay as they are. */
  #normalise(context: CallContext): void {
    const kernel = context.weight(this.#kernel);
    const before = context.weight(this.#u);
    const last = kernel.shape[kernel.shape.length - 1];
    const w = reshape(kernel, [sizeOf(kernel.shape) / last, last]);
    let u = before; // [1, N]
    let v!: Tensor; // [1, K]
    for (let k = 0; k < this.powerIterations; k++) {
      v = unit(matmul(u, w, false, true));
      u = unit(matmul(v, w));
    }
    const largest = matmul(matmul(v, w), u, false, true); // [1, 1]
    const nothing = equal(sum(abs(w), [0, 1], true), 0); // [1, 1]
    context.update(this.#u, where(nothing, before, u));
    const divided = reshape(where(nothing, w, div(w, largest)), kernel.shape);
    context.update(this.#kernel, withoutGradient(divided)); // the step moves what it was divided to
  }
  config(): Record<string, ConfigValue> {
    return { layer: layerObject(this.layer), power_iterations: this.powerIterations };
  }
}

const hint = "spectralNormalization(dense(16)), for example.";

/** x of length 1, as Keras divides. */
function unit(x: Tensor): Tensor {
  return mul(x, minimum(div(1, sqrt(sum(square(x), [0, 1], true))), 1e7));
}
