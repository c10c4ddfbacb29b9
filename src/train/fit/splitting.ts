import type { Parallel } from "../../backends/ranks.ts";

/** The options of `fit` that split batches. */
export interface Splitting {
  /** Parts that each batch is cut into. */
  readonly blocks?: number | undefined;
  /** Processes that share them. */
  readonly parallel?: Parallel | undefined;
}

let everywhere: Splitting = {};

/**
 * Splits every training of this process that is not told otherwise, those inside a task's `fit` too: `cellstate train` does so under mpirun.
 *
 *   splitEveryFit({ parallel: mpi(), blocks: 4 });
 *   await writer.fit(lines, { epochs: 5 });
 */
export const splitEveryFit = (by: Splitting): void => {
  everywhere = by;
};

/** Those of a training: its own, else those for all. */
export const splittingOf = ({ blocks, parallel }: Splitting): Splitting => ({
  blocks: blocks ?? everywhere.blocks,
  parallel: parallel ?? everywhere.parallel,
});
