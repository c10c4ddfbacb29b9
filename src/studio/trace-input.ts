import { intervene, type LayerTrace, ledger, trace, workedStep } from "../explain/index.ts";
import {
  type AnyLayer,
  input as inputLayer,
  type Layer,
  type Model,
  type NdArray,
  Sequential,
  sequential,
} from "../index.ts";
import type { CellTrace, Clamp, NextWord, StepOutputs, StudioTrace, Worked } from "./messages.ts";
import type { OpenModel, Reading } from "./open-model.ts";

/** The layers of a model above its last recurrent one, which turn any step's h into a prediction; made once for each model. */
const heads = new WeakMap<object, Model | null>();

/** The work of an open model on an input, step by step, for the page; with a gate held at a value, where one is. */
export async function traceInput(
  open: OpenModel,
  input: string,
  clamp: Clamp | null = null,
): Promise<Omit<StudioTrace, "trainedSteps">> {
  const read = open.read(input);
  const reading = clamp ? { ...read, prefixes: null } : read; // no prefix has the step that is held
  const began = performance.now();
  const { layers, outputs } = clamp ? await held(open, reading, clamp) : await trace(open.model, reading.x);
  const cells = layers.map((layer) => cellTrace(layer, reading));
  const after = await stepOutputs(open, reading, layers.at(-1)!, outputs[0]);
  const { steps, note } = reading;
  const given = { shape: reading.x.shape, values: Float32Array.from(reading.x.data) };
  return { input, steps, note, clamp, cells, outputs: after, given, milliseconds: performance.now() - began };
}

async function held({ model }: OpenModel, { x, from }: Reading, { cell, gate, step, unit, value }: Clamp) {
  const units = unit === null ? undefined : [unit];
  const { layers, after } = await intervene(model, x, {
    clamp: [{ layer: cell, gate, steps: [from + step], units, value }],
  });
  return { layers, outputs: after };
}

const mostTerms = 5;

/** One step of one unit, with the largest products of each gate's sum. */
export async function workOut(
  open: OpenModel,
  input: string,
  place: { cell: string; step: number; unit: number },
): Promise<Worked> {
  const { x, from } = open.read(input);
  const { cell, step, unit } = place;
  const { gates, text, latex } = await workedStep(open.model, x, { layer: cell, step: from + step, unit });
  const sums = gates.map(({ name, activation, terms, bias, sum, value }) => {
    const others = terms.slice(mostTerms);
    return {
      ...{ name, activation, bias, sum, value, terms: terms.slice(0, mostTerms) },
      others: others.reduce((total, { product }) => total + product, 0),
      othersCount: others.length,
    };
  });
  return { cell, step, unit, gates: sums, text, latex };
}

/** Its values without the steps of padding. */
function cellTrace(layer: LayerTrace, reading: Reading): CellTrace {
  const { name, kind, direction, values } = layer;
  const { from, steps } = reading;
  const units = values.h.shape.at(-1)!;
  const shown = Object.fromEntries(
    Object.entries(values)
      .filter(([, a]) => a.shape.at(-1) === units)
      .map(([gate, a]) => [
        gate,
        Float32Array.from(a.row(0).data.subarray(from * units, (from + steps.length) * units)),
      ]),
  );
  return { name, kind, direction, units, values: shown, left: leftOf(layer, reading) };
}

const mostWork = 1e7; // terms of the ledger, some 100 ms

/** The sum over units, without signs, of all that is left at step t of step s: by the ledger at every step, [T * T] at s * T + t. */
function leftOf(layer: LayerTrace, { from, steps }: Reading): Float32Array | null {
  const { f, i, g, c, z } = layer;
  const { keep, take } = layer.values;
  const units = layer.h.shape.at(-1)!;
  const count = steps.length;
  const kept = (f && i && g && c) || (z && g) || (keep && take);
  if (!kept || count * count * units > mostWork) return null;
  const sums = new Float32Array(count * count);
  for (let t = 0; t < count; t++) {
    const { data } = ledger(layer, { step: from + t }).left;
    for (let s = 0; s < count; s++) {
      let sum = 0;
      for (let u = 0; u < units; u++) sum += Math.abs(data[(from + s) * units + u]);
      sums[s * count + t] = sum;
    }
  }
  return sums;
}

