import { DataError, FormatError, problem, suggest } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { hostSize } from "./host-size.ts";
import { padSequences } from "./pad-sequences.ts";
import { checkTexts, describe } from "./split-words.ts";
import { standardizeAndSplit, type TextRules } from "./standardize.ts";
import { checkVocabulary, countTokens, meanOf, mostFrequent, unknownToken } from "./vocabulary.ts";

/** Result of `encode`: ids in order, or one number per word of the vocabulary. */
export type VectorizationMode = "int" | "multiHot" | "count" | "tfIdf";

export interface TextVectorizationOptions extends TextRules {
  /** Largest vocabulary size, with the ids of padding and `[UNK]`; `numWords` of a Tokenizer. Default: no limit. */
  maxTokens?: number;
  /** Contents of a row: ids, a bag of words, counts or tf-idf. Default `"int"`. */
  outputMode?: VectorizationMode;
  /**
   * For `"int"`: the length of every row, cut off or filled with 0 at the **end**; `maxLen` of `padSequences`. Default: that of
   * the longest text.
   */
  outputSequenceLength?: number;
  /** For the other modes: whether rows are `maxTokens` wide even where the vocabulary is smaller. Default false. */
  padToMaxTokens?: boolean;
  /** The words, instead of `adapt`. Default: learned by `adapt`. */
  vocabulary?: readonly string[];
  /** For `"tfIdf"` with `vocabulary`: a weight for each of its words. Default: learned by `adapt`. */
  idfWeights?: readonly number[];
}

/** Options and vocabulary as plain data, from `toJSON`. */
export interface TextVectorizationJson {
  /** Tells this JSON from others. */
  kind: "textVectorization";
  /** The options it was made with. */
  options: TextVectorizationOptions;
}

const modes: readonly VectorizationMode[] = ["int", "multiHot", "count", "tfIdf"];

/**
 * Texts to numbers by the rules of Keras's `TextVectorization` layer: lower-case ASCII, drop punctuation (the apostrophe
 * too), split at white space, number words by frequency, ties in reverse alphabetical order. In mode `int` id 0 pads and
 * 1 is `[UNK]`; in the others 0 is `[UNK]`. Before a model, not inside it: strings are no tensors here.
 *
 *   const vectorize = textVectorization({ outputSequenceLength: 4 });
 *   vectorize.adapt(["The cat sat.", "The dog!"]);
 *   vectorize.vocabulary(); // ["", "[UNK]", "the", "sat", "dog", "cat"]
 *   vectorize.encode(["the bird sat"]).toArray(); // [[2, 1, 3, 0]]
 */
export function textVectorization(options: TextVectorizationOptions = {}): TextVectorization {
  return new TextVectorization(options);
}

/** Turns texts into numbers; made by `textVectorization`. */
export class TextVectorization {
  /** The options it was made with. */
  readonly options: TextVectorizationOptions;
  /** Contents of a row: ids, a bag of words, counts or tf-idf. */
  readonly outputMode: VectorizationMode;
  #words: string[] = []; // without the special tokens
  #ids = new Map<string, number>();
  #weights: number[] = []; // one an id, for tfIdf

  constructor(options: TextVectorizationOptions = {}) {
    checkOptions(options);
    const { vocabulary, idfWeights, ...rules } = options;
    this.options = rules;
    this.outputMode = options.outputMode ?? "int";
    if (vocabulary !== undefined) this.setVocabulary(vocabulary, idfWeights);
  }

