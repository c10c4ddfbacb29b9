import { lengthDivisor } from "../../generate/beam.ts";
import type { SymbolicTensor } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { breatheWhenDue } from "../../train/fit/breathe.ts";
import { endId, paddingId, startId, unknownId } from "./pieces.ts";

/** Options of the search. */
export interface SearchOptions {
  /** Beginnings that are kept at each step: K. */
  readonly beams: number;
  /** α of ((5 + length) / 6)^α, by which log-probabilities are divided. */
  readonly lengthPenalty: number;
  /** Most ids of each row. */
  readonly longest: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** The best text found for a row. */
export interface Written {
  /** Ids, without marks of begin and end. */
  readonly ids: readonly number[];
  /** Sum of the natural logarithms of the pieces' probabilities, the end's too. */
  readonly logProbability: number;
  /** It divided by its length's penalty: what it was ranked by. */
  readonly score: number;
  /** For each id the weights of the ids read [Ts]. */
  readonly looks: readonly Float32Array[];
}

/** A beginning: its last id, and the one it continues. */
interface Branch {
  readonly id: number;
  readonly before: Branch | null;
  readonly length: number;
  readonly logProbability: number;
  readonly looks: Float32Array | null;
  /** Its row among all rows of the decoder. */
  readonly row: number;
}

/**
 * Beam search with length normalisation (Wu et al. 2016) for several texts at once: N texts of K branches each are N·K rows of the decoder.
 * A text is done when K of its branches have ended, or none that goes on can become better than the best that ended.
 */
export async function searchAll(
  decoder: Model<SymbolicTensor[]>,
  [seen, h, c]: readonly NdArray[],
  options: SearchOptions,
): Promise<Written[]> {
  const { beams: K } = options;
  const N = seen.shape[0];
  const fixed = repeated(seen, K);
  let states = [repeated(h, K), repeated(c, K)];
  const begin = (row: number): Branch => ({
    ...{ id: startId, before: null, length: 0, logProbability: 0, looks: null },
    row,
  });
  let live = Array.from({ length: N }, (_, n) => [begin(n * K)]);
  const ended: Written[][] = Array.from({ length: N }, () => []);
  for (let step = 1; live.some((branches) => branches.length > 0); step++) {
    options.signal?.throwIfAborted();
    const ids = new Int32Array(N * K).fill(startId); // rows of what is done repeat anything
    for (const { id, row } of live.flat()) ids[row] = id;
    const [p, ...others] = await decoder.predictOnBatch([new NdArray(ids, [N * K, 1]), fixed, ...states]);
    const [looks] = others.slice(states.length);
    const from = Int32Array.from({ length: N * K }, (_, row) => row);
    live = live.map((branches, n) => {
      if (branches.length === 0) return [];
      const last = step >= options.longest[n];
      const best = expanded(branches, p, looks, K, last);
      for (const one of best) if (one.id === endId) ended[n].push(writtenOf(one, options.lengthPenalty));
      const open = best.filter(({ id }) => id !== endId);
      if (last && open.length > 0) ended[n].push(writtenOf(open[0], options.lengthPenalty));
      if (last || isDone(ended[n], open, options, options.longest[n])) return [];
      return open.map((one, k) => {
        from[n * K + k] = one.row;
        return { ...one, row: n * K + k };
      });
    });
    states = others.slice(0, states.length).map((state) => picked(state, from));
    await breatheWhenDue();
  }
  return ended.map((found) => found.reduce((best, one) => (one.score > best.score ? one : best)));
}

function isDone(
  ended: readonly Written[],
  open: readonly Branch[],
  { beams, lengthPenalty }: SearchOptions,
  longest: number,
): boolean {
  if (open.length === 0 || ended.length >= beams) return true;
  if (ended.length === 0) return false;
  const best = Math.max(...ended.map(({ score }) => score));
  return best >= open[0].logProbability / lengthDivisor(longest, lengthPenalty); // no branch gains by going on
}

/** The best K continuations of a text's branches, best first; of equals the earlier branch, then the lower id. */
function expanded(branches: readonly Branch[], p: NdArray, looks: NdArray, most: number, last: boolean): Branch[] {
  const [V, Ts] = [p.shape[2], looks.shape[2]];
  const found: { from: Branch; id: number; logProbability: number }[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (const from of branches) {
    const at = from.row * V;
    for (let id = last ? endId : unknownId; id < V; id++) {
      const chance = p.data[at + id];
      if (id === startId || id === unknownId || id === paddingId || chance === 0) continue;
      const logProbability = from.logProbability + Math.log(chance);
      if (found.length >= most && logProbability <= least) continue;
      let place = found.length;
      while (place > 0 && found[place - 1].logProbability < logProbability) place--;
      found.splice(place, 0, { from, id, logProbability });
      if (found.length > most) found.pop();
      if (found.length >= most) least = found[found.length - 1].logProbability;
    }
  }
  return found.map(({ from, id, logProbability }) => ({
    id,
    before: from,
    length: from.length + 1,
    logProbability,
    looks: Float32Array.from(looks.data.subarray(from.row * Ts, (from.row + 1) * Ts)),
    row: from.row,
  }));
}

function writtenOf(last: Branch, lengthPenalty: number): Written {
  const branches: Branch[] = [];
  for (let one: Branch | null = last; one?.before; one = one.before) branches.unshift(one);
  const said = branches.filter(({ id }) => id !== endId);
  return {
    ids: said.map(({ id }) => id),
    logProbability: last.logProbability,
    score: last.logProbability / lengthDivisor(last.length, lengthPenalty),
    looks: said.map(({ looks }) => looks!),
  };
}

/** Each row K times, one after the other. */
function repeated(array: NdArray, times: number): NdArray {
  const rows = array.shape[0];
  return picked(
    array,
    Int32Array.from({ length: rows * times }, (_, k) => Math.floor(k / times)),
  );
}

function picked(array: NdArray, rows: Int32Array): NdArray {
  const width = array.size / array.shape[0];
  const data = new Float32Array(rows.length * width);
  for (const [k, row] of rows.entries()) data.set(array.data.subarray(row * width, (row + 1) * width), k * width);
  return new NdArray(data, [rows.length, ...array.shape.slice(1)]);
}
