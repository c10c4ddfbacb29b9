import { DataError, problem } from "../errors.ts";
import type { AnyModel } from "../models/model.ts";
import { where } from "../ops/elementwise.ts";
import { reverse } from "../ops/view.ts";
import { asNdArray, NdArray } from "../tensor/nd-array.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { inputsFor } from "../train/fit/rows.ts";
import type { Arrays } from "../train/fit/trainable-model.ts";
import { checkNames } from "../train/options.ts";
import type { Change } from "./cell-run.ts";
import { type LayerTrace, layerTrace, namedResults, placeOf, resultsOf } from "./layer-trace.ts";
import { looking, recurrentLayers, type SeenCell } from "./recurrent-layers.ts";
import { indexIn, layerNamed } from "./steps.ts";
import { trace } from "./trace.ts";

/** A gate or a state that is given a value of its own. */
export interface Clamp {
  /** Name of the layer in `trace`. Default: the only one. */
  layer?: string;
  /** Name of the value in `trace`: `f`, `o`, `c`, `h`. `h: 0` silences a unit. */
  gate: string;
  /** The units it is about. Default: all. */
  units?: readonly number[];
  /** The steps it is about; negative ones count from the end. Default: all. */
  steps?: readonly number[];
  /** The rows it is about. Default: all. */
  rows?: readonly number[];
  /** The value in place of the computed one. */
  value: number;
}

/** A step of the input that is replaced. */
export interface Replacement {
  /** The step; negative ones count from the end. */
  step: number;
  /** The step in its place: an id, or the features of the step. */
  by: number | readonly number[];
  /** The row. Default 0. */
  row?: number;
  /** The number of the model's input. Default 0. */
  input?: number;
}

/** The changes that `intervene` makes. */
export interface Intervention {
  /** Gates and states that are given values of their own. Default: none. */
  clamp?: readonly Clamp[];
  /** Steps of the input that are replaced. Default: none. */
  replace?: readonly Replacement[];
}

/** The results of `intervene`. */
export interface Intervened {
  /** The model's outputs as they are. */
  readonly before: readonly NdArray[];
  /** The outputs with the intervention. */
  readonly after: readonly NdArray[];
  /** The recurrent layers with the intervention, as `trace` gives them. */
  readonly layers: readonly LayerTrace[];
}

/**
 * The model's outputs with a gate clamped, a unit silenced or a step of the input replaced, beside those without. A clamped
 * value counts in all that follows from it: later steps, later layers. Both are computed step by step in the same way, so that without an
 * intervention they are equal; from `predict` they may differ by rounding. Rejects with DataError for a layer, gate, unit or step that is not there.
 *
 *   const { before, after } = await intervene(model, x, { clamp: [{ gate: "f", units: [7], value: 0 }] });
 *   await intervene(model, x, { replace: [{ step: 3, by: 17 }] });    // another word
 */
