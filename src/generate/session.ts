import { DataError, problem } from "../errors.ts";
import type { Model } from "../models/model.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { carried } from "./carried.ts";

/** A model in the middle of a text, or of `rows` texts at once: it reads ids and returns probabilities of the next. */
export interface Session {
  /** Number of sequences continued in parallel. */
  readonly rows: number;
  /** Vocabulary size. */
  readonly vocabulary: number;
  /** Forgets all ids read. */
  reset(): void;
  /** All rows read these ids in order. Probabilities of the next id, row after row: [rows · vocabulary]. */
  read(ids: readonly number[], signal?: AbortSignal): Promise<Float32Array>;
  /** Each row reads a different id. */
  step(ids: ArrayLike<number>): Promise<Float32Array>;
  /** Row k continues from the state of row `from[k]`. */
  reorder(from: readonly number[]): void;
}

/**
 * A session over a stack of layers that keeps the recurrent states: a word costs one step, however long the text. The
 * model ends in a softmax; its weights are shared, so that training one trains both. Throws DataError for layers that look
 * beyond one step.
 *
 *   const session = statefulSession(model);
 *   const p = await session.read([12, 3, 1]); // probabilities of the fourth word
 */
export function statefulSession(model: Model, options: { rows?: number } = {}): Session {
  const { rows = 1 } = options;
  const { model: reader, reset, states, restore } = carried(model, rows);
  const vocabulary = reader.outputShape!.at(-1)!;
  const ids = new NdArray(new Int32Array(rows), [rows, 1]);
  const step = async (next: ArrayLike<number>) => {
    (ids.data as Int32Array).set(next);
    return (await reader.predictOnBatch(ids)).data as Float32Array;
  };
  return {
    rows,
    vocabulary,
    reset,
    async read(prompt, signal) {
      let p: Float32Array = new Float32Array();
      for (const id of someIds(prompt)) {
        signal?.throwIfAborted();
        p = await step(new Int32Array(rows).fill(id));
      }
      return probabilities(p, vocabulary);
    },
    step,
    reorder: (from) => restore(states().map((s) => new NdArray(takeRows(s, from), s.shape))),
  };
}

export interface RereadingOptions {
  /** Number of sequences continued in parallel. Default 1. */
  rows?: number;
  /** Ids [rows, width] as the model reads them, one-hot for example. Default: as they are. */
  encode?: ((ids: NdArray) => NdArray) | undefined;
}

/**
 * A session over any model of ids [B, width] → [B, vocabulary], pre-padded with zeros as in the labs: every word reads
 * the last `width` ids again. For models that saw their padding while training, whose states begin with it.
 *
 *   const session = rereadingSession(model, 56);
 */
export function rereadingSession(model: Model, width: number, options: RereadingOptions = {}): Session {
  const { rows = 1, encode = (ids: NdArray) => ids } = options;
  const vocabulary = model.outputShape!.at(-1)!;
  const x = new NdArray(new Int32Array(rows * width), [rows, width]);
  const texts = Array.from({ length: rows }, (_, k) => x.row(k).data as Int32Array); // they share memory with x
  const push = (row: Int32Array, id: number) => {
    row.copyWithin(0, 1);
    row[width - 1] = id;
  };
  const answer = async () => (await model.predictOnBatch(encode(x))).data as Float32Array;
  return {
    rows,
    vocabulary,
    reset: () => void x.data.fill(0),
    async read(prompt) {
      for (const id of someIds(prompt)) for (const row of texts) push(row, id);
      return probabilities(await answer(), vocabulary);
    },
    async step(ids) {
      texts.forEach((row, k) => {
        push(row, ids[k]);
      });
      return answer();
    },
    reorder: (from) => x.data.set(takeRows(x, from)),
  };
}

function takeRows(a: NdArray, from: readonly number[]): Float32Array {
  const width = a.size / a.shape[0];
  const taken = Float32Array.from(a.data);
  for (const [k, row] of from.entries()) taken.set(a.data.subarray(row * width, (row + 1) * width), k * width);
  return taken;
}

function someIds(ids: readonly number[]): readonly number[] {
  if (ids.length > 0) return ids;
  throw new DataError(
    problem("session.read", "at least one id", "none", "A session answers to something it has read."),
  );
}

/** The numbers as they are, if they are probabilities. */
function probabilities(p: Float32Array, vocabulary: number): Float32Array {
  let sum = 0;
  for (let k = 0; k < vocabulary; k++) sum += p[k];
  if (Math.abs(sum - 1) < 1e-2) return p; // f32, sums of thousands of terms
  const next = 'End the model in dense(words, { activation: "softmax" }).';
  throw new DataError(problem("session", "probabilities that sum to 1", `a sum of ${sum.toPrecision(4)}`, next));
}
