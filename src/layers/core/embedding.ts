import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { cast, equal, sub } from "../../ops/elementwise.ts";
import { gather } from "../../ops/gather.ts";
import { commonPrefix } from "../../ops/prefix.ts";
import { type ArrayLike, asNdArray } from "../../tensor/nd-array.ts";
import { type DType, type PartialShape, sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm, penaltyKeys } from "../keras-form.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, type LayerOptions, positiveInteger } from "../options.ts";
import { constant, type InitializerLike } from "../weights/initializers.ts";
import {
  addActivityLoss,
  type PenaltyOptions,
  penaltiesOf,
  penaltyConfig,
  penaltyNames,
} from "../weights/penalties.ts";

export interface EmbeddingOptions extends LayerOptions, PenaltyOptions<"embeddings"> {
  /** Initializer of the vectors. Default `"randomUniform"`, between −0.05 and 0.05. */
  embeddingsInitializer?: InitializerLike;
  /**
   * The vectors it begins with, [inputDim, outputDim], in place of `embeddingsInitializer`: those of `WordVectors.matrixFor`. With
   * `trainable: false` they stay. Default: drawn.
   */
  weights?: ArrayLike;
  /** Id 0 is padding: later recurrent layers skip those steps. `inputDim` counts id 0. Default false. */
  maskZero?: boolean;
}

const weights = ["embeddings"];

/**
 * A vector for each id: ids [B, T] (whole numbers from 0 to inputDim − 1) → [B, T, outputDim].
 *
 *   sequential([embedding(10_000, 128), lstm(64), dense(1, { activation: "sigmoid" })]);
 */
export function embedding(inputDim: number, outputDim: number, options: EmbeddingOptions = {}): Layer {
  return new Embedding(inputDim, outputDim, options);
}
kerasForm(embedding, {
  className: "Embedding",
  args: ["input_dim", "output_dim"],
  options: ["mask_zero", "embeddings_initializer", ...penaltyKeys("embeddings")],
  refused: ["lora_rank"],
});

export class Embedding extends Layer {
  readonly className = "Embedding";
  readonly factory = "embedding";
  readonly inputDim: number;
  readonly outputDim: number;
  readonly maskZero: boolean;
  readonly options: EmbeddingOptions;
  readonly #init: InitializerLike;
  #table!: Weight;

  constructor(inputDim: number, outputDim: number, options: EmbeddingOptions) {
    super(options);
    knownOptions(options, ["embeddingsInitializer", "weights", "maskZero", ...penaltyNames(weights)], "embedding");
    this.inputDim = positiveInteger(inputDim, "embedding", "inputDim (how many ids, 0 included)");
    this.outputDim = positiveInteger(outputDim, "embedding", "outputDim");
    this.options = options;
    this.maskZero = options.maskZero ?? false;
    this.#init = options.weights ? this.#given(options.weights) : (options.embeddingsInitializer ?? "randomUniform");
  }
  #given(vectors: ArrayLike): InitializerLike {
    if (this.options.embeddingsInitializer)
      throw new DataError(problem("embedding", "weights or embeddingsInitializer", "both", "Leave one of them out."));
    const array = asNdArray(vectors, { who: "embedding: weights" });
    const wanted = [this.inputDim, this.outputDim];
    const inList = array.rank === 3 && array.shape[0] === 1; // Keras's [matrix]
    const matrix = inList ? array.reshape(array.shape.slice(1)) : array;
    if (sameShape(matrix.shape, wanted)) return constant(matrix);
    throw new ShapeError(problem("embedding: weights", `vectors ${showShape(wanted)}`, showShape(array.shape)));
  }
  override get inputDtype(): DType {
    return "i32";
  }
  override get idLimit(): number {
    return this.inputDim;
  }
  /** The vectors in this trace, [inputDim, outputDim]. */
  table(context: CallContext): Tensor {
    return this.rounding?.table(this, context) ?? context.weight(this.#table);
  }
  /** Rows of words of any length. */
  override weightsSuit(): boolean {
    return true;
  }
  override build(input: PartialShape): void {
    if (input.length < 1) {
      throw new ShapeError(
        problem(
          this.label,
          "ids [B, T]",
          showShape(input),
          "Give whole numbers, one for each word: padSequences(rows).",
        ),
      );
    }
    const penalties = penaltiesOf(this.options, "embeddings", this.label);
    this.#table = this.addWeight("embeddings", [this.inputDim, this.outputDim], this.#init, penalties);
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return [...input, this.outputDim];
  }
  override forward(ids: Tensor, context: CallContext): Tensor {
    const prefix = !this.maskZero && ids.shape.length === 2 && ids.dtype === "i32" ? commonPrefix(ids) : undefined;
    const rows = cast(ids, "i32");
    const y = this.rounding?.vectors(this, rows, context) ?? gather(context.weight(this.#table), rows);
    y.prefix = prefix;
    if (this.maskZero) y.mask = sub(1, equal(cast(ids, "f32"), 0));
    addActivityLoss(this.options, y, context);
    return y;
  }
  config(): Record<string, ConfigValue> {
    return {
      input_dim: this.inputDim,
      output_dim: this.outputDim,
      embeddings_initializer: initializerConfig(this.#init),
      ...penaltyConfig(this.options, weights, "always"),
      mask_zero: this.maskZero,
    };
  }
}
