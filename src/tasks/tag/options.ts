import type { BackendName } from "../../train/compiled.ts";
import type { OptimizerLike } from "../../train/optimizers/named.ts";
import { anything, below1, flag, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import type { TaggerReading } from "./reading.ts";
import { taggerReading } from "./reading.ts";

/** Options of `sequenceTagger`; what is not given follows from the number of sentences. */
export interface TaggerOptions {
  /** Hidden units of the bidirectional LSTM, each way. Default: by data size, 32 to 128. */
  units?: number;
  /** Embedding dimension of words. Default 100. */
  embedding?: number;
  /** Embedding dimension of characters; 0 reads no characters. Default 25. */
  charEmbedding?: number;
  /** Hidden units of the LSTM that reads a word's characters, each way. Default 25. */
  charUnits?: number;
  /** `"crf"` finds the best sequence of labels, `"softmax"` the best label of each token. Default `"crf"`. */
  output?: "crf" | "softmax";
  /**
   * Whether the sentence's own label is the mean of the network's and of a logistic regression's on words and pairs with naive Bayes weights
   * (Wang & Manning 2012), solved before training. Default true, where sentences have labels.
   */
  linear?: boolean;
  /** Fraction dropped of each token's vector and of the LSTM's output while training. Default 0.5. */
  dropout?: number;
  /** Fraction of the recurrent state dropped while training. Default 0. */
  recurrentDropout?: number;
  /** Fraction of words whose whole vector is dropped while training, so that characters and neighbours are read too. Default 0.05. */
  wordDropout?: number;
  /** Whether words lose their case; characters keep it. Default true. */
  lower?: boolean;
  /** Whether each digit is read as 0. Default true. */
  maskDigits?: boolean;
  /** Words that come less often in the training sentences are unknown words. Default 2; 1 under 500 sentences. */
  minCount?: number;
  /** Characters read of a word, from its begin. Default: enough for 99 of 100 words, 20 at most. */
  wordLength?: number;
  /** The optimizer, by name or with options. Default: Adam, whose learning rate falls along a cosine from 0.003 to 0. */
  optimizer?: OptimizerLike;
  /** Seed of weights, validation split, shuffling and dropout. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /** Columns of files, kept with the model for the next ones: the command line's options. Default: none. */
  reading?: TaggerReading;
}

export const task = "sequenceTagger";

/** The options, with defaults for a number of sentences. Throws DataError for an unknown one, or a value that does not fit. */
export function readTagger(options: TaggerOptions, sentences: number) {
  return readOptions(task, options, {
    units: wholeFrom(1)(sentences < 200 ? 32 : sentences < 1000 ? 64 : 128),
    embedding: wholeFrom(1)(100),
    charEmbedding: wholeFrom(0)(25),
    charUnits: wholeFrom(1)(25),
    output: oneOf(["crf", "softmax"], "crf"),
    linear: flag(true),
    dropout: below1(0.5),
    recurrentDropout: below1(0),
    wordDropout: below1(0.05),
    lower: flag(true),
    maskDigits: flag(true),
    minCount: wholeFrom(1)(sentences < 500 ? 1 : 2),
    wordLength: orNull(wholeFrom(1)(1)),
    optimizer: anything,
    seed: wholeFrom(0)(1),
    backend: anything,
    reading: orNull(taggerReading),
  });
}
