/** Defaults of a task, by the size of its data. */

/** The value below which a fraction q of the numbers lies (nearest rank). */
function percentile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}

/** From this number of texts on, a bag of hashed unigrams and bigrams does better than a recurrent network alone. */
export const someTexts = 200;

/** From this number of texts on, hashed unigrams and bigrams are worth their size: then a small recurrent network is enough. */
export const manyTexts = 10_000;

/** Small networks for few rows: they have less to remember them by. */
export const unitsFor = (rows: number): number => (rows < 200 ? 16 : rows < 2000 ? 32 : rows < 10_000 ? 64 : 128);

/** Batches small enough for some twenty steps an epoch. */
export const batchFor = (rows: number): number => (rows < 200 ? 8 : rows < 2000 ? 32 : 64);

/** Epochs at most: about `steps` training steps, from 5 to 200 passes. */
export const epochsFor = (rows: number, steps = 3000): number =>
  Math.min(200, Math.max(5, Math.round(steps / Math.ceil(rows / batchFor(rows)))));

/**
 * Words worth a number of their own: all of them under 500 texts, else those that come at least twice, 20,000 at most. The
 * others teach the model what an unknown word is.
 */
export function vocabularyFor(texts: number, wordCounts: ReadonlyMap<string, number>): number {
  const least = texts < 500 ? 1 : 2;
  const frequent = [...wordCounts.values()].filter((n) => n >= least).length;
  return Math.min(20_000, Math.max(1, frequent));
}

/** Steps of a row: 95 of 100 rows fit whole, `most` at most. */
export const lengthFor = (lengths: readonly number[], most: number): number =>
  Math.max(1, Math.min(most, percentile(lengths, 0.95)));
