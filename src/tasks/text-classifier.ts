import { DataError, problem } from "../errors.ts";
import { embedding, input, type Layers } from "../layers/index.ts";
import type { LoadOptions } from "../models/load-model.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import { padSequences } from "../text/pad-sequences.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import type { History } from "../train/history.ts";
import { type Field, flag, oneOf, orNull, readOptions, wholeFrom } from "../train/options.ts";
import {
  Classifier,
  type ClassifierFitOptions,
  type ClassifierOptions,
  type Evaluation,
  type Prediction,
} from "./classifier.ts";
import { batchFor, epochsFor, lengthFor, unitsFor, vocabularyFor } from "./defaults.ts";
import type { Label } from "./labels.ts";
import { ownLayers, recurrentStack, type StackOptions, stackFields } from "./recurrent-stack.ts";
import { isCount, isText, openTask, readField, saveTask, type TaskSource } from "./task-file.ts";

export interface TextClassifierOptions extends ClassifierOptions, StackOptions {
  /** Words with a number of their own, the most frequent; the others are one unknown word. */
  vocabulary?: number;
  /** Words read of each text. Default: 95 of 100 training texts fit whole, 500 at most. */
  length?: number;
  /** The end of a longer text that is read: `"end"` (default) or `"start"`. */
  keep?: "start" | "end";
  /** Numbers that stand for a word. Default: as many as units, 32 at least. */
  embedding?: number;
  /** Characters that separate words; Keras's Tokenizer's by default. */
  filters?: string;
  /** Default true. */
  lower?: boolean;
  /** Reads characters in place of words. Default false. */
  charLevel?: boolean;
  /** Layers of your own between the input and the last dense layer, in place of embedding and recurrent layers. */
  layers?: (sizes: TextSizes) => readonly Layers[];
}

export interface TextSizes {
  /** Ids are below this: 0 is padding, 1 the unknown word. */
  vocabulary: number;
  length: number;
  classes: number;
}

export interface LabelledText {
  text: string;
  label: Label;
}

export interface TextPrediction extends Prediction {
  /** The text's words that were not in the training texts, or too rare. */
  readonly unknownWords: readonly string[];
}

/**
 * Texts in, classes out: splits texts into words, learns which words there are from the training part, and trains an
 * embedding and an LSTM; two classes end in a sigmoid, more in a softmax. What is not given follows from the data's size.
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

const unknownWord = "<unk>";
const task = "textClassifier";

/** See `textClassifier`. */
export class TextClassifier extends Classifier<string> {
  readonly task = task;
  readonly #given: TextClassifierOptions;
  #options: ReturnType<typeof readText> | null = null;
  #tokenizer: Tokenizer | null = null;
  #length = 0;

  constructor(options: TextClassifierOptions = {}) {
    super(options);
    readText(options, 1000); // what is wrong is said before there are data
    this.#given = options;
  }

