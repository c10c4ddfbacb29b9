import type { NdArray } from "../tensor/nd-array.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { joined } from "../train/fit/predict-session.ts";
import type { CellPlace, SeenCell } from "./recurrent-layers.ts";

/** Gates and states of a recurrent layer at every step, arrays [B, T, H] in the order of the input's steps. */
export interface LayerTrace extends CellPlace {
  /** The input gate of an LSTM: the fraction of the candidate that is written. */
  readonly i?: NdArray;
  /** The forget gate of an LSTM: the fraction of the cell state that is kept. */
  readonly f?: NdArray;
  /** The candidate of an LSTM or a GRU: what may be written. */
  readonly g?: NdArray;
  /** The output gate of an LSTM. */
  readonly o?: NdArray;
  /** The cell state of an LSTM after the step. */
  readonly c?: NdArray;
  /** The update gate of a GRU: the fraction of the state that is kept. */
  readonly z?: NdArray;
  /** The reset gate of a GRU. */
  readonly r?: NdArray;
  /** The layer's output at each step: bit for bit that of `predict`. */
  readonly h: NdArray;
  /** The layer's own input [B, T, D], where the option `inputs` asks for it. */
  readonly x?: NdArray;
  /** The state the layer began with, [B, H] each: carried, or given by the model; null where it was zeros. */
  readonly initial: { readonly h: NdArray; readonly c?: NdArray } | null;
  /** All of these by name, and what a cell of your own names (`context.gate`). */
  readonly values: Readonly<Record<string, NdArray>>;
  /** 1 where a step counts, [B, T]; null where all do. The values at other steps are NaN, but for h. */
  readonly mask: NdArray | null;
}

/** The place of a cell without its tensors. */
export const placeOf = ({ name, kind, direction, call }: CellPlace): CellPlace => ({ name, kind, direction, call });

/** The tensors of the k-th cell, under names that `resultsOf` finds: `0 value f`, `0 mask`. */
export function namedResults(
  { values, mask, x, state }: SeenCell,
  k: number,
  withInputs: boolean,
): (readonly [string, Tensor])[] {
  const found = Object.entries(values).map(([name, t]): [string, Tensor] => [`value ${name}`, t]);
  for (const [part, t] of state.entries()) found.push([`initial ${part}`, t]);
  if (mask) found.push(["mask", mask]);
  if (withInputs) found.push(["x", x]);
  return found.map(([name, t]) => [`${k} ${name}`, t]);
}

/** The numbers of one cell. */
interface CellResults {
  readonly values: Readonly<Record<string, NdArray>>;
  readonly initial: readonly NdArray[];
  readonly mask: NdArray | null;
  readonly x: NdArray | null;
}

/** The results of the k-th cell. */
export function resultsOf(results: Readonly<Record<string, NdArray>>, k: number): CellResults {
  const under = (prefix: string) =>
    Object.entries(results).flatMap(([name, a]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), a] as const] : [],
    );
  return {
    values: Object.fromEntries(under(`${k} value `)),
    initial: under(`${k} initial `).map(([, a]) => a),
    mask: results[`${k} mask`] ?? null,
    x: results[`${k} x`] ?? null,
  };
}

/** The parts of a layer's trace as one object; values at masked steps are none. */
export function layerTrace(place: CellPlace, { values, mask, initial, x }: CellResults): LayerTrace {
  if (mask)
    for (const [name, { data, shape }] of Object.entries(values)) {
      if (name === "h") continue;
      for (let step = 0; step < mask.size; step++)
        if (mask.data[step] === 0) data.fill(Number.NaN, step * shape[2], (step + 1) * shape[2]);
    }
  const { i, f, g, o, c, z, r, h } = values;
  const known = Object.fromEntries(Object.entries({ i, f, g, o, c, z, r }).filter(([, a]) => a !== undefined));
  const [h0, c0] = initial;
  const began = h0 ? { h: h0, ...(c0 ? { c: c0 } : {}) } : null;
  return { ...place, ...known, h, ...(x ? { x } : {}), values, mask, initial: began };
}

/** The traces of one layer in several batches as one. */
export function together(parts: readonly LayerTrace[]): LayerTrace {
  const [first] = parts;
  const all = Object.keys(first.values).map((key) => [key, joined(parts.map(({ values }) => values[key]))] as const);
  const states = (["h", "c"] as const).filter((part) => first.initial?.[part]);
  return layerTrace(placeOf(first), {
    values: Object.fromEntries(all),
    initial: states.map((part) => joined(parts.map(({ initial }) => initial![part]!))),
    mask: first.mask && joined(parts.map(({ mask }) => mask!)),
    x: first.x ? joined(parts.map(({ x }) => x!)) : null,
  });
}
