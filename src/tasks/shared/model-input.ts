import type { NdArray } from "../../tensor/nd-array.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { Arrays } from "../../train/fit/trainable-model.ts";

/** One sample as the model of a task reads it, for the functions of `cellstate/explain`. */
export interface ModelInput {
  /** The model's input, one row. */
  readonly x: Arrays;
  /** The token at each step of the first input, "" for padding; null where the steps are numbers, or the model splits texts itself. */
  readonly steps: readonly string[] | null;
}

/** The token of each id in the first row of ids [1, T], or of one-hot rows [1, T, V]. */
export function tokensOf(ids: NdArray, tokenizer: Tokenizer): string[] {
  const row = ids.row(0);
  const numbers = row.rank === 1 ? row.data : row.argmax().data;
  return Array.from(numbers, (id) => tokenizer.indexWord.get(id) ?? (id === 0 ? "" : `#${id}`));
}
