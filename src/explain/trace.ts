import { DataError, problem } from "../errors.ts";
import type { AnyModel } from "../models/model.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import { joined } from "../train/fit/predict-session.ts";
import { batchSizeFor, inputsFor } from "../train/fit/rows.ts";

import type { Arrays } from "../train/fit/trainable-model.ts";
import { checkNames } from "../train/options.ts";
import { type CellPlace, looking, recurrentLayers, type SeenCell } from "./recurrent-layers.ts";

/** Options of `trace`. */
export interface TraceOptions {
  /** Rows computed together. Default 32. */
  batchSize?: number;
  /** The layers to trace, by the names in the result, or the part of them before a `/`. Default: all recurrent ones. */
  layers?: readonly string[];
}

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
  /** All of these by name, and what a cell of your own names (`context.gate`). */
  readonly values: Readonly<Record<string, NdArray>>;
  /** 1 where a step counts, [B, T]; null where all do. The values at other steps are NaN, but for h. */
  readonly mask: NdArray | null;
}

/** The results of `trace`. */
export interface Trace {
  /** In the order they are computed; forward before backward. */
  readonly layers: readonly LayerTrace[];
  /** The model's outputs for x, as `predict` gives them. */
  readonly outputs: readonly NdArray[];
}

/**
 * Every gate and state of every recurrent layer while the model reads x [B, T, ...]: for an LSTM i, f, g, o, c and h, for a GRU
 * z, r, g and h, for a simple recurrent layer h, [B, T, H] each, in the order of the input's steps also for layers that read
 * backwards. `h` and `outputs` are those of `predict` bit for bit. The steps inside `timeDistributed` are its rows. Carried states
 * are read and stay. Rejects with DataError where the model has no recurrent layer, and where the result would not fit in memory.
 *
 *   const { layers } = await trace(model, x);
 *   layers[0].f.at(0, 3, 7);   // the forget gate of unit 7 at step 3 of row 0
 */
export async function trace(model: AnyModel, x: Arrays, options: TraceOptions = {}): Promise<Trace> {
  const who = "trace";
  checkNames(who, options, ["batchSize", "layers"]);
  const inputs = inputsFor(model, who, x);
  const names = chosen(recurrentLayers(model, who), options.layers, who);
  const rows = inputs[0].shape[0];
  const batch = batchSizeFor(model, who, options.batchSize, rows);
  const parts: Trace[] = [];
  for (let from = 0; from < rows; from += batch)
    parts.push(
      await traceBatch(
        model,
        inputs.map((a) => a.slice(from, from + batch)),
        names,
      ),
    );
  if (parts.length === 1) return parts[0];
  const [{ layers, outputs }] = parts;
  return {
    layers: layers.map((_, k) => together(parts.map((part) => part.layers[k]))),
    outputs: outputs.map((_, k) => joined(parts.map((part) => part.outputs[k]))),
  };
}

type Names = ReturnType<typeof recurrentLayers>;

function chosen(all: Names, wanted: readonly string[] | undefined, who: string): Names {
  if (wanted === undefined) return all;
  const names = [...all.values()];
  const unknown = wanted.find((name) => !names.some((path) => isWithin(path, name)));
  if (unknown !== undefined || wanted.length === 0)
    throw new DataError(problem(`${who}: layers`, `some of ${names.join(", ")}`, unknown ?? "none"));
  return new Map([...all].filter(([, path]) => wanted.some((name) => isWithin(path, name))));
}
const isWithin = (path: string, name: string) => path === name || path.startsWith(`${name}/`);

/** The places of the traced cells, and the number of outputs. */
interface About {
  readonly places: readonly CellPlace[];
  readonly outputs: number;
}

async function traceBatch(model: AnyModel, inputs: readonly NdArray[], names: Names): Promise<Trace> {
  const { about, results } = await model.inspect<About>("trace", inputs, {
    key: `trace ${[...names.values()].join(" ")}`,
    formula: (x, context) => {
      const seen: SeenCell[] = [];
      const recurrence = looking({ names, changes: null }, seen);
      const outputs = model.forwardAll(x, { ...context, masks: model.masks, recurrence });
      const named = seen.flatMap(({ values, mask }, k) => [
        ...Object.entries(values).map(([name, t]) => [`${k} ${name}`, t] as const),
        ...(mask ? [[`${k} mask`, mask] as const] : []),
      ]);
      const shown = outputs.map((t, k) => [`output ${k}`, t] as const);
      const places = seen.map(({ name, kind, direction, call }) => ({ name, kind, direction, call }));
      return { about: { places, outputs: outputs.length }, results: Object.fromEntries([...named, ...shown]) };
    },
  });
  return {
    layers: about.places.map((place, k) => {
      const own = Object.entries(results).filter(([name]) => name.startsWith(`${k} `));
      const { mask = null, ...values } = Object.fromEntries(own.map(([name, a]) => [name.slice(`${k} `.length), a]));
      return layerTrace(place, values, mask);
    }),
    outputs: Array.from({ length: about.outputs }, (_, k) => results[`output ${k}`]),
  };
}

/** The parts of a layer's trace as one object; values at masked steps are none. */
function layerTrace(place: CellPlace, values: Readonly<Record<string, NdArray>>, mask: NdArray | null): LayerTrace {
  if (mask)
    for (const [name, { data, shape }] of Object.entries(values)) {
      if (name === "h") continue;
      for (let step = 0; step < mask.size; step++)
        if (mask.data[step] === 0) data.fill(Number.NaN, step * shape[2], (step + 1) * shape[2]);
    }
  const { i, f, g, o, c, z, r, h } = values;
  const known = Object.fromEntries(Object.entries({ i, f, g, o, c, z, r }).filter(([, a]) => a !== undefined));
  return { ...place, ...known, h, values, mask };
}

/** The traces of one layer in several batches as one. */
function together(parts: readonly LayerTrace[]): LayerTrace {
  const [{ name, kind, direction, call, values, mask }] = parts;
  const all = Object.keys(values).map((key) => [key, joined(parts.map((part) => part.values[key]))] as const);
  const masks = mask && joined(parts.map((part) => part.mask!));
  return layerTrace({ name, kind, direction, call }, Object.fromEntries(all), masks);
}