/** The prediction after each step, where the model has one for each, or its last layers can be asked. */
async function stepOutputs(open: OpenModel, reading: Reading, last: LayerTrace, y: NdArray): Promise<StepOutputs> {
  const { from, steps } = reading;
  const shown = (a: NdArray) => a.row(0).slice(from, from + steps.length); // [T, K]
  if (y.rank === 3) return outputsOf(open, shown(y), "each");
  const head = last.direction === "forward" && headOf(open);
  if (!head && reading.prefixes)
    return outputsOf(open, (await open.model.predict(reading.prefixes)) as NdArray, "each");
  if (!head) return outputsOf(open, y, "end");
  return outputsOf(open, (await head.predict(shown(last.h))) as NdArray, "each");
}

function headOf({ model }: OpenModel): Model | null {
  if (!heads.has(model)) heads.set(model, model instanceof Sequential ? makeHead(model.layers) : null);
  const head = heads.get(model)!;
  head?.setWeights(model.getWeights().slice(-head.getWeights().length)); // a model of the same layers has numbers of its own
  return head;
}

/** The layers after the last recurrent one, which gives its last step alone; null for any other network. */
function makeHead(layers: readonly AnyLayer[]): Model | null {
  const recurrent = (layer: AnyLayer) => ["LSTM", "GRU", "SimpleRNN", "RNN"].includes(layer.className);
  const at = layers.findLastIndex(recurrent);
  const above = layers.slice(at + 1) as Layer[];
  const flat = above.every((layer) =>
    ["Dense", "Dropout", "Activation", "BatchNormalization"].includes(layer.className),
  );
  const below = layers[at];
  if (at < 0 || above.length === 0 || !flat) return null;
  const [, units] = below.computeOutputShapes(below.builtFor!)[0];
  return typeof units === "number" ? sequential([inputLayer([units]), ...above]) : null;
}

const mostNamed = 24; // outputs that are shown by name

function outputsOf({ output }: OpenModel, y: NdArray, at: "each" | "end"): StepOutputs {
  const size = y.shape.at(-1)!;
  const rows = y.size / size;
  if (output.words) {
    const words = Array.from({ length: rows }, (_, row) =>
      likely(y.data.subarray(row * size, (row + 1) * size), output.words!),
    );
    return { labels: [], values: new Float32Array(0), at, kind: "probability", words };
  }
  const { labels } = output;
  if (labels?.length === 2 && size === 1) {
    const values = Float32Array.from({ length: rows * 2 }, (_, k) =>
      k % 2 === 0 ? 1 - y.data[k >> 1] : y.data[k >> 1],
    );
    return { labels, values, at, kind: "probability", words: null };
  }
  const count = Math.min(size, mostNamed);
  const values = new Float32Array(rows * count);
  const kind = labels ? "probability" : "value";
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < count; k++) {
      const value = y.data[row * size + k];
      values[row * count + k] = labels ? value : output.scaled(value);
    }
  const names = labels ?? Array.from({ length: count }, (_, k) => (size === 1 ? "output" : `output ${k}`));
  return { labels: names.slice(0, count), values, at, kind, words: null };
}

/** The most probable words of one row of probabilities. */
function likely(p: ArrayLike<number>, words: ReadonlyMap<number, string>): NextWord[] {
  const known = Array.from(p, (probability, id) => ({ token: words.get(id) ?? "", probability })).filter(
    ({ token }) => token !== "",
  );
  return known.sort((a, b) => b.probability - a.probability).slice(0, 8);
}
