import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { groupsOfLikeLengths } from "../shared/like-lengths.ts";
import { endId, startId } from "./pieces.ts";

/** Ids of a text and of its translation, without marks of begin and end. */
export interface IdPair {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/** One batch: ids read [B, Ts] and written so far [B, T]; the ids to be written next [B, T]. */
export type TranslatorBatch = readonly [x: NdArray[], y: NdArray[]];

/** Lengths are padded to few sizes, each of which is a program. Steps read cost little: kernels skip padding; those written go through the output layer. */
const [sourceStep, targetStep] = [8, 2];
const upTo = (step: number, length: number): number => Math.max(1, Math.ceil(length / step)) * step;

/** The ids of texts, padded to one length [N, Ts]. */
export function sourceIds(rows: readonly (readonly number[])[]): NdArray {
  return padded(rows, upTo(sourceStep, Math.max(...rows.map((ids) => ids.length))));
}

function padded(rows: readonly (readonly number[])[], length: number): NdArray {
  const data = new Int32Array(rows.length * length);
  for (const [k, ids] of rows.entries()) data.set(ids, k * length);
  return new NdArray(data, [rows.length, length]);
}

function batchOf(pairs: readonly IdPair[]): TranslatorBatch {
  const length = upTo(targetStep, Math.max(...pairs.map(({ target }) => target.length + 1)));
  const before = padded(
    pairs.map(({ target }) => [startId, ...target]),
    length,
  );
  const after = padded(
    pairs.map(({ target }) => [...target, endId]),
    length,
  );
  return [[sourceIds(pairs.map(({ source }) => source)), before], [after]];
}

/** Batches of a pass: pairs of like lengths together, so that little is padding; drawn anew by seed and pass, or in order without a seed. */
export function translatorBatches(
  pairs: readonly IdPair[],
  batchSize: number,
  seed: number | null,
): (pass: number) => Generator<TranslatorBatch, void, undefined> {
  const sizes = pairs.map(
    ({ source, target }) => upTo(targetStep, target.length + 1) * 10_000 + upTo(sourceStep, source.length),
  );
  return function* batches(pass) {
    const drawn = (stream: number) => new Random(seed!, stream + pass);
    const draws = seed === null ? null : { rows: drawn(1_000_003), groups: drawn(3_000_017) };
    for (const rows of groupsOfLikeLengths(sizes, batchSize, draws)) yield batchOf(rows.map((row) => pairs[row]));
  };
}
