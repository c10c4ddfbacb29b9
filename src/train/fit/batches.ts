import { DataError, invalidOption, option, problem, sentence, showValue } from "../../errors.ts";
import { Random } from "../../tensor/random.ts";

/** Source of training batches: passes over the data, each a list of batches. */
export interface Batches<Batch> {
  /** Batches of a pass; undefined while unknown. */
  readonly length: number | undefined;
  /** Description of the data; an interrupted pass continues only over the same data. */
  readonly description: string;
  /** Begins a pass (from 0) at its batch `from`. */
  begin(pass: number, from: number): Promise<void>;
  /** The next batches as one, at most `most`; null at the end of the pass. */
  take(most: number): Promise<{ batch: Batch; count: number } | null>;
  /** No more is wanted. */
  close(): Promise<void>;
}

/** `"once"`: every pass in the order of the first. */
export type Shuffle = boolean | "once";

/** Throws DataError for what says no order. */
export function checkShuffle(who: string, shuffle: unknown): void {
  if (typeof shuffle === "boolean" || shuffle === "once") return;
  const next = "true shuffles the rows again every epoch.";
  throw new DataError(
    invalidOption(who, "shuffle", sentence`${option("shuffle")}: true, false or "once"`, showValue(shuffle), next),
  );
}

/** Of the orders that a seed draws, the number of a pass's own; null: as the rows lie. */
export const drawOf = (shuffle: Shuffle, pass: number, begun = 0): number | null =>
  shuffle === false ? null : shuffle === "once" ? 0 : begun + pass;

/**
 * The steps that a model had taken before a training, for its orders: none where it continues as if it had never stopped, as
 * with `initialEpoch` after as many epochs of the same data.
 */
export const stepsBefore = (taken: number, initialEpoch: number, stepsPerEpoch: number): number =>
  Math.max(0, taken - initialEpoch * stepsPerEpoch);

export interface RowBatchesOptions {
  rows: number;
  batchSize: number;
  shuffle: Shuffle;
  seed: number;
  /** Number of steps the model had taken before: another training shuffles differently. Default 0. */
  begun?: number;
}

/**
 * Row numbers of arrays, every pass in an order that depends on seed, pass and the steps taken before alone; the last batch
 * may be short.
 */
export function rowBatches({ rows, batchSize, shuffle, seed, begun = 0 }: RowBatchesOptions): Batches<Int32Array> {
  let order = new Int32Array();
  let at = 0; // rows given
  const how = { false: "in order", true: `shuffled by seed ${seed}`, once: `shuffled once by seed ${seed}` };
  return {
    length: Math.ceil(rows / batchSize),
    description: `${rows} rows, batches of ${batchSize}, ${how[`${shuffle}`]}${shuffle === true && begun > 0 ? ` after step ${begun}` : ""}`,
    async begin(pass, from) {
      order = Int32Array.from({ length: rows }, (_, i) => i);
      const draw = drawOf(shuffle, pass, begun);
      if (draw !== null) new Random(seed, 1_000_003 + draw).shuffle(order);
      at = from * batchSize;
    },
    async take(most) {
      if (at >= rows) return null;
      const batch = order.subarray(at, Math.min(rows, at + most * batchSize));
      at += batch.length;
      return { batch, count: Math.ceil(batch.length / batchSize) };
    },
    async close() {},
  };
}

export type AnyIterable<Batch> = Iterable<Batch> | AsyncIterable<Batch>;

/**
 * Batches one after the other: something to iterate over again on each pass, or a function of the pass (from 0) that
 * gives it.
 */
export type BatchStream<Batch> =
  | AnyIterable<Batch>
  | ((pass: number) => AnyIterable<Batch> | Promise<AnyIterable<Batch>>);

/** Whether fit's first argument is a stream of batches, and not an array. */
export function isBatchStream(x: unknown): x is BatchStream<unknown> {
  if (typeof x === "function") return true;
  if (typeof x !== "object" || x === null || Array.isArray(x) || ArrayBuffer.isView(x)) return false;
  return Symbol.iterator in x || Symbol.asyncIterator in x;
}

/** Batches from a stream. Their number is known once a pass has come to its end. */
export function streamBatches<Batch>(stream: BatchStream<Batch>): Batches<Batch> {
  let iterator: Iterator<Batch> | AsyncIterator<Batch> | null = null;
  let length: number | undefined;
  let seen = 0; // batches of this pass
  const next = async () => {
    const { done, value } = await iterator!.next();
    if (done) {
      iterator = null;
      if (seen > 0) length = seen;
      return null;
    }
    seen++;
    return { batch: value as Batch, count: 1 };
  };
  const close = async () => {
    const open = iterator;
    iterator = null;
    await open?.return?.();
  };
  return {
    get length() {
      return length;
    },
    description: "a stream of batches",
    async begin(pass, from) {
      await close();
      const source = typeof stream === "function" ? await stream(pass) : stream;
      iterator = iteratorOf(source);
      seen = 0;
      while (seen < from) if (!(await next())) throw tooShort(from, seen);
    },
    take: async () => (iterator ? next() : null),
    close,
  };
}

export function iteratorOf<Batch>(source: AnyIterable<Batch>): Iterator<Batch> | AsyncIterator<Batch> {
  if (typeof source === "object" && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return source[Symbol.iterator]();
  }
  const next = "Give a generator function, an (async) iterable, or a function that returns one.";
  throw new DataError(problem("fit", "batches to iterate over", String(source), next));
}

const tooShort = (wanted: number, found: number) =>
  new DataError(
    problem(
      "fit",
      `at least ${wanted} batches, as many as training had seen`,
      `${found}`,
      sentence`${option("resume", false, "Delete the checkpoint")} to start over.`,
    ),
  );
