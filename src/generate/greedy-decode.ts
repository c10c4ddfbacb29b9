import { DataError, problem } from "../errors.ts";
import type { SymbolicTensor } from "../layers/layer.ts";
import type { Model } from "../models/model.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { readOptions, wholeFrom } from "../train/options.ts";
import { idList } from "./sampling.ts";

export interface GreedyDecodeOptions {
  /** The id that each row begins with. */
  start: number;
  /** The id that ends a row; it is not given. */
  end: number;
  /** Maximum number of ids. Default 50. */
  length?: number;
  /** Ids that are never generated. Default: none. */
  banned?: readonly number[];
  /** Outputs of the encoder that the decoder reads again at every step: [rows, Ts, D] to attend to. Default: none. */
  fixed?: readonly NdArray[];
  /** States carried from step to step, as the states h and c [rows, H] of an LSTM. */
  states: readonly NdArray[];
  /** Ends it before the next id: it rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/** The output of a decoder for one row. */
export interface Decoded {
  /** The generated ids, without start and end. */
  readonly ids: readonly number[];
  /** For each id the other outputs of the decoder at its step, one after the other: attention weights, for example. */
  readonly notes: readonly (readonly NdArray[])[];
}

/**
 * Generates with the decoder of an encoder-decoder (Sutskever et al. 2014), all rows together, always the most probable id. The
 * decoder maps [ids [B, 1], ...fixed, ...states] to [p [B, 1, V], ...states, ...notes]. Throws DataError where it does not.
 *
 *   const [seen, h, c] = await encoder.predict(source);
 *   const written = await greedyDecode(decoder, { start: 2, end: 3, fixed: [seen], states: [h, c] });
 */
export async function greedyDecode(decoder: Model<SymbolicTensor[]>, options: GreedyDecodeOptions): Promise<Decoded[]> {
  const { fixed = [], states: begin, signal, ...counts } = options;
  const who = "greedyDecode";
  const { start, end, length, banned } = readOptions(who, counts, {
    start: wholeFrom(0)(0),
    end: wholeFrom(0)(0),
    length: wholeFrom(1)(50),
    banned: idList,
  });
  checkPlaces(who, decoder, 1 + fixed.length + begin.length, begin.length);
  const rows = begin[0].shape[0];
  const written = Array.from({ length: rows }, () => ({ ids: [] as number[], notes: [] as NdArray[][], ended: false }));
  let ids = new NdArray(new Int32Array(rows).fill(start), [rows, 1]);
  let states = begin;
  for (let t = 0; t < length && !written.every((row) => row.ended); t++) {
    signal?.throwIfAborted();
    const [p, ...others] = await decoder.predictOnBatch([ids, ...fixed, ...states]);
    states = others.slice(0, begin.length);
    for (const id of banned) for (let k = id; k < p.size; k += p.shape[2]) p.data[k] = 0;
    ids = p.argmax();
    for (const [i, row] of written.entries()) {
      row.ended ||= ids.data[i] === end;
      if (row.ended) continue;
      row.ids.push(ids.data[i]);
      row.notes.push(others.slice(begin.length).map((note) => note.row(i)));
    }
  }
  return written.map(({ ids, notes }) => ({ ids, notes }));
}

function checkPlaces(who: string, decoder: Model<SymbolicTensor[]>, inputs: number, states: number): void {
  if (states === 0) throw new DataError(problem(who, "states that go from step to step", "none", "states: [h, c]"));
  const outputs = decoder.outputs?.length ?? 0;
  if (decoder.inputs?.length === inputs && outputs > states) return;
  const expected = `a decoder of ${inputs} inputs that gives probabilities and ${states} states`;
  const received = `${decoder.inputs?.length ?? "no"} inputs and ${outputs} outputs`;
  throw new DataError(problem(who, expected, received, "Inputs: ids, fixed, states. Outputs: p, states, notes."));
}
