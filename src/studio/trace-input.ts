import { type LayerTrace, trace } from "../explain/index.ts";
import {
  type AnyLayer,
  input as inputLayer,
  type Layer,
  type Model,
  type NdArray,
  Sequential,
  sequential,
} from "../index.ts";
import type { CellTrace, NextWord, StepOutputs, StudioTrace } from "./messages.ts";
import type { OpenModel, Reading } from "./open-model.ts";

/** The layers of a model above its last recurrent one, which turn any step's h into a prediction; made once for each model. */
const heads = new WeakMap<object, Model | null>();

/** The work of an open model on an input, step by step, for the page. */
export async function traceInput(open: OpenModel, input: string): Promise<StudioTrace> {
  const reading = open.read(input);
  const began = performance.now();
  const { layers, outputs } = await trace(open.model, reading.x);
  const cells = layers.map((layer) => cellTrace(layer, reading));
  const after = await stepOutputs(open, reading, layers.at(-1)!, outputs[0]);
  const { steps, note } = reading;
  return { input, steps, note, cells, outputs: after, milliseconds: performance.now() - began };
}

/** Its values without the steps of padding. */
function cellTrace({ name, kind, direction, values }: LayerTrace, { from, steps }: Reading): CellTrace {
  const units = values.h.shape.at(-1)!;
  const shown = Object.fromEntries(
    Object.entries(values)
      .filter(([, a]) => a.shape.at(-1) === units)
      .map(([gate, a]) => [
        gate,
        Float32Array.from(a.row(0).data.subarray(from * units, (from + steps.length) * units)),
      ]),
  );
  return { name, kind, direction, units, values: shown, left: leftOf(shown, units, direction === "backward") };
}

const mostWork = 5e7; // products, some 50 ms

/**
 * The part that is left at step t of all that step s wrote, summed over units without signs: an LSTM writes i g and keeps f, a GRU writes
 * (1 - z) g and keeps z. [T * T] at s * T + t.
 */
function leftOf(
  values: Readonly<Record<string, Float32Array>>,
  units: number,
  backwards: boolean,
): Float32Array | null {
  const { i, f, g, z } = values;
  const keeps = f ?? z;
  if (!g || !keeps || (!i && !z)) return null;
  const steps = g.length / units;
  if (steps * steps * units > mostWork) return null;
  const left = new Float32Array(steps * steps);
  const now = new Float64Array(units);
  const at = (k: number) => (backwards ? steps - 1 - k : k);
  for (let s = 0; s < steps; s++) {
    for (let u = 0; u < units; u++) {
      const k = at(s) * units + u;
      now[u] = (i ? i[k] : 1 - z[k]) * g[k];
    }
    for (let t = s; t < steps; t++) {
      let sum = 0;
      for (let u = 0; u < units; u++) {
        if (t > s) now[u] *= keeps[at(t) * units + u];
        sum += Math.abs(now[u]);
      }
      left[at(s) * steps + at(t)] = sum;
    }
  }
  return left;
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
