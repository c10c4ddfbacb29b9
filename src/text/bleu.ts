import { DataError, problem } from "../errors.ts";

export interface BleuOptions {
  /** The longest runs of words that are compared. Default 4. */
  maxOrder?: number;
  /**
   * `"exponential"` counts orders without a match as one half, a quarter, … of a match, as NIST's scorer and sacreBLEU do; `"none"` makes
   * the score 0. Default `"none"`.
   */
  smoothing?: "none" | "exponential";
}

/** A BLEU score and its parts. */
export interface Bleu {
  /** From 0 to 1; papers print it times 100. */
  readonly bleu: number;
  /** For n-grams of one word, two, …: the fraction that occurs in a reference too. */
  readonly precisions: readonly number[];
  /** 1, or below where the translations are shorter than the references. */
  readonly brevityPenalty: number;
}

/**
 * BLEU of a whole test set (Papineni et al. 2002): the geometric mean of the fractions of n-grams that are in a
 * reference too, each counted no more often than there, times the brevity penalty against the references nearest in
 * length. A sentence may have several references. Tokens are compared as they are; without `smoothing` it is 0 where no
 * run of `maxOrder` fits.
 *
 *   corpusBleu([["the", "cat", "sat"]], [[["the", "cat", "sat"]]], { maxOrder: 2 }).bleu; // 1
 */
export function corpusBleu(
  translations: readonly (readonly string[])[],
  references: readonly (readonly (readonly string[])[])[],
  options: BleuOptions = {},
): Bleu {
  const { maxOrder = 4, smoothing = "none" } = options;
  check(translations, references, maxOrder);
  const [found, all] = [new Array<number>(maxOrder).fill(0), new Array<number>(maxOrder).fill(0)];
  let [length, wanted] = [0, 0];
  for (const [i, words] of translations.entries()) {
    length += words.length;
    wanted += nearest(words.length, references[i]);
    for (let n = 1; n <= maxOrder; n++) {
      const most = new Map<string, number>(); // in any one reference
      for (const reference of references[i]) {
        for (const [run, count] of runs(reference, n)) most.set(run, Math.max(count, most.get(run) ?? 0));
      }
      for (const [run, count] of runs(words, n)) {
        found[n - 1] += Math.min(count, most.get(run) ?? 0);
        all[n - 1] += count;
      }
    }
  }
  const smooth = smoothing === "exponential" && found.some((count) => count > 0);
  const precisions = found.map((count, k) => {
    if (all[k] === 0) return 0;
    const misses = found.slice(0, k + 1).filter((n) => n === 0).length;
    return (count === 0 && smooth ? 0.5 ** misses : count) / all[k];
  });
  const brevityPenalty = length === 0 ? 0 : Math.exp(Math.min(0, 1 - wanted / length));
  const meanLog = precisions.reduce((sum, p) => sum + Math.log(p), 0) / maxOrder;
  return { bleu: brevityPenalty * Math.exp(meanLog), precisions, brevityPenalty };
}

/** Counts of each n-gram. */
function runs(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const run = words.slice(i, i + n).join("\u0000");
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

/** The reference length nearest to `length`; of two as near the shorter. */
function nearest(length: number, references: readonly (readonly string[])[]): number {
  const lengths = references.map((reference) => reference.length).sort((a, b) => a - b);
  return lengths.reduce((best, l) => (Math.abs(l - length) < Math.abs(best - length) ? l : best));
}

function check(translations: readonly unknown[], references: readonly (readonly unknown[])[], maxOrder: number): void {
  const who = "corpusBleu";
  if (!(Number.isInteger(maxOrder) && maxOrder >= 1)) {
    const next = "Leave it out for 4, as papers do.";
    throw new DataError(problem(who, "maxOrder as a whole number of 1 or more", String(maxOrder), next));
  }
  if (translations.length === 0 || translations.length !== references.length) {
    const received = `${translations.length} translations, ${references.length} lists of references`;
    const next = "Each translation has a list, also where it has one reference: [[reference], [reference]].";
    throw new DataError(problem(who, "a list of references for each translation, one or more", received, next));
  }
  const none = references.findIndex((list) => list.length === 0);
  if (none < 0) return;
  const next = "Give it one, or leave the translation out.";
  throw new DataError(problem(who, `a reference for translation ${none}`, "none", next));
}
