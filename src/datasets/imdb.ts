import { DataError, FormatError, problem } from "../errors.ts";
import type { NpyArray } from "../formats/containers/npy.ts";
import { RandomState } from "../tensor/random-state.ts";
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

/**
 * 25,000 + 25,000 film reviews as word ids, with Keras's numbers: `keras.datasets.imdb.load_data` step by step, so that
 * row i here is row i there. (Maas et al. 2011.) Found on this machine or downloaded once, 17 MB: see FetchFileOptions.
 *
 *   const { train, test } = await imdb({ numWords: 10_000 });
 *   train.x[0];   // Int32Array(218) [1, 14, 22, 16, 43, 530, …]
 *   train.y[0];   // 1: a good review
 */
export async function imdb(options: ImdbOptions = {}): Promise<Imdb> {
  checkOptions(options);
  const rng = new RandomState(options.seed ?? 113);
  // What fetches and unpacks is loaded here, so that a page without data sets does without it.
  const [{ readNpz }, { fetchFile }] = [await import("../formats/containers/npy.ts"), await import("./fetch-file.ts")];
  const arrays = await readNpz(await fetchFile(reviewsFile, options), reviewsFile.fileName, { only: members });
  const train = shuffled(reviewsOf(arrays, "train"), rng);
  const test = shuffled(reviewsOf(arrays, "test"), rng); // the same generator continues
  return withIds(train, test, options);
}

/**
 * Word → rank (1 is the most frequent), 88,584 words. The id of a word in `imdb()` is its rank + `indexFrom`.
 *
 *   const wordIndex = await imdbWordIndex();
 *   wordIndex.get("the");   // 1: the most frequent
 */
export async function imdbWordIndex(options: FetchFileOptions = {}): Promise<Map<string, number>> {
  const { fetchFile } = await import("./fetch-file.ts");
  const bytes = await fetchFile(wordIndexFile, options);
  const fail = (received: string): never => {
    throw new FormatError(problem(wordIndexFile.fileName, "a JSON object of words and whole ranks", received));
  };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return fail(`no JSON (${(error as Error).message})`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return fail("another kind of JSON");
  const wordIndex = new Map<string, number>(Object.entries(json));
  for (const [word, rank] of wordIndex) {
    if (!Number.isSafeInteger(rank) || rank < 0)
      fail(`${JSON.stringify(rank)} for ${JSON.stringify(word.slice(0, 40))}`);
  }
  return wordIndex;
}

/**
 * The words of a review, separated by spaces. Ids without a word: `[START]` (1), `[OOV]` (2 and others); padding (0) is left out.
 *
 *   decodeReview(train.x[0], wordIndex);   // [START] this film was just brilliant casting …
 */
export function decodeReview(
  ids: ArrayLike<number>,
  wordIndex: ReadonlyMap<string, number>,
  { indexFrom = 3 }: { indexFrom?: number } = {},
): string {
  const words = new Map<number, string>();
  for (const [word, rank] of wordIndex) words.set(rank + indexFrom, word);
  const text: string[] = [];
  for (const id of Array.from(ids)) {
    const word = words.get(id);
    if (word !== undefined) text.push(word);
    else if (id !== 0) text.push(id === 1 ? "[START]" : "[OOV]");
  }
  return text.join(" ");
}

const members = ["x_train", "y_train", "x_test", "y_test"];

function reviewsOf(arrays: ReadonlyMap<string, NpyArray>, part: "train" | "test"): Reviews {
  const who = `${reviewsFile.fileName}: `;
  const x = arrays.get(`x_${part}`)?.data;
  const labels = arrays.get(`y_${part}`)?.data;
  if (!x || !labels)
    throw new FormatError(problem(`${who}${part}`, `the members ${members.join(", ")}`, "not all of them"));
  if (x.length !== labels.length) {
    throw new FormatError(problem(`${who}y_${part}`, `${x.length} labels`, `${labels.length}`));
  }
  const reviews = Array.from(x as ArrayLike<unknown>, (review, row) => {
    if (review instanceof Int32Array) return review;
    throw new FormatError(problem(`${who}x_${part}, row ${row}`, "a list of word ranks", "something else"));
  });
  const y = Int32Array.from(labels as ArrayLike<unknown>, (label, row) => {
    const whole = typeof label === "bigint" || typeof label === "number" ? Number(label) : Number.NaN;
    if (whole === (whole | 0)) return whole;
    throw new FormatError(problem(`${who}y_${part}, row ${row}`, "a whole label", String(label).slice(0, 40)));
  });
  return { x: reviews, y };
}

function shuffled({ x, y }: Reviews, rng: RandomState): Reviews {
  const order = rng.shuffle(Int32Array.from(x, (_, i) => i));
  return { x: Array.from(order, (i) => x[i]), y: order.map((i) => y[i]) };
}

/** Ranks to ids, in Keras's order: shift and start mark, filter by length, vocabulary. */
function withIds(train: Reviews, test: Reviews, options: ImdbOptions): Imdb {
  const { skipTop = 0, maxLen, startChar = 1, oovChar = 2, indexFrom = 3 } = options;
  const parts = [train, test].map((part) => {
    const long = { x: part.x.map((ranks) => shifted(ranks, startChar, indexFrom)), y: part.y };
    return maxLen ? shorterThan(long, maxLen) : long;
  });
  if (maxLen && parts.some((part) => part.x.length === 0)) {
    throw new DataError(
      problem("imdb", "reviews shorter than maxLen", `none shorter than ${maxLen}`, "Increase maxLen."),
    );
  }
  let end = options.numWords || 0;
  if (!options.numWords)
    for (const part of parts) for (const ids of part.x) for (const id of ids) end = Math.max(end, id);
  for (const part of parts)
    for (const [i, ids] of part.x.entries()) part.x[i] = withoutRare(ids, skipTop, end, oovChar);
  return { train: parts[0], test: parts[1] };
}

function shifted(ranks: Int32Array, startChar: number | null, indexFrom: number): Int32Array {
  const first = startChar === null ? 0 : 1;
  const ids = new Int32Array(ranks.length + first);
  if (startChar !== null) ids[0] = startChar;
  for (let i = 0; i < ranks.length; i++) ids[i + first] = ranks[i] + indexFrom;
  return ids;
}

/** Strictly shorter, start mark included: Keras's `maxlen`. */
function shorterThan({ x, y }: Reviews, maxLen: number): Reviews {
  const kept = (_: unknown, i: number): boolean => x[i].length < maxLen;
  return { x: x.filter(kept), y: y.filter(kept) };
}

function withoutRare(ids: Int32Array, from: number, end: number, oovChar: number | null): Int32Array {
  if (oovChar === null) return ids.filter((id) => from <= id && id < end);
  for (let i = 0; i < ids.length; i++) if (ids[i] < from || ids[i] >= end) ids[i] = oovChar;
  return ids;
}

function checkOptions(options: ImdbOptions): void {
  for (const name of ["numWords", "skipTop", "maxLen", "startChar", "oovChar", "indexFrom"] as const) {
    const value = options[name];
    if (value === undefined || (value === null && (name === "startChar" || name === "oovChar"))) continue;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 2 ** 30) {
      throw new DataError(problem(`imdb, ${name}`, "a whole number from 0 to 2^30", String(value)));
    }
  }
}
