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
import type { CellTrace, Clamp, Given, NextWord, Replace, StepOutputs, StudioTrace, Worked } from "./messages.ts";
import type { OpenModel, Reading } from "./open-model.ts";

/** The layers of a model above its last recurrent one, which turn any step's h into a prediction; made once for each model. */
const heads = new WeakMap<object, Model | null>();

/** Changes that are made before an input is traced. */
export interface Changes {
  readonly clamp: Clamp | null;
  readonly replace: Replace | null;
}

/** The work of an open model on an input, step by step, for the page; with a gate held at a value or a step replaced, where one is. */
export async function traceInput(
  open: OpenModel,
  input: string,
  { clamp, replace }: Changes = { clamp: null, replace: null },
): Promise<Omit<StudioTrace, "trainedSteps">> {
  const reading = await open.read(input, replace);
  const began = performance.now();
  const plain = await trace(open.model, reading.inputs);
  const seen = clamp ? await held(open, reading, clamp) : plain;
  const outputsAfter = (from: Reading, of: Traced) => stepOutputs(open, from, of.layers.at(-1)!, of.outputs[0]);
  // No prefix has the step that is held.
  const outputs = await outputsAfter(clamp ? { ...reading, prefixes: null } : reading, seen);
  const before = clamp || replace ? await outputsBefore() : null;
  const cells = seen.layers.map((layer) => cellTrace(layer, reading));
  const { steps, note, answer } = reading;
  const [given, ...others] = reading.inputs.map(givenOf);
  const milliseconds = performance.now() - began;
  return { input, steps, note, answer, clamp, replace, cells, outputs, before, given, others, milliseconds };

  async function outputsBefore(): Promise<StepOutputs> {
    if (!replace) return outputsAfter(clamp ? { ...reading, prefixes: null } : reading, plain);
    const own = await open.read(input);
    return outputsAfter(clamp ? { ...own, prefixes: null } : own, await trace(open.model, own.inputs));
  }
}

interface Traced {
  readonly layers: readonly LayerTrace[];
  readonly outputs: readonly NdArray[];
}

const givenOf = (x: NdArray): Given => ({ shape: [1, ...x.shape.slice(1)], values: Float32Array.from(x.row(0).data) });

async function held({ model }: OpenModel, { inputs, from, steps: shown }: Reading, clamp: Clamp): Promise<Traced> {
  const { cell, gate, step, unit, value } = clamp;
  const units = unit === null ? undefined : [unit];
  const steps = step === null ? shown.map((_, t) => from + t) : [from + step];
  const { layers, after } = await intervene(model, inputs, { clamp: [{ layer: cell, gate, steps, units, value }] });
  return { layers, outputs: after };
}

const mostTerms = 5;

/** One step of one unit, with the largest products of each gate's sum. */
export async function workOut(
  open: OpenModel,
  input: string,
  place: { cell: string; step: number; unit: number; replace: Replace | null },
): Promise<Worked> {
  const { inputs, from } = await open.read(input, place.replace);
  const { cell, step, unit } = place;
  const { gates, text, latex } = await workedStep(open.model, inputs, { layer: cell, step: from + step, unit });
  const sums = gates.map(({ name, activation, terms, bias, sum, value }) => {
    const others = terms.slice(mostTerms);
    const from = (source: "x" | "h") =>
      terms.reduce((total, term) => (term.from === source ? total + term.product : total), 0);
    return {
      ...{ name, activation, bias, sum, value, terms: terms.slice(0, mostTerms) },
      others: others.reduce((total, { product }) => total + product, 0),
      othersCount: others.length,
      fromInput: from("x"),
      fromBefore: from("h"),
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
  const { from, steps, inputs } = reading;
  const shown = (a: NdArray) => a.row(0).slice(from, from + steps.length); // [T, K]
  if (y.rank === 3) return outputsOf(open, shown(y), "each");
  const toTheEnd = from + steps.length === inputs[0].shape[1] && last.h.shape[1] === inputs[0].shape[1];
  const head = last.direction === "forward" && toTheEnd && headOf(open);
  if (!head && reading.prefixes) return outputsOf(open, [await open.model.predict(reading.prefixes)].flat()[0], "each");
  if (!head) return outputsOf(open, y.slice(0, 1), "end");
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
      values[row * count + k] = labels ? value : output.scaled(value, k);
    }
  const numbered = (k: number) => (size === 1 ? "output" : `output ${k}`);
  const names = labels ?? output.names ?? Array.from({ length: count }, (_, k) => numbered(k));
  return { labels: names.slice(0, count), values, at, kind, words: null };
}

/** The most probable words of one row of probabilities. */
function likely(p: ArrayLike<number>, words: ReadonlyMap<number, string>): NextWord[] {
  const known = Array.from(p, (probability, id) => ({ token: words.get(id) ?? "", probability })).filter(
    ({ token }) => token !== "",
  );
  return known.sort((a, b) => b.probability - a.probability).slice(0, 8);
}
