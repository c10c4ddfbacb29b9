import type { Model } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { breatheWhenDue } from "../../train/fit/breathe.ts";
import { groupsOfOneLength } from "../shared/like-lengths.ts";
import type { ReadInput } from "./examples.ts";
import { batchOf, framesOf, type Learned, paddedSteps, stepsOf } from "./learned.ts";
import type { NgramModel } from "./ngram-model.ts";

/** A network that transcribes, with all that it needs for it. */
export interface Trained {
  readonly model: Model;
  readonly learned: Learned;
  /** A language model of the transcripts; null for none. */
  readonly ngram: NgramModel | null;
}

/** Logits [T, 1 + alphabet] of each input, computed in groups of like lengths, in the inputs' order. */
export async function logitsOf(
  { model, learned }: Pick<Trained, "model" | "learned">,
  inputs: readonly ReadInput[],
  ask: { who: string; turn: <T>(work: () => Promise<T>) => Promise<T>; signal?: AbortSignal | undefined },
): Promise<NdArray[]> {
  const frames = await framesOf(inputs, learned, ask.who);
  const steps = frames.map(({ shape }) => stepsOf(shape[0], learned));
  const found: NdArray[] = Array(inputs.length);
  for (const { rows } of groupsOfOneLength(steps.map(paddedSteps), chunk)) {
    ask.signal?.throwIfAborted();
    const x = batchOf(
      rows.map((row) => frames[row]),
      learned,
    );
    const made = await ask.turn(() => model.predict(x, { batchSize: chunk, signal: ask.signal }));
    for (const [i, row] of rows.entries()) found[row] = (made as NdArray).row(i).slice(0, steps[row]);
    await breatheWhenDue();
  }
  return found;
}

const chunk = 64; // rows computed at a time
