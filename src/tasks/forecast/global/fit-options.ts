import type { ForecasterFitOptions } from "../fit-options.ts";

/** Options of a global forecaster's `fit`. */
export interface GlobalFitOptions
  extends Pick<ForecasterFitOptions, "callbacks" | "verbose" | "signal" | "write" | "onNaN"> {
  /** Passes of 100 gradient updates. Default 8. */
  epochs?: number;
  /** Windows per gradient update. Default 256; 64 where all steps share a network. */
  batchSize?: number;
  /** Trains a first network that does not see the last `horizon` values of each series (of fewer than 100 series more), for `report` and the shrinkage. Default true. */
  holdOut?: boolean;
  /**
   * Trains on from the weights, scales, shrinkage and intervals it has, in place of from scratch, on all values; the learning rate begins again.
   * Default false.
   */
  continue?: boolean;
}
