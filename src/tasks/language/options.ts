import { DataError, option, problem, sentence } from "../../errors.ts";
import { type AnyLayer, dense, dropout, embedding, gru, lstm, simpleRnn } from "../../layers/index.ts";
import type { BackendName } from "../../train/compiled.ts";
import type { OptimizerLike } from "../../train/optimizers/named.ts";
import {
  above0,
  anything,
  below1,
  type Field,
  flag,
  oneOf,
  orNull,
  readOptions,
  wholeFrom,
} from "../../train/options.ts";
import { type TableReading, tableReading } from "../shared/table-reading.ts";

/**
 * Ways to make training rows from a text. `lines`: a whole line, every next token of it learned at once. `stream`: one long text in
 * contiguous rows, read `steps` tokens at a time, the states carried on (truncated backpropagation through time, Williams &
 * Peng 1990). `prefixes`: every beginning of a line padded to one width, its last token learned, as in the labs.
 */
export type Scheme = "lines" | "stream" | "prefixes";

/** Options of `languageModel`; defaults follow from the kind of text and its number of tokens. */
export interface LanguageModelOptions {
  /** Reads characters in place of words. Default false. */
  charLevel?: boolean;
  /** Way to make training rows from a text. Default: `"stream"` for a text in one string, `"lines"` for a list of lines. */
  scheme?: Scheme;
  /** Kind of the recurrent layers. Default `"lstm"`. */
  cell?: "lstm" | "gru" | "simpleRnn";
  /**
   * Hidden units: one number, or one for each of several layers, first to last. Default: by text size, 200 to 512; `[150, 150]`
   * under 20,000 tokens.
   */
  units?: number | readonly number[];
  /** Embedding dimension. Default: by text size, 100 or 200 for words, 32 or 64 for characters. */
  embedding?: number;
  /**
   * Fraction dropped after the embedding and after each recurrent layer while training (Zaremba et al. 2014). Default 0.2; 0
   * under 20,000 tokens.
   */
  dropout?: number;
  /** Fraction of the recurrent state dropped while training. Default 0. */
  recurrentDropout?: number;
  /**
   * Tokens in a training row; those after them are in the next row, where a classifier's `length` leaves them out. Default: 35
   * words or 100 characters of a stream; the longest line, of `lines` 200 at most.
   */
  steps?: number;
  /** For `prefixes`: whether padding is masked. The labs read it as a word. Default false. */
  maskZero?: boolean;
  /** Ids are below this, as a Tokenizer counts: the `numWords - 1` most frequent words, or with an `oovToken` one fewer. Default: all. */
  numWords?: number;
  /** A word that stands for unknown ones. Default: unknown words are left out. */
  oovToken?: string;
  /** Whether letters lose their case. Default: in words yes, in characters no. */
  lower?: boolean;
  /** Characters that separate words. Default: Keras's. */
  filters?: string;
  /** The token that ends each line and begins each text; null for none. Default: none for prefixes and streams of characters. */
  endToken?: string | null;
  /** The optimizer, by name or with options. Default: Adam. */
  optimizer?: OptimizerLike;
  /** Learning rate of Adam, where no optimizer is given. Default: by text size and scheme, 0.001 to 0.005. */
  learningRate?: number;
  /** Seed of weights, shuffling and dropout. Default 1. */
  seed?: number;
  /** The model's, in its summary and file. Default `"language_model"`. */
  name?: string;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /** Columns and options for reading lines from files, kept with the model for the next ones: the command line's options. Default: none. */
  reading?: TableReading;
}

const isSize = (v: unknown): boolean => Number.isInteger(v) && Number(v) >= 1;
const sizes: Field<number | readonly number[]> = {
  otherwise: [150, 150],
  expected: "a whole number of 1 or more, or a list of them",
  fits: (v) => isSize(v) || (Array.isArray(v) && v.length > 0 && v.every(isSize)),
};
const someWord: Field<string> = {
  otherwise: "",
  expected: "a word",
  fits: (v) => typeof v === "string" && v !== "",
};
const text: Field<string> = { otherwise: "", expected: "a string", fits: (v) => typeof v === "string" };

