import type { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { breatheWhenDue } from "../../train/fit/breathe.ts";
import { groupsOfLikeLengths } from "../shared/like-lengths.ts";
import { atAnotherSpeed, hidden, warped } from "./augment.ts";
import type { ReadExample } from "./examples.ts";
import { batchOf, checkTranscripts, framesOf, type Learned, labelsOf, stepsNeeded, stepsOf } from "./learned.ts";
import type { TranscriberAugment } from "./options.ts";

/** One batch: steps [B, T, window · F] and label ids [B, U]. */
export type TranscriberBatch = readonly [x: NdArray, y: NdArray];

/** The examples of a pass: always the same ones, or those that a function makes anew. */
export type PassOf = (pass: number) => readonly ReadExample[] | Promise<readonly ReadExample[]>;

/**
 * Batches of a pass: examples of like lengths together, so that little is padding, drawn anew by seed and pass, as are the changes made to
 * them. Frames are computed once where nothing changes them.
 */
export function transcriberBatches(
  passOf: PassOf,
  learned: Learned,
  options: { batchSize: number; seed: number; augment: Required<TranscriberAugment>; who: string },
): (pass: number) => AsyncGenerator<TranscriberBatch, void, undefined> {
  const { batchSize, seed, augment, who } = options;
  const kept = new WeakMap<ReadExample, NdArray>(); // frames of examples that come again
  const plain = async (one: ReadExample): Promise<NdArray> => {
    const known = kept.get(one) ?? (await framesOf([one.input], learned, who))[0];
    kept.set(one, known);
    return known;
  };
  const framesFor = async (one: ReadExample, random: Random): Promise<NdArray> => {
    if (augment.speed === 0) return plain(one);
    const [faster] = await framesOf([atAnotherSpeed(one.input, augment, random)], learned, who);
    return stepsOf(faster.shape[0], learned) >= stepsNeeded(one.transcript) ? faster : plain(one);
  };
  return async function* batches(pass) {
    const examples = await passOf(pass);
    const random = new Random(seed, 5_000_011 + pass);
    const frames: NdArray[] = [];
    for (const one of examples) {
      frames.push(await framesFor(one, random));
      await breatheWhenDue();
    }
    checkTranscripts(
      examples.map(({ transcript }, row) => ({ transcript, frames: frames[row].shape[0] })),
      learned,
      who,
    );
    const lengths = frames.map(({ shape }) => shape[0]);
    for (const rows of groupsOfLikeLengths(lengths, batchSize, { rows: random, groups: random })) {
      const x = batchOf(
        rows.map((row) => hidden(warped(frames[row], augment, random), augment, random)),
        learned,
      );
      yield [
        x,
        labelsOf(
          rows.map((row) => examples[row].transcript),
          learned,
        ),
      ];
    }
  };
}
