import { DataError, problem } from "../errors.ts";
import type { AnyModel } from "../models/model.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import { joined } from "../train/fit/predict-session.ts";
import { batchSizeFor, inputsFor } from "../train/fit/rows.ts";

import type { Arrays } from "../train/fit/trainable-model.ts";
import { checkNames } from "../train/options.ts";
import { type LayerTrace, layerTrace, namedResults, placeOf, resultsOf, together } from "./layer-trace.ts";
import { type CellPlace, looking, recurrentLayers, type SeenCell } from "./recurrent-layers.ts";
import { isCellOf } from "./steps.ts";

/** Options of `trace`. */
export interface TraceOptions {
  /** Rows computed together. Default 32. */
  batchSize?: number;
  /** The layers to trace, by the names in the result, or the part of them before a `/`. Default: all recurrent ones. */
  layers?: readonly string[];
  /** Whether the layers' own inputs are given too, as `x`. Default false. */
  inputs?: boolean;
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
  checkNames(who, options, ["batchSize", "layers", "inputs"]);
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
        options.inputs === true,
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
const isWithin = (path: string, name: string) => path === name || path.startsWith(`${name}/`) || isCellOf(name, path);

/** The places of the traced cells, and the number of outputs. */
interface About {
  readonly places: readonly CellPlace[];
  readonly outputs: number;
}

async function traceBatch(
  model: AnyModel,
  inputs: readonly NdArray[],
  names: Names,
  withInputs: boolean,
): Promise<Trace> {
  const { about, results } = await model.inspect<About>("trace", inputs, {
    key: `trace ${withInputs} ${[...names.values()].join(" ")}`,
    formula: (x, context) => {
      const seen: SeenCell[] = [];
      const recurrence = looking({ names, changes: null }, seen);
      const outputs = model.forwardAll(x, { ...context, masks: model.masks, recurrence });
      const named = seen.flatMap((cell, k) => namedResults(cell, k, withInputs));
      const shown = outputs.map((t, k) => [`output ${k}`, t] as const);
      const about = { places: seen.map(placeOf), outputs: outputs.length };
      return { about, results: Object.fromEntries([...named, ...shown]) };
    },
  });
  return {
    layers: about.places.map((place, k) => layerTrace(place, resultsOf(results, k))),
    outputs: Array.from({ length: about.outputs }, (_, k) => results[`output ${k}`]),
  };
}