  /** Learns the vocabulary of these texts and forgets any other, as in Keras. Throws DataError where there is no word. */
  adapt(texts: Iterable<string>): void {
    const who = "textVectorization.adapt";
    const { counts, documents, rows } = countTokens(this.#split(texts, who));
    for (const special of ["", unknownToken]) counts.delete(special); // no word in any mode
    const words = mostFrequent(counts, (this.options.maxTokens ?? Number.POSITIVE_INFINITY) - this.#specials().length);
    if (words.length === 0) {
      const next = "Give texts with words in them, before encode.";
      throw new DataError(problem(who, "at least one word", `${rows} texts without any`, next));
    }
    this.#number(
      words,
      words.map((word) => Math.log(1 + rows / (1 + (documents.get(word) ?? 0)))),
    );
  }

  /**
   * Takes these words, most frequent first, with or without the special tokens before them; mode `tfIdf` needs a weight
   * for each word. Throws DataError for doubles, misplaced special tokens and more words than `maxTokens`.
   */
  setVocabulary(words: readonly string[], idfWeights?: readonly number[]): void {
    const plain = checkVocabulary(words, this.#specials(), this.options.maxTokens);
    if (!Array.isArray(idfWeights ?? []))
      throw new DataError(problem("textVectorization", "idfWeights as a list of numbers", describe(idfWeights)));
    const weights = idfWeights?.slice(words.length - plain.length) ?? [];
    if (this.outputMode === "tfIdf" && !(weights.length === plain.length && weights.every(Number.isFinite))) {
      const received = idfWeights === undefined ? "none" : `${weights.filter(Number.isFinite).length} finite`;
      throw new DataError(problem("textVectorization", `idfWeights for ${plain.length} words`, received));
    }
    this.#number(plain, weights);
  }

  /** The words in the order of their ids; with the special tokens (Keras's `get_vocabulary`) unless told otherwise. */
  vocabulary(tokens: "all" | "words" = "all"): string[] {
    return tokens === "all" ? [...this.#specials(), ...this.#words] : [...this.#words];
  }

  /** Vocabulary size, special ids included: the first argument of an `embedding`. */
  get size(): number {
    return this.#specials().length + this.#words.length;
  }

  /** The tokens (or n-grams) of one text, known or not. */
  textToTokens(text: string): string[] {
    return this.#split([text], "textVectorization.textToTokens")[0];
  }

  /** Mode `int`: i32 [N, T], filled at the end with 0. The other modes: f32 [N, ids], one column an id. */
  encode(texts: Iterable<string>): NdArray {
    const who = "textVectorization.encode";
    const rows = this.#split(texts, who);
    if (this.#words.length === 0) {
      throw new DataError(problem(who, "a vocabulary", "none", "Call adapt(texts) or setVocabulary(words) first."));
    }
    const unknown = this.outputMode === "int" ? 1 : 0;
    const idsOf = (tokens: readonly string[]) => tokens.map((token) => this.#ids.get(token) ?? unknown);
    // An empty token, which pads in mode int, counts nothing in the others.
    if (this.outputMode !== "int")
      return this.#bags(
        rows.map((tokens) => idsOf(tokens.filter(Boolean))),
        who,
      );
    const ids = rows.map(idsOf);
    return padSequences(ids, { maxLen: this.options.outputSequenceLength, padding: "post", truncating: "post" });
  }

  /** Options and vocabulary as plain data, for `JSON.stringify`; custom functions cannot be saved (DataError). */
  toJSON(): TextVectorizationJson {
    const { standardize, split } = this.options;
    if (typeof standardize === "function" || typeof split === "function") {
      const next = "Save vocabulary() and give the functions again.";
      throw new DataError(problem("textVectorization.toJSON", "standardize and split by name", "a function", next));
    }
    const weights = this.outputMode === "tfIdf" ? { idfWeights: this.#weights.slice(this.#specials().length) } : {};
    const learned = this.#words.length > 0 ? { vocabulary: this.vocabulary("words"), ...weights } : {};
    return { kind: "textVectorization", options: { ...this.options, ...learned } };
  }

  /** The text vectorization that `toJSON` described; throws FormatError or DataError naming what is wrong. */
  static fromJSON(json: TextVectorizationJson): TextVectorization {
    if (json?.kind !== "textVectorization" || typeof json.options !== "object" || json.options === null) {
      const received = describe(json?.kind);
      throw new FormatError(problem("TextVectorization.fromJSON", 'kind "textVectorization" with options', received));
    }
    return new TextVectorization(json.options);
  }

  /** In mode `int` the empty string, id 0, pads. */
  #specials(): string[] {
    return this.outputMode === "int" ? ["", unknownToken] : [unknownToken];
  }

  #split(texts: Iterable<string>, who: string): string[][] {
    return checkTexts(texts, who).map((text, i) => {
      if (typeof text === "string") return standardizeAndSplit(text, this.options);
      throw new DataError(problem(who, `a string at [${i}]`, "a list", "Join its words by a space."));
    });
  }

  #number(words: readonly string[], weights: readonly number[]): void {
    this.#words = [...words];
    this.#ids = new Map(this.vocabulary().map((word, id) => [word, id]));
    this.#weights = [...this.#specials().map(() => meanOf(weights)), ...weights]; // [UNK] weighs the mean, as in Keras
  }

  #bags(ids: readonly number[][], who: string): NdArray {
    const width = this.options.padToMaxTokens ? (this.options.maxTokens ?? this.size) : this.size;
    const next = "Give a smaller maxTokens, or encode the texts in portions.";
    const data = new Float32Array(hostSize([ids.length, width], who, next));
    ids.forEach((row, r) => {
      for (const id of row) {
        const at = r * width + id;
        if (this.outputMode === "multiHot") data[at] = 1;
        else data[at] += this.outputMode === "count" ? 1 : this.#weights[id];
      }
    });
    return new NdArray(data, [ids.length, width]);
  }
}

function checkOptions(options: TextVectorizationOptions): void {
  const { outputMode = "int", maxTokens, outputSequenceLength, padToMaxTokens } = options;
  const who = "textVectorization";
  if (!modes.includes(outputMode)) {
    throw new DataError(problem(who, "a known outputMode", describe(outputMode), suggest(String(outputMode), modes)));
  }
  const least = outputMode === "int" ? 3 : 2; // the special tokens and one word
  for (const [name, value, from] of [
    ["maxTokens", maxTokens, least],
    ["outputSequenceLength", outputSequenceLength, 1],
  ] as const) {
    if (value === undefined || value === null || (Number.isInteger(value) && value >= from)) continue;
    throw new DataError(problem(who, `${name} to be a whole number, ${from} or more`, describe(value)));
  }
  if (outputSequenceLength !== undefined && outputMode !== "int") {
    throw new DataError(problem(who, 'outputSequenceLength with outputMode "int" only', `"${outputMode}"`));
  }
  if (padToMaxTokens && (maxTokens === undefined || outputMode === "int")) {
    throw new DataError(problem(who, 'padToMaxTokens with maxTokens, and not with "int"', `"${outputMode}"`));
  }
}
