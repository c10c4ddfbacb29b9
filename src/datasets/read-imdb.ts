import { DataError, FormatError, problem } from "../errors.ts";
import { type NpyArray, readNpz } from "../formats/containers/npy.ts";
import { RandomState } from "../tensor/random-state.ts";
import { type FetchFileOptions, fetchFile } from "./fetch-file.ts";
import { type Imdb, type ImdbOptions, type Reviews, reviewsFile, wordIndexFile } from "./imdb-files.ts";

/** The reviews of `imdb`. */
export async function readReviews(options: ImdbOptions): Promise<Imdb> {
  checkOptions(options);
  const rng = new RandomState(options.seed ?? 113);
  const arrays = await readNpz(await fetchFile(reviewsFile, options), reviewsFile.fileName, { only: members });
  const train = shuffled(reviewsOf(arrays, "train"), rng);
  const test = shuffled(reviewsOf(arrays, "test"), rng); // the same generator continues
  return withIds(train, test, options);
}

/** The ranks of `imdbWordIndex`. */
export async function readWordIndex(options: FetchFileOptions): Promise<Map<string, number>> {
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
