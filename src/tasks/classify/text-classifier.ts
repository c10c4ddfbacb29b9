import { DataError, option, problem, sentence } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import { type AnyLayer, embedding, input, type Layer, spatialDropout1d } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { padSequences } from "../../text/pad-sequences.ts";
import { Tokenizer } from "../../text/tokenizer.ts";
import type { History } from "../../train/fit/history.ts";
import type { Arrays } from "../../train/fit/trainable-model.ts";
import { adam } from "../../train/optimizers/index.ts";
import { anything, below1, type Field, flag, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { cosineDecay } from "../../train/schedules.ts";
import { oneHotRows, textRows } from "../shared/bundled.ts";
import { batchFor, epochsFor, lengthFor, manyTexts, someTexts, unitsFor, vocabularyFor } from "../shared/defaults.ts";
import { type ModelInput, tokensOf } from "../shared/model-input.ts";
import {
  onlyLayers,
  ownLayers,
  recurrentStack,
  type StackOptions,
  stackFields,
  stackNames,
} from "../shared/recurrent-stack.ts";
import { openTask, readPlainOptions, saveTask, type TaskSource } from "../shared/task-file.ts";
import { withBlanks } from "../shared/white-space.ts";
import {
  type AskOptions,
  Classifier,
  type ClassifierFitOptions,
  type ClassifierOptions,
  classifierFields,
  type Defaults,
  type Evaluation,
  type Prediction,
  type Weights,
} from "./classifier.ts";
import { apart } from "./labelled-rows.ts";
import type { Label } from "./labels.ts";
import {
  idsOf,
  type TextLearned as Learned,
  mostBuckets,
  readTextData,
  textData,
  unknownWord,
} from "./text-learned.ts";
import { besidePairs } from "./text-network.ts";
import { pairIds } from "./word-pairs.ts";

export interface TextClassifierOptions extends ClassifierOptions, StackOptions {
  /**
   * Vocabulary size: ids are below this, as a Tokenizer counts; 0 pads, 1 is every unknown word, and `numWords - 2` words have
   * one of their own. Default: all words that come at least twice (all words of few texts), 20,000 at most.
   */
  numWords?: number;
  /**
   * Words read in order of each text, as `maxLen` of `padSequences`. Default: enough that 95 of 100 training texts fit whole,
   * 500 at most; 250 from 10,000 texts on.
   */
  length?: number;
  /** The end of a longer text that is read: `"end"` (default) or `"start"`. Keras names the end that is removed: `truncating: "pre"`, `"post"`. */
  keep?: "start" | "end";
  /** Embedding dimension. Default: as many as units, 32 at least; 16 from 200 texts on. */
  embedding?: number;
  /** Fraction of the embedding vector dropped while training, the same for all words of a text. Default 0; 0.6 from 200 texts on. */
  embeddingDropout?: number;
  /**
   * Number of hash buckets for words and pairs of neighbouring words, in a bag beside the recurrent layers that finds "not good"
   * anywhere in a long text; 0 for none. Default: 262,144 for many texts of words, 32,768 from 200 on, otherwise 0.
   */
  pairs?: number;
  /** Embedding dimension of a hashed feature. Default: as many as classes, 16 to 32; 32 for fewer than 10,000 texts. */
  pairEmbedding?: number;
  /**
   * Whether the log-odds are a mean of the network's and those of a logistic regression on words and pairs with naive Bayes weights (Wang &
   * Manning 2012), solved after training. Two classes, beside `pairs`. Default: true for two classes of many texts, otherwise false.
   */
  linear?: boolean;
  /** Characters that separate words. Default: those of Keras's Tokenizer. */
  filters?: string;
  /** Whether letters lose their case. Default true. */
  lower?: boolean;
  /** Reads characters in place of words. Default false. */
  charLevel?: boolean;
  /**
   * Layers of your own between the input and the last dense layer, in place of embedding and recurrent layers. Default:
   * embedding and recurrent layers.
   */
  layers?: (sizes: TextSizes) => readonly AnyLayer[];
}

/** Sizes for layers of your own. */
export interface TextSizes {
  /** Ids are below this: 0 is padding, 1 the unknown word. */
  vocabulary: number;
  /** Words that are read. */
  length: number;
  /** Number of classes. */
  classes: number;
}

/** A text and its class. */
export interface LabelledText {
  /** The text. */
  text: string;
  /** Its class. */
  label: Label;
}

/** The answer for one text. */
export interface TextPrediction extends Prediction {
  /** The text's words that were not in the training texts, or too rare. */
  readonly unknownWords: readonly string[];
}

/**
 * Texts in, classes out: splits texts into words, learns which words there are from the training split, and trains an
 * embedding and an LSTM; two classes end in a sigmoid, more in a softmax. What is not given follows from the data's size: from
 * 200 texts on, a small LSTM reads both ways beside a bag of words and pairs (`pairs`), for 30 passes at a rate that falls, 3 from 10,000 on; two classes are then also told by a logistic regression (`linear`).
 *
 *   const sentiment = textClassifier({ units: 64 });
 *   await sentiment.fit(texts, labels, { epochs: 5 });
 *   const [{ label, probability }] = await sentiment.predict(["a film to remember"]);
 *   await sentiment.save("sentiment.keras");              // opens in Keras, and with loadTextClassifier
 */
export function textClassifier(options: TextClassifierOptions = {}): TextClassifier {
  return new TextClassifier(options);
}

/**
 * A text classifier that `save` wrote, from a path, an address or bytes. Throws FormatError for a model of another task.
 *
 *   const sentiment = await loadTextClassifier("sentiment.keras");
 */
export async function loadTextClassifier(source: TaskSource, options?: LoadOptions): Promise<TextClassifier> {
  return TextClassifier.open(source, options);
}

const task = "textClassifier";

/** A classifier of texts; made by `textClassifier`. */
export class TextClassifier extends Classifier<string, Learned> {
  /** The kind of task, as files have it. */
  readonly task = task;
  readonly #given: TextClassifierOptions;

  constructor(options: TextClassifierOptions = {}) {
    super(options);
    readText(options, 1000); // what is wrong is said before there are data
    this.#given = options;
  }

  /** Words read of each text; 0 before `fit`, and where a bundled model reads all of them. */
  get length(): number {
    return this.learned?.length ?? 0;
  }
  /** The words and their numbers. Throws DataError before `fit`. */
  get tokenizer(): Tokenizer {
    if (this.learned) return this.learned.tokenizer;
    throw new DataError(problem(`${task}.tokenizer`, "a trained task", "an untrained one", "Call fit first."));
  }

  /**
   * Trains on texts and their labels, or on rows that hold both; from scratch, where not told to `continue`. A loaded one too, with the options it was made with but
   * for `layers` and an `optimizer` that is no name, which no file keeps. Rejects with DataError for rows that cannot be
   * learned from: none, one class, an empty text; it is then what it was before.
   *
   *   await sentiment.fit([{ text: "so good", label: "yes" }, ...rows], { classWeight: "balanced" });
   */
  fit(texts: readonly string[], labels: readonly Label[], options?: ClassifierFitOptions): Promise<History>;
  fit(rows: readonly LabelledText[], options?: ClassifierFitOptions): Promise<History>;
  async fit(
    given: readonly string[] | readonly LabelledText[],
    second?: readonly Label[] | ClassifierFitOptions,
    third: ClassifierFitOptions = {},
  ): Promise<History> {
    const rows = apart(given, second, "text", `${task}.fit`);
    const options = rows.paired ? ((second ?? {}) as ClassifierFitOptions) : third;
    return this.fitRows(rows.values, rows.labels, options, (...given) => this.learn(...given));
  }

  /** Loss, accuracy and a report by class, compared with always predicting the most frequent class. */
  evaluate(texts: readonly string[], labels: readonly Label[], options?: AskOptions): Promise<Evaluation>;
  evaluate(rows: readonly LabelledText[], options?: AskOptions): Promise<Evaluation>;
  async evaluate(
    given: readonly string[] | readonly LabelledText[],
    second?: readonly Label[] | AskOptions,
    third?: AskOptions,
  ): Promise<Evaluation> {
    const rows = apart(given, second, "text", `${task}.evaluate`);
    return this.evaluateRows(rows.values, rows.labels, rows.paired ? (second as AskOptions) : third);
  }

  /** The class of each text, with all probabilities and its unknown words. */
  async predict(texts: readonly string[], options?: AskOptions): Promise<TextPrediction[]> {
    const { rows, answers } = await this.predictRows(texts, options);
    return answers.map((answer, i) => ({ ...answer, unknownWords: this.#unknown(rows[i]) }));
  }

  /**
   * A text as the model reads it, and the token of each step.
   *
   *   const { x, steps } = sentiment.modelInput("not good");
   *   const { layers } = await trace(sentiment.model, x);
   */
  modelInput(text: string): ModelInput {
    const learned = this.known("modelInput");
    const x = this.encode(this.rowsOf([text], `${task}.modelInput`), learned);
    if (learned.bundled?.asTexts) return { x, steps: null };
    return { x, steps: tokensOf((Array.isArray(x) ? x[0] : x) as NdArray, learned.tokenizer) };
  }

  /** Writes model, words and labels as one `.keras` file. */
  async save(path: string | URL): Promise<void> {
    const { data, files } = textData(this.learned!);
    await saveTask(this.model, path, task, { ...this.kept, ...data }, files);
  }

  /** See `loadTextClassifier`. */
  static async open(source: TaskSource, options?: LoadOptions): Promise<TextClassifier> {
    const { model, data, file } = await openTask(source, task, options);
    const found = new TextClassifier({ ...readPlainOptions(data), backend: options?.backend });
    return found.adopt(model, data, readTextData(data, file));
  }

  protected rowsOf(given: unknown, who: string): string[] {
    if (typeof given === "string" || !Array.isArray(given)) {
      const found = typeof given === "string" ? "one string" : given === null ? "null" : typeof given;
      throw new DataError(problem(who, "a list of texts", found, "Put one text in brackets: [text]."));
    }
    if (given.length === 0)
      throw new DataError(problem(who, "at least one text", "none", "Check filters and input files."));
    if (given.length > 1 && given.every((text) => typeof text === "string" && text.trim() === "")) {
      const next = "Another column holds the texts, or they were lost on the way.";
      throw new DataError(problem(who, "texts with words", `${given.length} empty ones`, next));
    }
    given.forEach((text, row) => {
      if (typeof text === "string" && text.trim() !== "") return;
      const found = typeof text === "string" ? "an empty one" : text === null ? "null" : typeof text;
      throw new DataError(problem(who, "a text", found, "Leave the row out.").with({ row }));
    });
    return given;
  }

  /** Learns words and lengths from training texts; `given` counts those kept aside too. */
  protected learn(texts: readonly string[], given: number, classes = 0): Learned {
    const options = readText(this.#given, given);
    const { filters, lower, charLevel, keep, pairs: buckets } = options;
    if (buckets === 0 && options.pairEmbedding !== null) {
      const next = sentence`Give ${option("pairs", 262144)} for example, or leave it out.`;
      const expected = sentence`${option("pairs")} beside ${option("pairEmbedding")}`;
      throw new DataError(problem(`${task}.fit`, expected, "none", next));
    }
    const splitting = { lower, charLevel, oovToken: unknownWord, ...(filters === null ? {} : { filters }) };
    const counting = new Tokenizer(splitting);
    const plain = texts.map((text) => withBlanks(text, charLevel));
    counting.fitOnTexts(plain);
    if (counting.wordCounts.size === 0) {
      const next = sentence`Leave ${option("filters")} out, or give ${option("charLevel", true)}.`;
      throw new DataError(problem(`${task}.fit`, "texts with words", "none but separators", next));
    }
    const numWords = options.numWords ?? vocabularyFor(texts.length, counting.wordCounts) + 2;
    const tokenizer = new Tokenizer({ ...splitting, numWords: Math.min(numWords, counting.wordCounts.size + 2) });
    tokenizer.fitOnTexts(plain);
    const ids = idsOf(texts, tokenizer);
    const lengths = (rows: readonly (readonly number[])[]) => rows.map((row) => row.length);
    const length = options.length ?? lengthFor(lengths(ids), given < manyTexts ? 500 : 250);
    const numbers = buckets === 0 ? [] : ids.map((row) => pairIds(row, buckets));
    const bag = buckets === 0 ? null : { buckets, length: lengthFor(lengths(numbers), 800) };
    const weighs = bag && classes === 2 && options.linear;
    const linear = weighs ? { buckets: linearBuckets, length: lengthFor(lengths(numbers), 2000) } : null;
    if (this.#given.linear && !linear) {
      const expected = sentence`two classes, and ${option("pairs")}, beside ${option("linear")}`;
      throw new DataError(problem(`${task}.fit`, expected, bag ? `${classes} classes` : "no pairs", "Leave it out."));
    }
    return { tokenizer, length, keep, bag, linear, texts: given, bundled: null };
  }

  protected encode(texts: readonly string[], { tokenizer, length, keep, bag, linear, bundled }: Learned): Arrays {
    const truncating = keep === "start" ? "post" : "pre";
    if (bundled) {
      const { padding, oneHot, asTexts } = bundled;
      if (asTexts) return textRows(texts, this.model);
      const rows = tokenizer.textsToSequences(texts);
      const ids = padSequences(rows, { maxLen: length || Math.max(1, rows[0].length), padding, truncating });
      return oneHot ? oneHotRows(ids, this.model.inputShape!.at(-1)!) : ids;
    }
    const ids = idsOf(texts, tokenizer);
    const words = padSequences(ids, { maxLen: length, truncating });
    if (!bag) return words;
    const bags = [bag, ...(linear ? [linear] : [])].map(({ buckets, length: maxLen }) => {
      const pairs = ids.map((row) => pairIds(row, buckets));
      return padSequences(pairs, { maxLen, truncating });
    });
    return [words, ...bags];
  }

  protected lengths(texts: readonly string[], { length, tokenizer }: Learned): number[] {
    return length ? texts.map(() => length) : tokenizer.textsToSequences(texts).map((ids) => ids.length || 1);
  }

  protected layers(classes: number, learned: Learned): AnyLayer[] {
    return [wordsOf(learned), ...this.#reader(classes, learned)];
  }

  protected override network(classes: number, learned: Learned, head: Layer, seed: number): Model {
    const { bag, linear, texts } = learned;
    if (!bag) return super.network(classes, learned, head, seed);
    const size =
      readText(this.#given, texts).pairEmbedding ?? (texts < manyTexts ? 32 : Math.min(32, Math.max(16, classes)));
    const layers = this.#reader(classes, learned) as Layer[];
    return besidePairs(wordsOf(learned), layers, { ...bag, size }, head, seed, linear);
  }

  protected override async finish(model: Model, x: Arrays, ids: Int32Array, { linear }: Learned, weights: Weights) {
    if (!linear) return;
    const { addWordWeights, wordWeights } = await import("./linear-words.ts"); // loaded when it is used
    const numbers = (x as NdArray[])[2]; // [B, length], 0 where there are no more
    const rows = Array.from(ids, (_, i) => (numbers.row(i).data as Int32Array).filter((k) => k > 0));
    addWordWeights(model, await wordWeights(rows, ids, linear.buckets, weights), linear.length);
  }

  /** The layers that read the words in order. */
  #reader(classes: number, { tokenizer, length, texts }: Learned): AnyLayer[] {
    const options = readText(this.#given, texts);
    const vocabulary = tokenizer.numWords!;
    const own = this.#given.layers;
    if (own) return ownLayers(own, { vocabulary, length, classes }, task);
    return [
      embedding(vocabulary, options.embedding, { maskZero: true }),
      ...(options.embeddingDropout > 0 ? [spatialDropout1d(options.embeddingDropout)] : []),
      ...recurrentStack(options),
    ];
  }

  protected defaults(rows: number): Defaults {
    if (rows < someTexts) return { epochs: epochsFor(rows), batchSize: batchFor(rows) };
    const [first, epochs] = rows < manyTexts ? [0.02, 30] : [0.01, 3];
    const optimizer = (steps: number) => adam({ learningRate: cosineDecay(first, { decaySteps: steps }) });
    const usual = { epochs, batchSize: batchFor(rows), optimizer };
    return rows < manyTexts ? { ...usual, patience: epochs } : { ...usual, validationSplit: 0.04 };
  }

  #unknown(text: string): string[] {
    const { bundled } = this.learned!;
    if (bundled?.asTexts) return []; // its layer alone knows
    const { numWords = Number.POSITIVE_INFINITY, wordIndex, charLevel } = this.tokenizer;
    const words = this.tokenizer.textToWords(bundled ? text : withBlanks(text, charLevel));
    return words.filter((word) => (wordIndex.get(word) ?? numWords) >= numWords);
  }
}

const wordsOf = ({ length }: Learned) => input([length], { dtype: "i32" });

/** The options, with defaults for a number of texts. Throws DataError for an unknown one, or a value that does not fit. */
function readText(options: TextClassifierOptions, rows: number) {
  const { layers, charLevel, units: given } = options ?? {};
  if (layers) onlyLayers(task, options, [...stackNames, "embedding", "embeddingDropout"]);
  const many = rows >= someTexts; // enough for a bag of words and pairs beside a small recurrent network
  const units = many ? 16 : unitsFor(rows);
  const first = Array.isArray(given) ? given[0] : given;
  return readOptions(task, options, {
    ...classifierFields,
    layers: anything,
    ...stackFields(units, many ? "max" : "average"),
    bidirectional: flag(many),
    outputDropout: below1(many ? 0.7 : 0),
    numWords: orNull(wholeFrom(3)(3)),
    length: orNull(wholeFrom(1)(1)),
    keep: oneOf(["start", "end"], "end"),
    embedding: wholeFrom(1)(many ? 16 : Math.max(32, Number(first ?? units))),
    embeddingDropout: below1(many ? 0.6 : 0),
    pairs: bagField(!many || layers || charLevel ? 0 : rows >= manyTexts ? 262_144 : 32_768),
    pairEmbedding: orNull(wholeFrom(1)(1)),
    linear: flag(rows >= manyTexts),
    filters: orNull(words),
    lower: flag(true),
    charLevel: flag(false),
  });
}

const linearBuckets = 2 ** 20;

const bagField = (otherwise: number): Field<number> => ({
  otherwise,
  expected: `0, or a whole number from 2 to ${mostBuckets}`,
  fits: (v) => v === 0 || (Number.isInteger(v) && Number(v) >= 2 && Number(v) <= mostBuckets),
});

const words: Field<string> = { otherwise: "", expected: "a string", fits: (v) => typeof v === "string" };
