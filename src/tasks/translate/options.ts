import type { BackendName } from "../../train/compiled.ts";
import type { OptimizerLike } from "../../train/optimizers/named.ts";
import { anything, below1, flag, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { type TranslatorReading, translatorReading } from "./reading.ts";

/** Options of `translator`; what is not given follows from the number of pairs. */
export interface TranslatorOptions {
  /** Hidden units of the encoder, each way; the decoder has twice as many. Default: by data size, 32 to 192. */
  units?: number;
  /** Embedding dimension of pieces. Default: by data size, 64 to 192. */
  embedding?: number;
  /** Size of each side's vocabulary of byte-pair pieces. Default: by data size, 5000 at most. */
  pieces?: number;
  /** Whether the texts read lose their case; those written keep it. Default true. */
  lowerSource?: boolean;
  /** Whether the texts written are in lower case. Default false. */
  lowerTarget?: boolean;
  /** Fraction dropped of embeddings and of the decoder's output while training. Default 0.2. */
  dropout?: number;
  /** Fraction of each target that is spread over all pieces (Szegedy et al. 2016). Default 0.1. */
  labelSmoothing?: number;
  /** The optimizer, by name or with options. Default: Adam, whose learning rate falls along a cosine from 0.002 to 0. */
  optimizer?: OptimizerLike;
  /** Seed of weights, validation split, shuffling and dropout. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /** Columns of files, kept with the model for the next ones: the command line's options. Default: none. */
  reading?: TranslatorReading;
}

export const task = "translator";

/** Pairs from which on a larger network is worth its time: more units, fewer pieces. */
const many = 25_000;

/** The options, with defaults for a number of pairs. Throws DataError for an unknown one, or a value that does not fit. */
export function readTranslator(options: TranslatorOptions, pairs: number) {
  return readOptions(task, options, {
    units: wholeFrom(1)(pairs < 1000 ? 32 : pairs < 10_000 ? 96 : pairs < many ? 160 : 192),
    embedding: wholeFrom(1)(pairs < 1000 ? 64 : pairs < many ? 128 : 192),
    pieces: wholeFrom(8)(pairs < 1000 ? 500 : pairs < 10_000 ? 2000 : pairs < many ? 5000 : 4000),
    lowerSource: flag(true),
    lowerTarget: flag(false),
    dropout: below1(0.2),
    labelSmoothing: below1(0.1),
    optimizer: anything,
    seed: wholeFrom(0)(1),
    backend: anything,
    reading: orNull(translatorReading),
  });
}
