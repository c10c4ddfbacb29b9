import { mpi, splitEveryFit } from "../../parallel/index.ts";
import type { Screen } from "../screen/screen.ts";
import type { TrainOptions } from "./train-options.ts";

/**
 * Trains with the other processes that mpirun started, if it did: all compute, the first speaks, saves and keeps checkpoints.
 * `train` gets the screen of this process.
 */
export async function withRanks(
  { blocks }: TrainOptions,
  screen: Screen,
  train: (screen: Screen) => Promise<void>,
): Promise<void> {
  const parallel = mpi();
  const { rank, size, leave } = await parallel.start();
  splitEveryFit({ blocks, ...(size > 1 ? { parallel } : {}) });
  try {
    if (rank === 0) return await train(screen);
    await train({ ...screen, out: () => {}, err: () => {}, terminal: false, follows: true });
  } catch (error) {
    leave();
    // What is wrong for all is said by the first, whose end ends the others.
    if (rank > 0) await new Promise((resolve) => setTimeout(resolve, 2000));
    throw error;
  } finally {
    splitEveryFit({});
  }
}
