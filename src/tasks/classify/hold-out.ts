import { DataError, invalidOption, option, sentence } from "../../errors.ts";
import { stratifiedSplit } from "./labels.ts";

/** Rows to train on and rows to validate on, by their places. */
export interface HeldOut {
  readonly training: number[];
  readonly validation: number[];
  /** Rows of a validation part that is too small to judge by; null where it is large enough, or none was to be. */
  readonly tooFew: number | null;
}

/** Rows of a classifier's training. */
export interface ClassifierSplit {
  /** Number of rows trained on. */
  readonly training: number;
  /** Number of rows validated on. */
  readonly validation: number;
  /** Rows of a validation part that was, or would have been, too small to judge by; null where it was not. */
  readonly tooFew: number | null;
  /** Places of the rows held out, from 0; none where others were given. */
  readonly heldOut: readonly number[];
}

/** Wishes for the split: those that were given are kept, whatever they come to. */
export interface SplitWishes {
  /** As given; undefined: by data size. */
  readonly validationSplit: number | undefined;
  /** The fraction by data size. */
  readonly usual: number;
  /** As given, which needs rows for validation; null: by default. */
  readonly patience: number | null;
  /** Whether there are other rows for validation. */
  readonly others: boolean;
}

const fewest = 10; // rows by which early stopping can tell one epoch from another
const classesSeen = 0.5; // fraction of the classes that must have a row among them

/**
 * A stratified split: a fraction of each class's rows, drawn by the seed. Where nothing was asked for and the validation part would be too
 * small to judge by, fewer than ten rows or of fewer than half of the classes, nothing is held out. Throws DataError where a wish cannot be kept.
 */
export function heldOut(who: string, ids: Int32Array, classes: number, wishes: SplitWishes, seed: number): HeldOut {
  const { validationSplit: asked, patience, others } = wishes;
  const none = () => ({ ...stratifiedSplit(ids, classes, 0, seed) });
  if (others) return { ...none(), tooFew: null };
  const split = stratifiedSplit(ids, classes, asked ?? wishes.usual, seed);
  const rows = split.validation.length;
  if (asked && rows === 0) {
    const expected = "a fraction that keeps a row of some class";
    throw new DataError(invalidOption(who, "validationSplit", expected, `${asked}`, "Give a larger fraction, or 0."));
  }
  if (patience !== null && rows === 0) {
    const next = sentence`Give ${option("validationSplit", 0.1)}, for example: ${option("patience")} waits for a smaller validation loss.`;
    throw new DataError(invalidOption(who, "patience", "rows for validation", "none", next));
  }
  const seen = new Set(split.validation.map((row) => ids[row])).size;
  const enough = rows >= fewest && seen >= classesSeen * classes;
  if (enough || (rows === 0 && (asked ?? wishes.usual) === 0)) return { ...split, tooFew: null };
  return asked === undefined && patience === null ? { ...none(), tooFew: rows } : { ...split, tooFew: rows };
}
