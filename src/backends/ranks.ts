import type { Memory } from "./backend.ts";

/**
 * Processes that train one model together, each a rank: they exchange sums and bytes. Every rank makes the same calls in the same
 * order, as in MPI.
 */
export interface Ranks {
  /** This process's number, from 0; rank 0 speaks and writes files. */
  readonly rank: number;
  /** Number of processes. */
  readonly size: number;
  /** One line for people: the library. */
  readonly description: string;
  /**
   * The sum of all blocks' numbers, for every rank: `pieces` [words] are this rank's, sums over the blocks that `layout[rank]`
   * names. Which numbers are added first depends on the blocks alone, not on who has them.
   */
  sum(pieces: readonly Float32Array[], layout: Layout, words: number): Promise<Float32Array>;
  /** The same of numbers where they lie with the backend, into one of these memories or another; null where it cannot reach them. */
  sumInPlace?(pieces: readonly Memory[], layout: Layout, into: Memory): Promise<void> | null;
  /** The bytes of every rank, as many of each. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** Rank 0's bytes; the others' argument is not looked at. */
  broadcast(bytes: Uint8Array): Promise<Uint8Array>;
  /** Training failed here: when this process ends it does not wait for the others, so that what started them ends them. */
  leave(): void;
}

/** Blocks from one number to before another. */
export type Stretch = readonly [from: number, to: number];
/** The stretches of each rank, in order. */
export type Layout = readonly (readonly Stretch[])[];

/** A way to train in several processes: `mpi()` of cellstate/parallel. */
export interface Parallel {
  /** Joins the other processes, at first use. */
  start(): Promise<Ranks>;
}
