import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { groupsOfLikeLengths } from "../shared/like-lengths.ts";
import { encoderOf, type Learned, labelIdsOf } from "./learned.ts";
import type { TaggedSentence } from "./sentences.ts";

/** One batch: ids of words and characters; labels, and intents where there are some. */
export type TaggerBatch = readonly [x: NdArray[], y: NdArray[]];

/** Sentences of like lengths are padded to one of few lengths: the next multiple of this. */
export const lengthStep = 8;

/** The length that a sentence is padded to. */
export const paddedLength = (tokens: number): number => Math.max(1, Math.ceil(tokens / lengthStep)) * lengthStep;

/**
 * Batches of a pass: sentences of like lengths together, so that little is padding, both drawn anew by seed and pass. Rows are
 * encoded as they are needed.
 */
export function taggerBatches(
  sentences: readonly TaggedSentence[],
  learned: Learned,
  batchSize: number,
  seed: number,
): (pass: number) => Generator<TaggerBatch, void, undefined> {
  const { encode } = encoderOf(learned);
  const intents = new Map(learned.intents.map((name, k) => [name, k]));
  const lengths = sentences.map(({ tokens }) => paddedLength(tokens.length));
  return function* batches(pass) {
    const draws = { rows: new Random(seed, 1_000_003 + pass), groups: new Random(seed, 3_000_017 + pass) };
    for (const rows of groupsOfLikeLengths(lengths, batchSize, draws)) {
      const length = Math.max(...rows.map((row) => lengths[row]));
      const picked = rows.map((row) => sentences[row]);
      const x = encode(
        picked.map(({ tokens }) => tokens),
        length,
      );
      const labels = labelIdsOf(picked, learned, length);
      const own = Int32Array.from(picked, ({ intent }) => intents.get(intent ?? "") ?? 0);
      yield [x, intents.size > 0 ? [labels, new NdArray(own, [rows.length])] : [labels]];
    }
  };
}
