import { DataError, problem, showValue } from "../../errors.ts";
import type { ArrayLike as AnyArray, NdArray } from "../../tensor/nd-array.ts";
import { asNdArray } from "../../tensor/nd-array.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import { countTokens, meanOf, mostFrequent } from "../../text/vocabulary.ts";
import { type ConfigValue, kerasName, knownOptions, type LayerOptions, oneOf, wholeNumber } from "../options.ts";
import { type EncodingMode, encoded, encodedShape } from "./encodings.ts";
import { bucketOf } from "./fingerprint.ts";
import { InputEncoder, type Texts, type Values, valuesOf } from "./input-encoder.ts";

export interface LookupOptions<Token> extends LayerOptions {
  /** Largest vocabulary, special tokens included. Default null: no limit. */
  maxTokens?: number | null;
  /** Numbers for what is not in the vocabulary; with 0 it is refused, with several each has one by its hash. Default 1. */
  numOovIndices?: number;
  /** Stands for nothing: number 0 in mode int, and counts nothing in the others. Default null: there is none. */
  maskToken?: Token | null;
  /** Token that stands for unknown ones in the vocabulary. Default `"[UNK]"`, or −1 for numbers. */
  oovToken?: Token;
  /** The vocabulary, without special tokens or with all of them in front. Default: learned by `adapt`. */
  vocabulary?: readonly Token[];
  /** For `"tfIdf"` with `vocabulary`: a weight for each of its tokens. Default: learned by `adapt`. */
  idfWeights?: readonly number[];
  /** Encoding of the numbers. Default `"int"`. */
  outputMode?: EncodingMode;
  /** Rows are `maxTokens` wide even where the vocabulary is smaller. Default false. */
  padToMaxTokens?: boolean;
  /** Two numbers, or one for both: the key of the hash that unknown tokens are spread by. Default null: another hash, without key. */
  salt?: number | readonly [number, number] | null;
}
export interface StringLookupOptions extends LookupOptions<string> {}
export interface IntegerLookupOptions extends LookupOptions<number> {
  /** Choice among several numbers for unknown tokens: by remainder or by hash. Default `"floormod"`. */
  oovMethod?: "floormod" | "farmhash";
}

/**
 * A number for each text of an input, by a vocabulary: texts [B, N] → i32 [B, N], or rows of its size. It reads an input of the
 * model itself; unknown texts come first among the numbers.
 *
 *   const colors = stringLookup({ outputMode: "oneHot" }).adapt(["red", "blue", "red"]); // vocabulary ["[UNK]", "red", "blue"]
 *   sequential([input([1], { dtype: "string" }), colors, dense(1)]);
 */
export function stringLookup(options: StringLookupOptions = {}): Lookup<string> {
  return new Lookup("StringLookup", "stringLookup", options, "[UNK]");
}

/**
 * A number for each whole number of an input, by a vocabulary: [B, N] → i32 [B, N], or rows of its size. It reads an input of
 * the model itself.
 *
 *   const codes = integerLookup().adapt([1005, 1005, 7]); // 1005 is 1, 7 is 2, all others are 0
 */
export function integerLookup(options: IntegerLookupOptions = {}): Lookup<number> {
  return new Lookup("IntegerLookup", "integerLookup", options, -1);
}

/** Numbers for unknown tokens stand in the vocabulary, each with a token of its own. */
const mostUnknown = 1_000_000;
const modes: readonly EncodingMode[] = ["int", "oneHot", "multiHot", "count", "tfIdf"];
const names = [
  ...["maxTokens", "numOovIndices", "maskToken", "oovToken", "vocabulary", "idfWeights", "outputMode"],
  ...["padToMaxTokens", "salt"],
];

/** Texts or whole numbers to numbers by a vocabulary; made by `stringLookup` and `integerLookup`. */
export class Lookup<Token extends string | number = string | number> extends InputEncoder {
  readonly className: string;
  readonly factory: string;
  readonly options: IntegerLookupOptions | StringLookupOptions;
  readonly mode: EncodingMode;
  /** Size of the vocabulary that a file says, where its words are read later. */
  expectedSize: number | null = null;
  readonly #texts: boolean;
  readonly #unknown: Token;
  readonly #salt: readonly [number, number] | null;
  #words: Token[] = [];
  #numbers = new Map<Token, number>();
  #weights: readonly number[] = [];