/** The options as given, null where nothing is said. Throws DataError for an unknown option or a value out of range. */
export function checkedOptions(options: LanguageModelOptions): LanguageModelOptions {
  readOptions("languageModel", options, {
    charLevel: flag(false),
    scheme: oneOf(["lines", "stream", "prefixes"], "lines"),
    cell: oneOf(["lstm", "gru", "simpleRnn"], "lstm"),
    units: sizes,
    embedding: wholeFrom(1)(100),
    dropout: below1(0),
    recurrentDropout: below1(0),
    steps: wholeFrom(2)(35),
    maskZero: flag(false),
    numWords: wholeFrom(2)(10_000),
    oovToken: someWord,
    lower: flag(true),
    filters: text,
    endToken: orNull(someWord),
    optimizer: anything,
    learningRate: above0(0.001),
    seed: wholeFrom(0)(1),
    name: someWord,
    backend: someWord,
    reading: tableReading,
  });
  if (options.optimizer !== undefined && options.learningRate !== undefined) {
    const next = "Set it there: adam({ learningRate: 0.01 }).";
    throw new DataError(
      problem(
        "languageModel",
        "the optimizer's own learning rate",
        sentence`${option("learningRate")} beside it`,
        next,
      ),
    );
  }
  return { ...options };
}

/** Defaults for the sizes of the network and of its training, by the number of tokens in the text. */
export function usualSizes(tokens: number, scheme: Scheme, charLevel: boolean) {
  const words = !charLevel;
  // A row of `lines` or `stream` holds many next tokens, one of `prefixes` a single one: fewer, larger steps.
  const whole = scheme !== "prefixes";
  if (tokens < 20_000)
    // the labs' own network and epochs
    return {
      units: [150, 150],
      embedding: words ? 100 : 32,
      dropout: 0,
      epochs: 100,
      batch: whole ? 8 : 32,
      rate: whole ? 0.005 : 0.001,
    };
  if (tokens < 500_000)
    return {
      units: [words ? 200 : 256],
      embedding: words ? 100 : 32,
      dropout: 0.2,
      epochs: 20,
      batch: 32,
      rate: whole ? 0.003 : 0.001,
    };
  return {
    units: words ? [200, 200] : [512],
    embedding: words ? 200 : 64,
    dropout: 0.2,
    epochs: 10,
    batch: 32,
    rate: 0.002,
  };
}

type MakeRecurrent = (units: number, options: { returnSequences: boolean; recurrentDropout: number }) => AnyLayer;
const cells: Record<"lstm" | "gru" | "simpleRnn", MakeRecurrent> = { lstm, gru, simpleRnn };

/** Embedding, recurrent layers and a softmax over the vocabulary: ids [B, T] → [B, T, V], of prefixes [B, V]. */
export function languageLayers(
  vocabulary: number,
  o: Pick<LanguageModelOptions, "cell" | "recurrentDropout"> & {
    scheme: Scheme;
    units: readonly number[];
    embedding: number;
    dropout: number;
    maskZero: boolean;
    width: number | null;
  },
): AnyLayer[] {
  const drop = () => (o.dropout > 0 ? [dropout(o.dropout)] : []);
  const recurrent = o.units.flatMap((units, k) => {
    const returnSequences = k < o.units.length - 1 || o.scheme !== "prefixes";
    return [cells[o.cell ?? "lstm"](units, { returnSequences, recurrentDropout: o.recurrentDropout ?? 0 }), ...drop()];
  });
  return [
    embedding(vocabulary, o.embedding, { maskZero: o.maskZero, inputShape: [o.width] }),
    ...drop(),
    ...recurrent,
    dense(vocabulary, { activation: "softmax" }),
  ];
}
