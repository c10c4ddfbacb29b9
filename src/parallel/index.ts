/** `cellstate/parallel`: training by several processes, on one machine or many. */
export { type MpiOptions, mpi } from "../backends/mpi.ts";
export type { Layout, Parallel, Ranks, Stretch } from "../backends/ranks.ts";
export { type Splitting, splitEveryFit } from "../train/fit/splitting.ts";
