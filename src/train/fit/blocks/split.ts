import { DataError, invalidOption, option, sentence, showValue } from "../../../errors.ts";
import type { Splitting } from "../splitting.ts";
import { blockSteps } from "./block-steps.ts";
import type { Split } from "./blocked-steps.ts";

/** Reads those options and joins the other processes. Throws DataError for what is no number of blocks. */
export async function splitOf(given: Splitting, fixedBatch: number | null): Promise<Split> {
  const { blocks, parallel } = given;
  if (blocks !== undefined && !(Number.isInteger(blocks) && blocks >= 1 && blocks <= 4096)) {
    const expected = sentence`${option("blocks")} as a whole number from 1 to 4096`;
    throw new DataError(invalidOption("fit", "blocks", expected, showValue(blocks)));
  }
  const ranks = parallel ? await parallel.start() : null;
  const split = { blocks: blocks ?? ranks?.size ?? 1, asked: blocks !== undefined, ranks };
  if (split.blocks > 1 && fixedBatch !== null) {
    const next = "A stateful model keeps a state for each row of its batch: leave it out, and train in one process.";
    throw new DataError(invalidOption("fit", "blocks", sentence`${option("blocks", 1)}`, `${split.blocks}`, next));
  }
  return withBlocks(split, split.blocks);
}

/** Sets the number of blocks, and what trains in several: one is a batch as it is, in every process. */
export function withBlocks(split: Split, blocks: number): Split {
  split.blocks = blocks;
  split.make = blocks > 1 ? blockSteps : undefined;
  return split;
}
