import type { FetchFileOptions } from "./fetch-file.ts";
import type { Imdb, ImdbOptions } from "./imdb-files.ts";

export type { Imdb, ImdbOptions, Reviews } from "./imdb-files.ts";

/**
 * 25,000 + 25,000 film reviews as word ids, with Keras's numbers: `keras.datasets.imdb.load_data` step by step, so that
 * row i here is row i there. (Maas et al. 2011.) Found on this machine or downloaded once, 17 MB: see FetchFileOptions.
 *
 *   const { train, test } = await imdb({ numWords: 10_000 });
 *   train.x[0];   // Int32Array(218) [1, 14, 22, 16, 43, 530, …]
 *   train.y[0];   // 1: a good review
 */
export async function imdb(options: ImdbOptions = {}): Promise<Imdb> {
  // What fetches and unpacks is loaded here and below, so that a page without data sets does without it.
  return (await import("./read-imdb.ts")).readReviews(options);
}

/**
 * Word → rank (1 is the most frequent), 88,584 words. The id of a word in `imdb()` is its rank + `indexFrom`.
 *
 *   const wordIndex = await imdbWordIndex();
 *   wordIndex.get("the");   // 1: the most frequent
 */
export async function imdbWordIndex(options: FetchFileOptions = {}): Promise<Map<string, number>> {
  return (await import("./read-imdb.ts")).readWordIndex(options);
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
