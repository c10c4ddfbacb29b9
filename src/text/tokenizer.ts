import { DataError, invalidOption, option, problem, sentence } from "../errors.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import { idMatrix, type MatrixMode } from "./id-matrix.ts";
import { checkIds, type IdSequences, idRows } from "./id-rows.ts";
import { checkTexts, defaultFilters, describe, type SplitOptions, splitWords, type Text } from "./split-words.ts";
import {
  type KerasTokenizer,
  kerasTokenizer,
  readTokenizerJson,
  type TokenizerState,
  writeTokenizerJson,
} from "./tokenizer-json.ts";

export interface TokenizerOptions extends SplitOptions {
  /** Use only ids below this: the `numWords - 1` most frequent words. Default: all (also for 0, as in Keras). */
  numWords?: number;
  /** A word that stands for every unknown one and has id 1. Default: unknown words are left out. */
  oovToken?: string;
}

/**
 * Gives words numbers by how often they occur, from 1 on (0 is padding); words of equal count keep the order in which
 * they were first seen. The rules, names and file format are those of Keras's `Tokenizer`.
 *
 *   const tokenizer = new Tokenizer({ numWords: 1000, oovToken: "<OOV>" });
 *   tokenizer.fitOnTexts(["The cat sat on the mat.", "The dog sat."]);
 *   tokenizer.textsToSequences(["the bird sat"]);   // [[2, 1, 3]]
 */
export class Tokenizer implements TokenizerState {
  /** Only ids below this are used; undefined: all. */
  readonly numWords: number | undefined;
  /** Characters that separate words, in addition to `split`. */
  readonly filters: string;
  /** Whether letters lose their case. */
  readonly lower: boolean;
  /** The string that separates words. */
  readonly split: string;
  /** Whether characters are read in place of words. */
  readonly charLevel: boolean;
  /** The word that stands for unknown ones; undefined: they are left out. */
  readonly oovToken: string | undefined;
  /** Number of texts (or sequences) it was fitted on. */
  documentCount = 0;
  /** Count of each word, in the order first seen. */
  wordCounts = new Map<string, number>();
  /** In how many texts each word occurs. */
  wordDocs = new Map<string, number>();
  /** In how many texts each id occurs. */
  indexDocs = new Map<number, number>();
  /** id → word; every word, whatever `numWords` says. */
  indexWord = new Map<number, string>();
  /** word → id; every word, whatever `numWords` says. */
  wordIndex = new Map<string, number>();

  constructor(options: TokenizerOptions = {}) {
    checkOptions(options);
    this.numWords = options.numWords ?? undefined;
    this.filters = options.filters ?? defaultFilters;
    this.lower = options.lower ?? true;
    this.split = options.split ?? " ";
    this.charLevel = options.charLevel ?? false;
    this.oovToken = options.oovToken ?? undefined;
  }

  /** Counts the words of these texts on top of those already seen, and numbers all words again. */
  fitOnTexts(texts: Iterable<Text>): void {
    for (const text of checkTexts(texts, "Tokenizer.fitOnTexts")) {
      this.documentCount++;
      const inText = new Map<string, number>();
      for (const word of splitWords(text, this)) add(inText, word, 1);
      for (const [word, times] of inText) {
        add(this.wordCounts, word, times);
        add(this.wordDocs, word, 1);
      }
    }
    // Array sort is stable, so equal counts keep the order first seen.
    const byCount = [...this.wordCounts].sort((a, b) => b[1] - a[1]).map(([word]) => word);
    const numbered = this.oovToken === undefined ? byCount : [this.oovToken, ...byCount];
    // If the oov token is itself a word, its later id overwrites 1, as in Keras.
    this.wordIndex = new Map(numbered.map((word, i) => [word, i + 1]));
    this.indexWord = new Map(Array.from(this.wordIndex, ([word, id]) => [id, word]));
    for (const [word, documents] of this.wordDocs) {
      const id = this.wordIndex.get(word);
      if (id !== undefined) this.indexDocs.set(id, documents);
    }
  }

  /** Counts in how many sequences each id occurs: what `sequencesToMatrix` in mode `tfidf` needs without texts. */
  fitOnSequences(sequences: IdSequences): void {
    const who = "Tokenizer.fitOnSequences";
    const rows = idRows(sequences, who);
    rows.forEach((row, i) => {
      checkIds(row, i, who);
    });
    this.documentCount += rows.length;
    for (const row of rows) for (const id of new Set(Array.from(row))) add(this.indexDocs, id, 1);
  }

  /** The tokens this tokenizer sees in a text, known or not. */
  textToWords(text: Text): string[] {
    const [checked] = checkTexts([text], "Tokenizer.textToWords");
    return splitWords(checked, this);
  }

