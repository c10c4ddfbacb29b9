import { DataError, problem } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { describe } from "./split-words.ts";

/** Token ids of one text: a list or a typed array. */
export type IdSequence = ArrayLike<number>;
/** Token ids of several texts; an NdArray `[N, T]` is N rows. */
export type IdSequences = Iterable<IdSequence> | NdArray;

/**
 * Sequences of ids as an array of rows. Throws DataError where a row is not a list, or an entry not a number.
 *
 *   idRows([[1, 2], [3]], "nextWordRows");   // [[1, 2], [3]]
 */
export function idRows(sequences: IdSequences, who: string): IdSequence[] {
  if (sequences instanceof NdArray) {
    if (sequences.rank !== 2) {
      throw new DataError(problem(who, "an array of rank 2 [N, T]", `rank ${sequences.rank}`));
    }
    return Array.from({ length: sequences.shape[0] }, (_, i) => sequences.row(i).data);
  }
  if (sequences === null || typeof sequences !== "object" || !(Symbol.iterator in sequences)) {
    throw new DataError(problem(who, "a list of lists of ids", describe(sequences)));
  }
  const rows = [...sequences];
  rows.forEach((row, i) => {
    if (ArrayBuffer.isView(row) && !(row instanceof DataView)) return;
    if (!Array.isArray(row)) {
      const next =
        typeof row === "number" ? "Put one sequence in brackets: [ids]." : "Text needs textsToSequences first.";
      throw new DataError(problem(who, `a list of ids at [${i}]`, describe(row), next));
    }
    const wrong = row.findIndex((id) => typeof id !== "number");
    if (wrong >= 0) throw new DataError(problem(who, `a number at [${i}][${wrong}]`, describe(row[wrong])));
  });
  return rows;
}

/** Throws DataError unless every entry of the row is a whole number from 0 to 2³¹ − 1. */
export function checkIds(row: IdSequence, index: number, who: string): void {
  for (let t = 0; t < row.length; t++) {
    if (!(Number.isInteger(row[t]) && row[t] >= 0 && row[t] <= 0x7fffffff)) {
      throw new DataError(problem(who, `an id (a whole number, 0 or more) at [${index}][${t}]`, String(row[t])));
    }
  }
}
