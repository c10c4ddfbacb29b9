import type { DataFile, FetchFileOptions } from "./fetch-file.ts";

export interface ImdbOptions extends FetchFileOptions {
  /** Keep ids below this, the most frequent words. Default: the highest id there is, which is itself left out, as in Keras. */
  numWords?: number;
  /** Ids below this become `oovChar`. Default 0. */
  skipTop?: number;
  /** Keep only reviews *shorter* than this, with the start mark; longer ones are left out, not cut. Default: all. */
  maxLen?: number;
  /** Seed of the shuffle. Default 113. */
  seed?: number;
  /** The id put before every review; `null` for none. Default 1. */
  startChar?: number | null;
  /** The id in place of words that are left out; `null` drops them. Default 2. */
  oovChar?: number | null;
  /** Added to every word's rank. Default 3. */
  indexFrom?: number;
}

/** Film reviews and their labels. */
export interface Reviews {
  /** Word ids of each review, in the order written. */
  x: Int32Array[];
  /** 1 positive, 0 negative. */
  y: Int32Array;
}

/** The two halves of the data set. */
export interface Imdb {
  /** 25,000 reviews to train with. */
  train: Reviews;
  /** 25,000 reviews to evaluate with. */
  test: Reviews;
}

const address = "https://storage.googleapis.com/tensorflow/tf-keras-datasets";
export const reviewsFile: DataFile = {
  fileName: "imdb.npz",
  folder: "imdb",
  url: `${address}/imdb.npz`,
  sha256: "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
  bytes: 17_464_789,
};
export const wordIndexFile: DataFile = {
  fileName: "imdb_word_index.json",
  folder: "imdb",
  url: `${address}/imdb_word_index.json`,
  sha256: "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6", // md5 bfafd718b763782e994055a2d397834f
  bytes: 1_641_221,
};