  /** The ids of each text's words. Words unknown, or with ids from `numWords` on, become the oov id or are left out. */
  textsToSequences(texts: Iterable<Text>): number[][] {
    const who = "Tokenizer.textsToSequences";
    const list = checkTexts(texts, who);
    const oov = this.#oovId(who);
    return list.map((text) =>
      splitWords(text, this).flatMap((word) => {
        const id = this.wordIndex.get(word);
        if (id !== undefined && this.#inUse(id)) return id;
        return oov ?? [];
      }),
    );
  }

  /** The words of each sequence joined by a space. Ids without a word (0 too) become the oov token or are left out. */
  sequencesToTexts(sequences: IdSequences): string[] {
    const who = "Tokenizer.sequencesToTexts";
    const rows = idRows(sequences, who);
    const oov = this.#oovId(who) === undefined ? [] : [this.oovToken];
    return rows.map((row) =>
      Array.from(row)
        .flatMap((id) => {
          const word = this.indexWord.get(id);
          return word !== undefined && this.#inUse(id) ? [word] : oov;
        })
        .join(" "),
    );
  }

  /** A bag of words for each text: f32 [N, numWords or the number of words + 1]. See `sequencesToMatrix`. */
  textsToMatrix(texts: Iterable<Text>, mode: MatrixMode = "binary"): NdArray {
    return this.sequencesToMatrix(this.textsToSequences(texts), mode);
  }

  /**
   * A bag of words for each sequence: f32 [N, numWords or the number of words + 1]. `mode` says what an entry holds:
   * `binary` 1, `count` how often, `freq` count / length, `tfidf` (1 + ln count) · ln(1 + texts / (1 + texts with it)).
   */
  sequencesToMatrix(sequences: IdSequences, mode: MatrixMode = "binary"): NdArray {
    if (!this.numWords && this.wordIndex.size === 0) {
      const next = "Give new Tokenizer({ numWords }), or call fitOnTexts first.";
      throw new DataError(problem("Tokenizer.sequencesToMatrix", "a known width", "a tokenizer without words", next));
    }
    return idMatrix(sequences, this.numWords || this.wordIndex.size + 1, mode, this);
  }

  /** Keras's structure as plain data, so that `JSON.stringify(tokenizer)` gives a file that Keras reads. */
  toJSON(): KerasTokenizer {
    return kerasTokenizer(this);
  }

  /** The text that Keras's `to_json()` returns, with Python's spacing and escapes. */
  toJson(): string {
    return writeTokenizerJson(this);
  }

  /** The tokenizer that Keras's `to_json()` or `toJson()` wrote; throws FormatError naming what is wrong. */
  static fromJson(text: string): Tokenizer {
    const { documentCount, wordCounts, wordDocs, indexDocs, indexWord, wordIndex, ...options } =
      readTokenizerJson(text);
    const counted = { documentCount, wordCounts, wordDocs, indexDocs, indexWord, wordIndex };
    return Object.assign(new Tokenizer(options), counted);
  }

  /**
   * A tokenizer from its words and their ids alone, as `tokenizer.word_index` has them; how often they came is not known. An id may
   * be 0 where nothing is padded. Throws DataError for ids that are no whole numbers of 0 or more, or that two words have.
   *
   *   Tokenizer.fromWordIndex({ the: 1, cat: 2 }).textsToSequences(["The cat"]); // [[1, 2]]
   */
  static fromWordIndex(
    words: Readonly<Record<string, number>> | ReadonlyMap<string, number>,
    options: TokenizerOptions = {},
  ): Tokenizer {
    const who = "Tokenizer.fromWordIndex";
    const made = new Tokenizer(options);
    const entries: Iterable<[string, number]> = words instanceof Map ? words : Object.entries(words ?? {});
    for (const [word, id] of entries) {
      if (!(Number.isInteger(id) && id >= 0 && id < 2 ** 31))
        throw new DataError(problem(who, `a whole number of 0 or more as id of ${describe(word)}`, describe(id)));
      const other = made.indexWord.get(id);
      if (other !== undefined && other !== word)
        throw new DataError(
          problem(
            who,
            "an id of its own for every word",
            `${id} for "${other}" and "${word}"`,
            "Give each word its own id.",
          ),
        );
      made.wordIndex.set(word, id);
      made.indexWord.set(id, word);
    }
    return made;
  }

  #inUse(id: number): boolean {
    return !this.numWords || id < this.numWords;
  }

  #oovId(who: string): number | undefined {
    if (this.oovToken === undefined) return undefined;
    const id = this.wordIndex.get(this.oovToken);
    if (id !== undefined) return id;
    const received = "one that is not fitted, so that the oov token has no id";
    throw new DataError(problem(who, "a fitted tokenizer", received, "Call fitOnTexts first."));
  }
}

function checkOptions({ numWords, filters, split, oovToken, charLevel }: TokenizerOptions): void {
  if (!(numWords === undefined || numWords === null || (Number.isInteger(numWords) && numWords >= 0))) {
    const next = sentence`Leave ${option("numWords")} out to keep every word.`;
    throw new DataError(
      invalidOption(
        "Tokenizer",
        "numWords",
        sentence`${option("numWords")} to be a whole number, 0 or more`,
        String(numWords),
        next,
      ),
    );
  }
  for (const [name, value] of Object.entries({ filters, split, oovToken })) {
    if (value === undefined || value === null || typeof value === "string") continue;
    throw new DataError(problem("Tokenizer", `${name} to be a string`, describe(value)));
  }
  if (split === "" && !charLevel) {
    const next = sentence`For one token per character, give ${option("charLevel", true)}.`;
    throw new DataError(problem("Tokenizer", "split to be a string of at least one character", '""', next));
  }
}

function add<K>(counts: Map<K, number>, key: K, times: number): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}
