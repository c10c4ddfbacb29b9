import type { Callback } from "../../train/callbacks/index.ts";
import type { Label } from "./labels.ts";

/** Options of a classifier's `fit`; defaults follow from the number of rows. */
export interface ClassifierFitOptions {
  /** Largest number of passes; early stopping may end before. Default: by data size, 5 to 200; 30 from 200 texts on, 3 for many. */
  epochs?: number;
  /** Samples per gradient update. Default: by data size, 8 to 64. */
  batchSize?: number;
  /**
   * Fraction of each class's rows, drawn by the seed, that is held out for validation and early stopping. Default 0.1; 0 under
   * 50 rows, 0.04 of many texts; 0 where that would be too few rows to judge by (`split.tooFew`).
   */
  validationSplit?: number;
  /** Rows and their labels to validate on, in place of a part of the others. Default: none. */
  validationData?: readonly [rows: readonly unknown[], labels: readonly Label[]];
  /**
   * Epochs without a smaller validation loss before training ends; the best weights are restored. Default: a tenth of `epochs`,
   * at least 3.
   */
  patience?: number;
  /** `"balanced"` makes every class count alike; or a weight by label. Default: every row counts alike. */
  classWeight?: "balanced" | Readonly<Record<string, number>>;
  /**
   * Trains on from the weights, words, classes and scalers it has, in place of from scratch; the optimizer goes on too, but one whose
   * learning rate follows a schedule begins again. Default false.
   */
  continue?: boolean;
  /** Called by `fit`; with `backupAndRestore("backup")` an interrupted training continues where it was, to the same bits. Default: none. */
  callbacks?: Callback | readonly Callback[];
  /** 0 silent, 1 progress line, 2 one line per epoch. Default 1. */
  verbose?: 0 | 1 | 2;
  /** Ends training after the current step; the weights learned so far stay. Default: none. */
  signal?: AbortSignal | undefined;
  /**
   * Reaction to a loss that is not finite: `"error"` ends training with an error that names epoch and step, and the task keeps
   * its earlier state; `"continue"` keeps training. Default "error", with `terminateOnNaN()` among the callbacks "continue".
   */
  onNaN?: "error" | "continue" | undefined;
  /** Receives the progress output. Default: standard output. */
  write?: (text: string) => void;
}

/** Options of `predict` and `evaluate`. */
export interface AskOptions {
  /** Ends it within a tenth of a second, or after the current rows: it rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
  /**
   * Thresholds by class: the class is the one whose probability exceeds its threshold by the largest factor. Classes that are not named share
   * what is left to 1: of two classes, `{ spam: 0.3 }` means spam from 0.3 on. Default: the most probable class.
   */
  thresholds?: Readonly<Record<string, number>>;
}
