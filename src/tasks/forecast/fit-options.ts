import type { Callback } from "../../train/callbacks/index.ts";
import type { Field } from "../../train/options.ts";

/** Options of a forecaster's `fit`; defaults follow from the number of rows. */
export interface ForecasterFitOptions {
  /** The date of each row as text, oldest first: forecasts then carry dates. Default: null, rows are counted. */
  dates?: readonly string[] | null;
  /** Largest number of passes; early stopping may end before. Default: by data size, 5 to 200. */
  epochs?: number;
  /** Samples per gradient update. Default: by data size, 8 to 64. */
  batchSize?: number;
  /** The last fraction of the rows, held out for early stopping and evaluation. Default 0.15; 0 where the series is too short. */
  validationSplit?: number;
  /**
   * Epochs without a smaller validation loss before training ends; the best weights are restored. Default: an eighth of
   * `epochs`, at least 5.
   */
  patience?: number;
  /**
   * Trains on from the weights, season, differences and scalers it has, in place of from scratch; the optimizer goes on too, but one whose
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

/** The option `dates`. */
export const dateList: Field<readonly string[] | null> = {
  otherwise: null,
  expected: "a list of dates as text",
  fits: (v) => v === null || (Array.isArray(v) && v.every((date) => typeof date === "string")),
};
