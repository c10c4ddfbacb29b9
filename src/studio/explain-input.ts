import { DataError, problem } from "../errors.ts";
import { attentionWeights, attribute, factors, gradientFlow, trace } from "../explain/index.ts";
import type { AnyModel, NdArray } from "../index.ts";
import type { Attention, BaselineName, Factored, Gradients, Parts, Replace } from "./messages.ts";
import type { OpenModel, Reading } from "./open-model.ts";

interface Asked {
  readonly input: string;
  readonly replace: Replace | null;
}

/** The output that is explained: its place in a row of the model's output, its name, and whether the model has the other one of two. */
interface Target {
  readonly place: number;
  readonly of: string;
  readonly other: boolean;
}

/** Steps that are left out one after the other, at most: each is a run of the model. */
const mostOccluded = 200;

/** The part of each step in one of the outputs; null: the most probable one. */
export async function partsOf(
  open: OpenModel,
  { input, replace, baseline, target }: Asked & { baseline: BaselineName; target: number | null },
): Promise<Parts> {
  const reading = await open.read(input, replace);
  const began = performance.now();
  const { place, of, other } = await targetOf(open, reading, target);
  const options = { target: place, baseline };
  const found = await attribute(open.model, reading.inputs, { ...options, points: pointsFor(open.model, reading) });
  const one = reading.steps.length <= mostOccluded;
  const beside = one ? await attribute(open.model, reading.inputs, { ...options, method: "occlusion" }) : null;
  const sign = other ? -1 : 1;
  const shown = (a: NdArray) => alongSteps(a, reading).map((v) => sign * v);
  const score = (a: NdArray) => (other ? 1 - a.at(0) : a.at(0));
  return {
    ...{ target: target ?? place, of, integrated: shown(found.attributions) },
    occlusion: beside && shown(beside.attributions),
    ...{ score: score(found.score), baselineScore: score(found.baselineScore), gap: sign * found.gap.at(0) },
    milliseconds: performance.now() - began,
  };
}

/** Points on the way from the baseline: fewer where each costs a second. */
function pointsFor(model: AnyModel, { inputs }: Reading): number {
  const work = model.countParams() * inputs[0].shape[1];
  return work < 2e7 ? 50 : work < 2e8 ? 20 : 8;
}

/** The gradient of one of the outputs that reaches each step of each cell. */
export async function gradientsOf(
  open: OpenModel,
  { input, replace, target }: Asked & { target: number | null },
): Promise<Gradients> {
  const reading = await open.read(input, replace);
  const { place, of } = await targetOf(open, reading, target);
  const cells = await gradientFlow(open.model, reading.inputs, { target: place });
  return {
    ...{ target: target ?? place, of },
    cells: cells.map(({ name, h, c }) => ({
      ...{ name, h: h ? alongSteps(h, reading) : null },
      c: c ? alongSteps(c, reading) : null,
    })),
  };
}

/** Where the model's attention looks, without the steps of padding where it looks at those of the input. */
export async function attentionOf(open: OpenModel, { input, replace }: Asked): Promise<Attention> {
  const reading = await open.read(input, replace);
  const { from, steps, inputs } = reading;
  const found = await attentionWeights(open.model, inputs);
  const whole = inputs[0].shape[1];
  return {
    layers: found.map(({ name, weights }) => {
      const row = weights.row(0); // [Tq, Tv], with heads [heads, Tq, Tv]
      const [heads, asked, seen] = row.rank === 3 ? row.shape : [1, ...row.shape];
      const part = (count: number) => (count === whole ? { from, count: steps.length } : { from: 0, count });
      const [q, v] = [part(asked), part(seen)];
      const kept = new Float32Array(heads * q.count * v.count);
      for (let h = 0; h < heads; h++)
        for (let k = 0; k < q.count; k++) {
          const at = (h * asked + q.from + k) * seen + v.from;
          kept.set(row.data.subarray(at, at + v.count), (h * q.count + k) * v.count);
        }
      return { name, heads, queries: q.count, values: v.count, weights: kept, aligned: seen === whole };
    }),
  };
}

const mostRounds = 200;
const mostWork = 3e9; // multiplications of a factorization, some seconds

/** Groups of units of a cell that are active together while the input is read. */
export async function factorsOf(
  open: OpenModel,
  { input, replace, cell }: Asked & { cell: string },
): Promise<Factored> {
  const reading = await open.read(input, replace);
  const { layers } = await trace(open.model, reading.inputs);
  const layer = layers.find(({ name }) => name === cell);
  if (!layer)
    throw new DataError(problem("factors: cell", `one of ${layers.map(({ name }) => name).join(", ")}`, cell));
  const { from, steps } = reading;
  const size = layer.h.shape[2];
  const shown = (a: NdArray) =>
    a
      .slice(0, 1)
      .row(0)
      .slice(from, from + steps.length)
      .reshape([1, steps.length, size]);
  const h = shown(layer.h);
  const count = Math.min(4, 1 + Math.floor(steps.length / 4), size); // as many factors as steps would explain anything
  const rounds = Math.max(10, Math.min(mostRounds, Math.floor(mostWork / (12 * steps.length * size * count))));
  const { activity, order, units, explained } = factors(
    { ...layer, h, values: { h }, mask: null, initial: null },
    { count, rounds },
  );
  const strongest = (unit: number) => {
    const parts = Array.from({ length: count }, (_, f) => Math.abs(units.at(f, unit)));
    return parts.indexOf(Math.max(...parts));
  };
  return {
    ...{ cell, count, order, explained, factorOf: order.map(strongest) },
    activity: Float32Array.from(activity.data),
  };
}

/** One number for each step that is shown, of [B, T]. */
const alongSteps = (a: NdArray, { from, steps }: Reading): Float64Array => {
  const row = a.row(0).data;
  // Where a layer before it changed the number of steps, those of the layer are given.
  return Float64Array.from(row.length >= from + steps.length ? row.subarray(from, from + steps.length) : row);
};

async function targetOf(
  { model, output }: OpenModel,
  { inputs, from, steps }: Reading,
  asked: number | null,
): Promise<Target> {
  const [y] = [await model.predict(inputs)].flat();
  const size = y.shape.at(-1)!;
  const last = y.rank === 3 ? (Math.min(y.shape[1], from + steps.length) - 1) * size : 0; // behind it is padding
  const { labels, names, words } = output;
  if (labels?.length === 2 && size === 1)
    return { place: last, of: `the probability of “${labels[asked ?? 1]}”`, other: asked === 0 };
  if (asked !== null && asked >= size)
    throw new DataError(problem("target", `a number from 0 to ${size - 1}`, String(asked)));
  const row = y.row(0).data.subarray(last, last + size);
  const k = asked ?? (labels || words ? row.indexOf(Math.max(...row)) : 0);
  const name = labels?.[k] ?? words?.get(k);
  return {
    place: last + k,
    of:
      name !== undefined ? `the probability of “${name}”` : (names?.[k] ?? (size === 1 ? "the output" : `output ${k}`)),
    other: false,
  };
}
