import { DataError, problem } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { checkNames } from "../train/options.ts";
import type { LayerTrace } from "./layer-trace.ts";
import { indexIn, stepsOf } from "./steps.ts";

/** Options of `ledger`. */
export interface LedgerOptions {
  /** The row of the batch; negative ones count from the end. Default 0. */
  row?: number;
  /** The step at which the memory is looked at; negative ones count from the end. Default: the last that the layer reads. */
  step?: number;
}

/** The memory of a layer at one step as a sum over the steps before it: what each wrote, and what is left of it. */
export interface Ledger {
  /** The row that was looked at. */
  readonly row: number;
  /** The step that was looked at. */
  readonly step: number;
  /** The numbers that each step wrote into each unit, [T, H] in float64: i ∘ g for an LSTM, (1 − z) ∘ g for a GRU. 0 at steps not read yet. */
  readonly written: NdArray;
  /** The fraction of it that later steps kept, [T, H]: the product of their forget (or update) gates. */
  readonly kept: NdArray;
  /** The rest of it at the step, [T, H]: written times kept. */
  readonly left: NdArray;
  /** The rest of the initial state, [H]; zeros where there was none. */
  readonly initial: NdArray;
  /** The sum of what is left, [H]. */
  readonly total: NdArray;
  /** The state that the layer had, [H]: c of an LSTM, h of a GRU. */
  readonly state: NdArray;
  /** The largest difference between `total` and `state`: rounding of float32. */
  readonly gap: number;
}

/**
 * The ledger of a layer's memory: an LSTM's cell state is exactly what each step wrote, times all forget gates since,
 * c_t = Σ_s (Π_{s<r≤t} f_r) i_s g_s, and the faded initial state; a GRU's h likewise with its update gate. In float64, so that what
 * has faded below 1e-38 is still a number. Throws DataError for a layer without such a memory (a simple recurrent layer).
 *
 *   const { layers } = await trace(model, x);
 *   const { left } = ledger(layers[0]);   // left.at(3, 7): what unit 7 still holds of step 3 at the end
 */
export function ledger(layer: LayerTrace, options: LedgerOptions = {}): Ledger {
  const who = "ledger";
  checkNames(who, options, ["row", "step"]);
  const { keep, write, state, begin } = memoryOf(layer);
  const [rows, time, units] = state.shape;
  const row = indexIn(rows, options.row ?? 0, who, "row");
  const order = stepsOf(layer, row);
  if (order.length === 0) throw new DataError(problem(who, "a row with a step that counts", "one of padding alone"));
  const step = options.step === undefined ? order[order.length - 1] : indexIn(time, options.step, who, "step");
  const last = order.indexOf(step);
  if (last < 0) throw new DataError(problem(`${who}: step`, "a step that counts", `${step}, which is masked`));
  const [written, kept, left] = [0, 1, 2].map(() => new Float64Array(time * units));
  const [total, found, product] = [0, 1, 2].map(() => new Float64Array(units));
  product.fill(1);
  for (const t of order.slice(0, last + 1).reverse())
    for (let j = 0; j < units; j++) {
      const at = t * units + j;
      written[at] = write(row, t, j);
      kept[at] = product[j];
      left[at] = written[at] * product[j];
      total[j] += left[at];
      product[j] *= keep(row, t, j);
    }
  const initial = product.map((p, j) => (begin ? p * begin.at(row, j) : 0));
  for (let j = 0; j < units; j++) {
    total[j] += initial[j];
    found[j] = state.at(row, step, j);
  }
  const gap = Math.max(...total.map((v, j) => Math.abs(v - found[j])));
  const size = Math.max(1, ...found.map(Math.abs));
  if (!(gap < 1e-3 * size)) {
    const next = "The ledger is that of lstm, gru and cells of the same memory.";
    throw new DataError(
      problem(`${who}: ${layer.name}`, "a state that is kept and written by its gates", layer.kind, next),
    );
  }
  const sheet = (data: Float64Array) => new NdArray(data, [time, units]);
  const line = (data: Float64Array) => new NdArray(data, [units]);
  return {
    ...{ row, step, gap, written: sheet(written), kept: sheet(kept), left: sheet(left) },
    ...{ initial: line(initial), total: line(total), state: line(found) },
  };
}

/** The fraction of its memory that a layer keeps at a step, and the numbers it writes. */
function memoryOf(layer: LayerTrace) {
  const { f, i, g, c, z, h, initial } = layer;
  const { keep, take } = layer.values;
  type At = (row: number, step: number, unit: number) => number;
  if (f && i && g && c) {
    const write: At = (...at) => i.at(...at) * g.at(...at);
    return { keep: ((...at) => f.at(...at)) as At, write, state: c, begin: initial?.c };
  }
  if (z && g) {
    const write: At = (...at) => (1 - z.at(...at)) * g.at(...at);
    return { keep: ((...at) => z.at(...at)) as At, write, state: h, begin: initial?.h };
  }
  if (keep && take) {
    const kept: At = (...at) => keep.at(...at);
    return { keep: kept, write: ((...at) => take.at(...at)) as At, state: h, begin: initial?.h };
  }
  const next = "A simple recurrent layer has no memory that is kept by a gate.";
  throw new DataError(
    problem(`ledger: ${layer.name}`, "the gates of an lstm or a gru", Object.keys(layer.values).join(", "), next),
  );
}