export async function intervene(model: AnyModel, x: Arrays, what: Intervention): Promise<Intervened> {
  const who = "intervene";
  checkNames(who, what, ["clamp", "replace"]);
  const inputs = inputsFor(model, who, x);
  const names = recurrentLayers(model, who);
  const { clamp = [], replace = [] } = what;
  const { layers } = await trace(model, x, { batchSize: Math.max(1, inputs[0].shape[0]) });
  const clamps = clamp.map((one) => clampArrays(one, layers, who));
  const changed = replaced(inputs, replace, who);
  const key = `intervene ${clamps.map(({ layer, gate }) => `${layer}:${gate}`).join(" ")}`;
  const ask = (given: readonly NdArray[], on: boolean) =>
    model.inspect<About>(who, given, {
      key,
      given: Object.fromEntries(
        clamps.flatMap((each, k) => [
          [`on ${k}`, on ? each.on : zeros(each.on)],
          [`value ${k}`, each.value],
        ]),
      ),
      formula: (tensors, context, arrays) => {
        const seen: SeenCell[] = [];
        const changes = ({ name }: { name: string }, run: { reverse: boolean }): Change[] =>
          clamps.flatMap(({ layer, gate }, k) => {
            if (layer !== name) return [];
            const ordered = (t: Tensor) => (run.reverse ? reverse(t, 1) : t);
            const sequences = [arrays[`on ${k}`], arrays[`value ${k}`]].map(ordered);
            return [{ name: gate, sequences, apply: (value, [flag, other]) => where(flag, other, value) }];
          });
        const recurrence = looking({ names, changes }, seen);
        const outputs = model.forwardAll(tensors, { ...context, masks: model.masks, recurrence });
        const results = [
          ...seen.flatMap((cell, k) => namedResults(cell, k, false)),
          ...outputs.map((t, k) => [`output ${k}`, t] as const),
        ];
        const missing = seen.flatMap((cell) => cell.unused.map(({ name }) => `${cell.name}: ${name}`));
        const about = { places: seen.map(placeOf), outputs: outputs.length, missing };
        return { about, results: Object.fromEntries(results) };
      },
    });
  const plain = await ask(inputs, false);
  const { about, results } = await ask(changed, true);
  if (about.missing.length > 0) {
    const next = "The cell does not name this value, so nothing can be put in its place.";
    throw new DataError(problem(who, "a gate that the cell names", about.missing.join(", "), next));
  }
  const outputsOf = (all: Readonly<Record<string, NdArray>>) =>
    Array.from({ length: about.outputs }, (_, k) => all[`output ${k}`]);
  return {
    before: outputsOf(plain.results),
    after: outputsOf(results),
    layers: about.places.map((place, k) => layerTrace(place, resultsOf(results, k))),
  };
}

interface About {
  readonly places: readonly ReturnType<typeof placeOf>[];
  readonly outputs: number;
  /** Names that a cell does not give. */
  readonly missing: readonly string[];
}

const zeros = ({ size, shape }: NdArray) => new NdArray(new Float32Array(size), shape);

/** Where a value is clamped, and to what, [B, T, N] each. */
function clampArrays(clamp: Clamp, layers: readonly LayerTrace[], who: string) {
  checkNames(`${who}: clamp`, clamp, ["layer", "gate", "units", "steps", "rows", "value"]);
  const layer = layerNamed(layers, clamp.layer, who);
  const { gate, value } = clamp;
  const found = layer.values[gate];
  if (!found) {
    const known = Object.keys(layer.values).join(", ");
    throw new DataError(problem(`${who}: gate of ${layer.name}`, `one of ${known}`, String(gate)));
  }
  if (!Number.isFinite(value)) throw new DataError(problem(`${who}: value`, "a finite number", String(value)));
  const [batch, time, size] = found.shape;
  const among = (given: readonly number[] | undefined, n: number, what: string) =>
    given ? given.map((k) => indexIn(n, k, who, what)) : Array.from({ length: n }, (_, k) => k);
  const on = new Float32Array(found.size);
  for (const row of among(clamp.rows, batch, "row"))
    for (const step of among(clamp.steps, time, "step"))
      for (const unit of among(clamp.units, size, "unit")) on[(row * time + step) * size + unit] = 1;
  const other = new NdArray(new Float32Array(found.size).fill(value), found.shape);
  return { layer: layer.name, gate, on: new NdArray(on, found.shape), value: other };
}

/** The inputs with steps replaced; a copy. */
function replaced(inputs: readonly NdArray[], replace: readonly Replacement[], who: string): NdArray[] {
  const copies = inputs.map(({ data, shape }) => new NdArray(data.slice(), shape));
  for (const one of replace) {
    checkNames(`${who}: replace`, one, ["step", "by", "row", "input"]);
    const { data, shape } = copies[indexIn(copies.length, one.input ?? 0, who, "input")];
    const [rows, time, ...rest] = shape;
    const size = sizeOf(rest);
    const by = asNdArray([one.by].flat(), { who: `${who}: by` });
    if (by.size !== size) throw new DataError(problem(`${who}: by`, `${size} numbers for a step`, `${by.size}`));
    const at = indexIn(rows, one.row ?? 0, who, "row") * time + indexIn(time, one.step, who, "step");
    data.set(by.data, at * size);
  }
  return copies;
}