  /** Words read of each text; 0 before `fit`. */
  get length(): number {
    return this.#length;
  }
  /** The words and their numbers. Throws DataError before `fit`. */
  get tokenizer(): Tokenizer {
    if (this.#tokenizer) return this.#tokenizer;
    throw new DataError(problem(`${task}.tokenizer`, "a trained task", "one that saw no data", "Call fit first."));
  }

  /**
   * Trains anew on texts and their labels, or on rows that hold both. Rejects with DataError for rows that cannot be learned
   * from: none, one class, an empty text.
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
    const rows = apart(given, second, `${task}.fit`);
    const options = rows.paired ? ((second ?? {}) as ClassifierFitOptions) : third;
    return this.fitRows(rows.texts, rows.labels, options);
  }

  /** Loss, accuracy and a report by class, with what always giving the commonest answer would reach. */
  evaluate(texts: readonly string[], labels: readonly Label[]): Promise<Evaluation>;
  evaluate(rows: readonly LabelledText[]): Promise<Evaluation>;
  async evaluate(given: readonly string[] | readonly LabelledText[], labels?: readonly Label[]): Promise<Evaluation> {
    const rows = apart(given, labels, `${task}.evaluate`);
    return this.evaluateRows(rows.texts, rows.labels);
  }

  /** The class of each text, with all probabilities and the words it has never seen. */
  async predict(texts: readonly string[]): Promise<TextPrediction[]> {
    const { rows, answers } = await this.predictRows(texts);
    return answers.map((answer, i) => ({ ...answer, unknownWords: this.#unknown(rows[i]) }));
  }

  /** Writes model, words and labels as one `.keras` file. */
  async save(path: string): Promise<void> {
    const { keep } = this.#options ?? {};
    const data = { ...this.kept, length: this.#length, keep };
    await saveTask(this.model, path, task, data, { "tokenizer.json": this.tokenizer.toJson() });
  }

  /** See `loadTextClassifier`. */
  static async open(source: TaskSource, options?: LoadOptions): Promise<TextClassifier> {
    const { model, data, file } = await openTask(source, task, options);
    const keep = readField(data, "keep", '"start" or "end"', isText) === "start" ? "start" : "end";
    const found = new TextClassifier({ keep, backend: options?.backend });
    found.#options = readText({ keep }, 1);
    found.#length = readField(data, "length", "a length up to a million", isCount(1_000_000));
    found.#tokenizer = Tokenizer.fromJson(file("tokenizer.json"));
    return found.adopt(model, data);
  }

  protected rowsOf(given: unknown, who: string): string[] {
    if (typeof given === "string" || !Array.isArray(given)) {
      const found = typeof given === "string" ? "one string" : given === null ? "null" : typeof given;
      throw new DataError(problem(who, "a list of texts", found, "Put one text in brackets: [text]."));
    }
    if (given.length === 0)
      throw new DataError(problem(who, "at least one text", "none", "Look where they were lost."));
    given.forEach((text, row) => {
      if (typeof text === "string" && text.trim() !== "") return;
      const found = typeof text === "string" ? "an empty one" : text === null ? "null" : typeof text;
      throw new DataError(problem(who, `a text in row ${row}`, found, "Leave the row out."));
    });
    return given;
  }

  protected learn(texts: readonly string[]): void {
    const options = readText(this.#given, texts.length);
    const { filters, lower, charLevel } = options;
    const given = { lower, charLevel, oovToken: unknownWord, ...(filters === null ? {} : { filters }) };
    const counting = new Tokenizer(given);
    counting.fitOnTexts(texts);
    if (counting.wordCounts.size === 0) {
      const next = "Leave filters out, or give charLevel: true.";
      throw new DataError(problem(`${task}.fit`, "texts with words", "none but separators", next));
    }
    const words = options.vocabulary ?? vocabularyFor(texts.length, counting.wordCounts);
    const tokenizer = new Tokenizer({ ...given, numWords: Math.min(words, counting.wordCounts.size) + 2 });
    tokenizer.fitOnTexts(texts);
    this.#options = options;
    this.#tokenizer = tokenizer;
    this.#length =
      options.length ??
      lengthFor(
        tokenizer.textsToSequences(texts).map((row) => row.length),
        500,
      );
  }

  protected encode(texts: readonly string[], who: string): NdArray {
    const ids = this.tokenizer.textsToSequences(texts);
    const empty = ids.findIndex((row) => row.length === 0);
    if (empty >= 0) {
      const next = "It holds separators only: leave the row out.";
      throw new DataError(
        problem(who, `a text with words in row ${empty}`, JSON.stringify(texts[empty].slice(0, 40)), next),
      );
    }
    return padSequences(ids, { maxLen: this.#length, truncating: this.#options?.keep === "start" ? "post" : "pre" });
  }

  protected layers(classes: number): Layers[] {
    const options = this.#options!;
    const vocabulary = this.tokenizer.numWords!;
    const own = this.#given.layers;
    if (own)
      return [
        input([this.#length], { dtype: "i32" }),
        ...ownLayers(own, { vocabulary, length: this.#length, classes }, task),
      ];
    const first = typeof options.units === "number" ? options.units : options.units[0];
    return [
      input([this.#length], { dtype: "i32" }),
      embedding(vocabulary, options.embedding ?? Math.max(32, first), { maskZero: true }),
      ...recurrentStack(options),
    ];
  }

  protected defaults(rows: number) {
    return { epochs: epochsFor(rows), batchSize: batchFor(rows) };
  }

  #unknown(text: string): string[] {
    const { numWords, wordIndex } = this.tokenizer;
    return this.tokenizer.textToWords(text).filter((word) => (wordIndex.get(word) ?? numWords!) >= numWords!);
  }
}

/** The options, complete for so many texts. Throws DataError for one nobody knows, or a value that does not fit. */
function readText(options: TextClassifierOptions, rows: number) {
  const { layers, output, optimizer, seed, backend, ...own } = options;
  return readOptions(task, own, {
    ...stackFields(unitsFor(rows), "average"),
    vocabulary: orNull(wholeFrom(1)(1)),
    length: orNull(wholeFrom(1)(1)),
    keep: oneOf(["start", "end"], "end"),
    embedding: orNull(wholeFrom(1)(1)),
    filters: orNull(words),
    lower: flag(true),
    charLevel: flag(false),
  });
}

const words: Field<string> = { otherwise: "", expected: "a string", fits: (v) => typeof v === "string" };

/** Texts and labels, from two lists or from rows that hold both. */
function apart(given: readonly string[] | readonly LabelledText[], second: unknown, who: string) {
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  const paired = list.length > 0 && typeof list[0] === "object" && list[0] !== null;
  if (!paired) return { paired, texts: given as unknown, labels: second as readonly Label[] };
  const rows = given as readonly LabelledText[];
  const row = rows.findIndex((r) => typeof r !== "object" || r === null || !("text" in r && "label" in r));
  if (row >= 0) {
    const found =
      typeof rows[row] === "object" && rows[row] !== null
        ? `{ ${Object.keys(rows[row]).join(", ")} }`
        : typeof rows[row];
    throw new DataError(
      problem(who, `{ text, label } in row ${row}`, found, "Rename the columns, or give two lists: texts, labels."),
    );
  }
  return { paired, texts: rows.map((r) => r.text) as unknown, labels: rows.map((r) => r.label) };
}