  constructor(className: string, factory: string, options: LookupOptions<Token>, unknown: Token) {
    super(options);
    this.#texts = typeof unknown === "string";
    knownOptions(options, this.#texts ? names : [...names, "oovMethod"], factory);
    this.className = className;
    this.factory = factory;
    this.options = options as StringLookupOptions | IntegerLookupOptions;
    this.mode = oneOf(options.outputMode ?? "int", modes, factory, "outputMode");
    this.#unknown = options.oovToken ?? unknown;
    const { maxTokens = null, padToMaxTokens = false, salt = null, numOovIndices = 1, maskToken = null } = options;
    if (wholeNumber(numOovIndices, factory, "numOovIndices") > mostUnknown)
      throw new DataError(problem(factory, `numOovIndices of at most ${mostUnknown}`, `${numOovIndices}`));
    for (const token of [this.#unknown, maskToken ?? unknown])
      if (typeof token !== typeof unknown)
        throw new DataError(problem(factory, `maskToken and oovToken as a ${typeof unknown}`, showValue(token)));
    if (typeof padToMaxTokens !== "boolean")
      throw new DataError(problem(factory, "padToMaxTokens as true or false", showValue(padToMaxTokens)));
    const { oovMethod = "floormod" } = options as IntegerLookupOptions;
    oneOf(oovMethod, ["floormod", "farmhash"], factory, "oovMethod");
    if (maxTokens !== null && !(Number.isInteger(maxTokens) && maxTokens > 1))
      throw new DataError(problem(factory, "maxTokens as a whole number above 1", String(maxTokens)));
    if (padToMaxTokens && maxTokens === null)
      throw new DataError(problem(factory, "maxTokens beside padToMaxTokens", "none"));
    this.#salt = saltOf(salt, factory);
    if (options.vocabulary) this.setVocabulary(options.vocabulary, options.idfWeights);
  }

  /** Learns the vocabulary of an input's values, the most frequent first; of equal ones the last in order. */
  adapt(data: Token extends string ? Texts : AnyArray): this {
    this.#refuseBuilt();
    const who = `${this.label}: adapt`;
    const rows = this.#rowsOf(data, who);
    const { counts, documents } = countTokens<Token>(rows);
    counts.delete(this.#unknown);
    if (this.options.maskToken != null) counts.delete(this.options.maskToken as Token);
    const room = (this.options.maxTokens ?? Number.POSITIVE_INFINITY) - this.#start;
    const words = mostFrequent(counts, room);
    if (words.length === 0) throw new DataError(problem(who, "some values", "none"));
    this.#take(
      words,
      words.map((word) => Math.log(1 + rows.length / (1 + documents.get(word)!))),
    );
    return this;
  }
  #rowsOf(data: unknown, who: string): Token[][] {
    const rank = this.#texts
      ? Array.isArray((data as unknown[])?.[0])
        ? 2
        : 1
      : asNdArray(data as never, { who }).rank;
    const { data: flat, shape } = valuesOf(data, new Array(Math.max(1, rank)).fill(null), this.#texts, who);
    const width = flat.length / shape[0]; // a list is a value for each row, as in Keras
    return Array.from({ length: shape[0] }, (_, r) => flat.slice(r * width, (r + 1) * width) as Token[]);
  }

  /** Takes this vocabulary; mode `tfIdf` needs a weight for each token. Throws DataError for doubles and too many. */
  setVocabulary(words: readonly Token[], idfWeights?: readonly number[]): this {
    this.#refuseBuilt();
    return this.restore(words, idfWeights);
  }
  /** The same for a layer that a file has put into a model already. */
  restore(words: readonly Token[], idfWeights?: ArrayLike<number>): this {
    const who = `${this.label}: vocabulary`;
    if (!Array.isArray(words)) throw new DataError(problem(who, "a list", showValue(words)));
    const numbers = Array.isArray(idfWeights ?? []) || ArrayBuffer.isView(idfWeights);
    if (!numbers || !Array.from(idfWeights ?? []).every(Number.isFinite))
      throw new DataError(problem(who, "idfWeights as a list of numbers", showValue(idfWeights)));
    const led = this.#specials().every((special, i) => words[i] === special);
    const skipped = led ? this.#start : 0;
    const plain = words.slice(skipped);
    const kind = this.#texts ? "string" : "number";
    const wrong = plain.find((word) => typeof word !== kind || word === this.options.maskToken);
    if (wrong !== undefined || new Set(plain).size !== plain.length || plain.length === 0) {
      const next = "Put all special tokens first, or leave them out.";
      const found = wrong !== undefined ? JSON.stringify(wrong) : plain.length === 0 ? "none" : "one of them twice";
      throw new DataError(problem(who, `every ${kind} once`, found, next));
    }
    const { maxTokens = null } = this.options;
    if (maxTokens !== null && plain.length + this.#start > maxTokens)
      throw new DataError(problem(who, `at most ${maxTokens} tokens`, `${plain.length + this.#start}`));
    if (
      this.expectedSize !== null &&
      this.built &&
      this.mode !== "int" &&
      plain.length + this.#start !== this.expectedSize
    )
      throw new DataError(problem(who, `${this.expectedSize} tokens`, `${plain.length + this.#start}`));
    const weights = Array.from(idfWeights ?? []).slice(skipped, skipped + plain.length);
    if (this.mode === "tfIdf" && weights.length !== plain.length)
      throw new DataError(problem(who, `idfWeights for ${plain.length} tokens`, `${weights.length}`));
    this.#take([...plain], weights);
    return this;
  }
  #take(words: Token[], weights: readonly number[]): void {
    this.#words = words;
    this.#numbers = new Map(words.map((word, k) => [word, this.#start + k]));
    this.#weights = weights;
  }
  #refuseBuilt(): void {
    if (!this.built) return;
    throw new DataError(problem(this.label, "a layer outside any model", "one in a model", "Adapt it first."));
  }

  /** The tokens in the order of their numbers; with the special ones unless told otherwise. */
  vocabulary(tokens: "all" | "words" = "all"): Token[] {
    return tokens === "all" ? [...this.#specials(), ...this.#words] : [...this.#words];
  }
  /** Vocabulary size, special tokens included: the first argument of an `embedding`. */
  get size(): number {
    return this.#words.length > 0 ? this.#start + this.#words.length : (this.expectedSize ?? this.#start);
  }
  /** A weight for each number of mode tfIdf, those of unknown tokens too. */
  get weightsByNumber(): Float32Array {
    const all = new Float32Array(this.#depth);
    all.fill(meanOf(this.#weights), 0, this.#start);
    all.set(this.#weights, this.#start);
    return all;
  }
  override get ready(): boolean {
    return this.#words.length > 0 || this.expectedSize !== null;
  }

  get #masks(): number {
    return this.options.maskToken != null && this.mode === "int" ? 1 : 0;
  }
  get #start(): number {
    return this.#masks + (this.options.numOovIndices ?? 1);
  }
  get #depth(): number {
    return this.options.padToMaxTokens ? this.options.maxTokens! : this.size;
  }
  #specials(): Token[] {
    const mask = this.#masks === 1 ? [this.options.maskToken as Token] : [];
    return [...mask, ...new Array<Token>(this.options.numOovIndices ?? 1).fill(this.#unknown)];
  }

  override computeOutputShape(input: PartialShape): PartialShape {
    return encodedShape(input, this.mode, this.#depth, this.label);
  }
  override encode({ data, shape }: Values, who: string): NdArray {
    if (this.#words.length === 0)
      throw new DataError(
        problem(this.label, "a vocabulary", "none", "Call adapt(data) or setVocabulary(words) first."),
      );
    const ids = Int32Array.from(data, (value) => this.#numberOf(value as Token, who));
    return encoded(ids, shape, this.mode, this.#depth, who, this.mode === "tfIdf" ? this.weightsByNumber : null);
  }
  #numberOf(value: Token, who: string): number {
    const { maskToken, numOovIndices = 1, oovMethod = "floormod" } = this.options as IntegerLookupOptions;
    if (!this.#texts && !Number.isSafeInteger(value)) throw new DataError(problem(who, "whole numbers", String(value)));
    if (maskToken != null && (value as unknown) === maskToken) return this.mode === "int" ? 0 : -1;
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    if (numOovIndices === 0) {
      const next = "With numOovIndices 1 it would be number 0.";
      throw new DataError(problem(who, `values of the vocabulary of ${this.label}`, JSON.stringify(value), next));
    }
    if (numOovIndices === 1) return this.#masks;
    const remainder = !this.#texts && oovMethod === "floormod";
    const n = value as number;
    const bucket = remainder
      ? n - numOovIndices * Math.floor(n / numOovIndices)
      : bucketOf(value, numOovIndices, this.#salt);
    return this.#masks + bucket;
  }

  config(): Record<string, ConfigValue> {
    const o = this.options as IntegerLookupOptions;
    const learned = this.#words.length > 0;
    return {
      invert: false,
      max_tokens: o.maxTokens ?? null,
      num_oov_indices: o.numOovIndices ?? 1,
      oov_token: this.#unknown,
      mask_token: o.maskToken ?? null,
      output_mode: kerasName(this.mode),
      sparse: false,
      pad_to_max_tokens: o.padToMaxTokens ?? false,
      idf_weights: learned && this.mode === "tfIdf" ? [...this.#weights] : null,
      vocabulary: learned ? [...this.#words] : null,
      vocabulary_size: this.size,
      oov_method: o.oovMethod ?? "floormod",
      salt: this.#salt && [...this.#salt],
      ...(this.#texts ? { encoding: "utf-8" } : { vocabulary_dtype: "int64" }),
    };
  }
}

/** A salt as the key of two numbers. */
export function saltOf(salt: number | readonly [number, number] | null, who: string): readonly [number, number] | null {
  if (salt === null) return null;
  const pair = typeof salt === "number" ? ([salt, salt] as const) : salt;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n))) return pair;
  throw new DataError(problem(who, "salt as one or two whole numbers", JSON.stringify(salt)));
}
