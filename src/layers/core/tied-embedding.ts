import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { add } from "../../ops/elementwise.ts";
import { matmul } from "../../ops/matmul.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, show } from "../options.ts";
import { type ActivationLike, activationOf, type UsedActivation } from "./activations.ts";
import { Embedding } from "./embedding.ts";

export interface TiedEmbeddingOptions extends LayerOptions {
  /** Applied to the result. Default `"linear"`: none. */
  activation?: ActivationLike;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
}

/**
 * An output layer that shares the embedding's table E (Press & Wolf 2017; Inan et al. 2017): x [..., D] →
 * activation(x · Eᵀ + bias) [..., vocabulary]. The embedding stands in the same model, before it; D is its outputDim.
 * Weights of its own: bias [vocabulary].
 *
 *   const words = embedding(10_000, 128);
 *   sequential([words, lstm(128), tiedEmbedding(words, { activation: "softmax" })]);
 */
export function tiedEmbedding(table: Layer, options: TiedEmbeddingOptions = {}): Layer {
  return new TiedEmbedding(table, options);
}

export class TiedEmbedding extends Layer {
  readonly className = "TiedEmbedding";
  readonly factory = "tiedEmbedding";
  readonly embedding: Embedding;
  readonly options: TiedEmbeddingOptions;
  readonly #activation: UsedActivation;
  #bias: Weight | null = null;

  constructor(table: Layer, options: TiedEmbeddingOptions) {
    knownOptions(options, ["activation", "useBias"], "tiedEmbedding");
    super(options);
    if (!(table instanceof Embedding))
      throw new DataError(problem("tiedEmbedding", "an embedding", table instanceof Layer ? table.label : show(table)));
    this.embedding = table;
    this.options = options;
    this.#activation = activationOf(options.activation ?? "linear", "tiedEmbedding");
  }
  override build(input: PartialShape): void {
    const { inputDim, outputDim, label } = this.embedding;
    if (input.length < 2 || input.at(-1) !== outputDim) {
      const next = `Its units must be those of ${label}: put dense(${outputDim}) before it, or project the state.`;
      throw new ShapeError(problem(this.label, `x [B, ..., ${outputDim}]`, showShape(input), next));
    }
    if (!this.embedding.built) {
      const next = "Put the embedding into the same model, before this layer.";
      throw new DataError(problem(this.label, `${label} to be in the model`, "one that is not", next));
    }
    if (this.options.useBias !== false) this.#bias = this.addWeight("bias", [inputDim], "zeros");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return this.#activation.outputShape([...input.slice(0, -1), this.embedding.inputDim]);
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const scores = matmul(x, this.embedding.table(context), false, true);
    const z = this.#bias ? add(scores, context.weight(this.#bias)) : scores;
    const y = this.#activation.formula(z, context);
    y.mask = x.mask;
    y.prefix = x.prefix;
    return y;
  }
  config(): Record<string, ConfigValue> {
    const { useBias = true } = this.options;
    return { embedding: this.embedding.name, activation: this.#activation.config, use_bias: useBias };
  }
}
