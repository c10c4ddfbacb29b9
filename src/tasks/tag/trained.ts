import type { SymbolicTensor } from "../../layers/index.ts";
import type { ChainWeights } from "../../layers/structured/crf.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { breatheWhenDue } from "../../train/fit/breathe.ts";
import { groupsOfOneLength } from "../shared/like-lengths.ts";
import { paddedLength } from "./batches.ts";
import { mayFollow } from "./entities.ts";
import { encoderOf, type Learned } from "./learned.ts";
import { viterbi } from "./viterbi.ts";

/** A network that predicts, with all that it needs for it. */
export interface Trained {
  readonly model: Model<SymbolicTensor[]>;
  readonly learned: Learned;
  /** The chain of labels; null where each label is predicted by itself. */
  readonly chain: ChainWeights | null;
  /** Whether the training labels kept to IOB2: then the predicted ones do. */
  readonly strict: boolean;
}

/** Labels predicted for a sentence, and the probabilities of its intents where it has some. */
export interface Found {
  readonly labels: string[];
  readonly intents: Float32Array | null;
}

/** Predicts sentences in groups of like lengths, in their order. */
export async function predictSentences(
  { model, learned, chain, strict }: Trained,
  sentences: readonly (readonly string[])[],
  ask: { turn: <T>(work: () => Promise<T>) => Promise<T>; signal?: AbortSignal | undefined },
): Promise<Found[]> {
  const encoder = encoderOf(learned);
  const { labels } = learned;
  const allowed =
    strict && learned.iob ? (i: number | null, j: number) => mayFollow(i === null ? null : labels[i], labels[j]) : null;
  const best = bestOf(chain, labels.length, allowed);
  const found: Found[] = Array(sentences.length);
  const padded = sentences.map((tokens) => paddedLength(tokens.length));
  for (const { length, rows } of groupsOfOneLength(padded, chunk)) {
    ask.signal?.throwIfAborted();
    const x = encoder.encodeAll(
      rows.map((row) => sentences[row]),
      length,
    );
    const made = await ask.turn(() => model.predict(x, { batchSize: chunk, signal: ask.signal }));
    const [scores, intents] = [made].flat() as NdArray[]; // [N, length, K], [N, intents]
    for (const [i, row] of rows.entries()) {
      const steps = scores.row(i).slice(0, sentences[row].length);
      const ids = best(steps);
      found[row] = {
        labels: ids.map((k) => labels[k]),
        intents: intents ? Float32Array.from(intents.row(i).data) : null,
      };
    }
    await breatheWhenDue();
  }
  return found;
}

type Allowed = (label: number | null, next: number) => boolean;

/** The best labels of one sentence's scores [T, K]; of probabilities, where there is no chain. */
function bestOf(chain: ChainWeights | null, count: number, allowed: Allowed | null): (steps: NdArray) => number[] {
  const zeros = (...shape: number[]) => new NdArray(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const none = { transitions: zeros(count, count), first: zeros(count), last: zeros(count) };
  const logarithms = ({ data, shape }: NdArray) =>
    new NdArray(
      Float32Array.from(data, (p) => Math.log(p + 1e-30)),
      shape,
    );
  return (steps) => (chain ? viterbi(steps, chain, allowed) : viterbi(logarithms(steps), none, allowed));
}

const chunk = 128; // sentences predicted at a time
