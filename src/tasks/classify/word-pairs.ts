/**
 * The words of a text and its pairs of neighbouring words, each once, as numbers from 1 to `buckets` − 1 (Wang & Manning
 * 2012, "Baselines and Bigrams"; hashed as in Joulin et al. 2016). Different pairs may share a number; no list of pairs has
 * to be kept, as the numbers follow from the ids alone. Saved files rely on it: the formula stays as it is.
 *
 *   pairIds([5, 7, 5, 7], 1000); // [31, 987, 314, 956]
 */
export function pairIds(ids: readonly number[], buckets: number): number[] {
  const found = new Set<number>();
  ids.forEach((id, k) => {
    found.add(bucket(id, 0, buckets));
    if (k > 0) found.add(bucket(ids[k - 1], id, buckets));
  });
  return [...found];
}

/** Spreads (a, b) over 1 … buckets − 1, 0 being padding: multiplied by odd constants, its bits mixed twice. */
function bucket(a: number, b: number, buckets: number): number {
  let bits = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x2c1b3c6d);
  bits ^= bits >>> 13;
  return 1 + ((bits >>> 0) % (buckets - 1));
}
