/** Edits between predicted transcripts and the right ones. */
export interface ErrorRate {
  /** Edits divided by the length of the right transcripts: 0 where all are right; above 1 where much was made up. */
  readonly rate: number;
  /** Tokens put in place of others. */
  readonly substitutions: number;
  /** Tokens that are missing. */
  readonly deletions: number;
  /** Tokens that are not in the right transcript. */
  readonly insertions: number;
  /** Number of tokens of the right transcripts. */
  readonly length: number;
}

/**
 * Error rate over a whole test set: the fewest substitutions, deletions and insertions (Levenshtein 1966) that make the predictions of the
 * right transcripts, divided by the number of their tokens. Of characters it is the CER, of words the WER. 0 tokens and no edits are rate 0; a prediction that
 * is not there counts as an empty one.
 *
 *   errorRate([["three", "one"]], [["three", "nine", "one"]]).rate; // 0.5
 */
export function errorRate(right: readonly (readonly string[])[], predicted: readonly (readonly string[])[]): ErrorRate {
  const all = { substitutions: 0, deletions: 0, insertions: 0 };
  let length = 0;
  for (const [row, tokens] of right.entries()) {
    const edits = editsOf(tokens, predicted[row] ?? []);
    for (const kind of ["substitutions", "deletions", "insertions"] as const) all[kind] += edits[kind];
    length += tokens.length;
  }
  const edits = all.substitutions + all.deletions + all.insertions;
  return { rate: edits === 0 ? 0 : length === 0 ? Number.POSITIVE_INFINITY : edits / length, ...all, length };
}

type Edits = Record<"substitutions" | "deletions" | "insertions", number>;

/** The fewest edits of one row; of equally few, those with the most substitutions. */
function editsOf(right: readonly string[], found: readonly string[]): Edits {
  const start: Edits = { substitutions: 0, deletions: 0, insertions: 0 };
  const more = (edits: Edits, kind: keyof Edits): Edits => ({ ...edits, [kind]: edits[kind] + 1 });
  const count = (edits: Edits) => edits.substitutions + edits.deletions + edits.insertions;
  let row = [start];
  for (const _ of found) row.push(more(row[row.length - 1], "insertions"));
  for (const token of right) {
    const next = [more(row[0], "deletions")];
    for (const [j, other] of found.entries()) {
      const changed = token === other ? row[j] : more(row[j], "substitutions");
      const ways = [changed, more(row[j + 1], "deletions"), more(next[j], "insertions")];
      next.push(ways.reduce((a, b) => (count(b) < count(a) ? b : a)));
    }
    row = next;
  }
  return row[found.length];
}
