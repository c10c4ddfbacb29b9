import { DataError, problem } from "../../errors.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import { TextVectorization } from "../../text/text-vectorization.ts";
import { type ConfigValue, kerasName, knownOptions, type LayerOptions, rankOf, show } from "../options.ts";
import { InputEncoder, type Values } from "./input-encoder.ts";

/**
 * A `textVectorization` as a layer: texts [B] or [B, 1] → ids [B, T], or rows as wide as its vocabulary. It reads an input of the
 * model itself, so that the model takes texts and keeps its vocabulary in its file.
 *
 *   const vectorize = textVectorization({ outputSequenceLength: 40 });
 *   vectorize.adapt(texts);
 *   const model = sequential([input([1], { dtype: "string" }), textVectorizationLayer(vectorize), embedding(vectorize.size, 16), lstm(8), dense(1)]);
 *   await model.predict([["a fine film"]]);
 */
export function textVectorizationLayer(
  vectorize: TextVectorization,
  options: LayerOptions = {},
): TextVectorizationLayer {
  return new TextVectorizationLayer(vectorize, options);
}

/** Texts to ids or rows of words; made by `textVectorizationLayer`. */
export class TextVectorizationLayer extends InputEncoder {
  readonly className = "TextVectorization";
  readonly factory = "textVectorizationLayer";
  /** The text vectorization that turns texts into numbers. */
  readonly vectorize: TextVectorization;
  /** Size of the vocabulary that a file says, where its words are read later. */
  expectedSize: number | null = null;

  constructor(vectorize: TextVectorization, options: LayerOptions) {
    super(options);
    knownOptions(options, [], "textVectorizationLayer");
    if (!(vectorize instanceof TextVectorization))
      throw new DataError(problem("textVectorizationLayer", "a textVectorization", String(vectorize)));
    this.vectorize = vectorize;
  }
  override get ready(): boolean {
    return this.expectedSize !== null || this.vectorize.vocabulary("words").length > 0;
  }
  /** Takes the words of a file, special tokens in front. */
  restore(words: readonly string[], idfWeights?: ArrayLike<number>): void {
    this.vectorize.setVocabulary(words, idfWeights && Array.from(idfWeights).slice(0, words.length));
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    const { outputMode, options } = this.vectorize;
    if (input.length !== 1) rankOf(input, 2, this.label, "texts [B] or [B, 1]");
    if (input.length === 1 && options.split === null) {
      const next = "Where texts are not split Keras takes the rows of a batch for the words of one text.";
      throw new DataError(problem(this.label, "texts [B, 1]", show(input), next));
    }
    if (input.length === 2 && input[1] !== 1)
      throw new DataError(problem(this.label, "texts [B] or [B, 1]", show(input), "Join the texts of a row."));
    if (outputMode === "int") return [input[0], options.outputSequenceLength ?? null];
    return [input[0], this.#width];
  }
  /** Numbers in a row of words. */
  get #width(): number {
    const { options, size } = this.vectorize;
    if (options.padToMaxTokens) return options.maxTokens!;
    return this.vectorize.vocabulary("words").length > 0 ? size : this.expectedSize!;
  }
  override encode({ data }: Values): NdArray {
    return this.vectorize.encode(data as readonly string[]);
  }
  /** A weight for each number of mode tfIdf. */
  get weightsByNumber(): Float32Array {
    const { idfWeights = [] } = this.vectorize.toJSON().options;
    const all = new Float32Array(this.#width);
    all[0] = idfWeights.reduce((n, w) => n + w, 0) / Math.max(1, idfWeights.length);
    all.set(idfWeights, 1);
    return all;
  }

  config(): Record<string, ConfigValue> {
    const { standardize = "lowerAndStripPunctuation", split = "whitespace", ngrams, ...o } = this.vectorize.options;
    if (typeof standardize === "function" || typeof split === "function") {
      const next =
        "Functions cannot be saved: use a TextVectorization without one, or vectorize the texts before the model.";
      throw new DataError(problem(this.label, "standardize and split by name", "a function", next));
    }
    const words = this.vectorize.vocabulary("words");
    const learned = words.length > 0;
    const { idfWeights = null } = learned ? this.vectorize.toJSON().options : {};
    return {
      max_tokens: o.maxTokens ?? null,
      standardize: standardize && kerasName(standardize),
      split,
      ngrams: ngrams === undefined ? null : typeof ngrams === "number" ? ngrams : [...ngrams],
      output_mode: kerasName(this.vectorize.outputMode),
      output_sequence_length: o.outputSequenceLength ?? null,
      pad_to_max_tokens: o.padToMaxTokens ?? false,
      sparse: false,
      ragged: false,
      vocabulary: learned ? words : null,
      idf_weights: idfWeights && [...idfWeights],
      encoding: "utf-8",
      vocabulary_size: learned ? this.vectorize.size : this.expectedSize,
    };
  }
}
