import { DataError, problem } from "../errors.ts";
import { attribute, type LayerTrace, ledger, trace, workedStep } from "../explain/index.ts";
import { type AnyModel, type Arrays, NdArray } from "../index.ts";
import type { Sample } from "./sample.ts";

/** One step of the input in an explanation; null where it does not apply. */
export interface ExplainedStep {
  readonly step: number;
  readonly token: string | null;
  /** The part of the step in the output. */
  readonly part: number | null;
  /** Means over the units of each gate between 0 and 1. */
  readonly gates: Readonly<Record<string, number>>;
  /** The fraction of what the memory holds at the end that this step wrote. */
  readonly left: number | null;
}

/** All that is said about one prediction. */
export interface Explanation {
  readonly model: string;
  readonly prediction: string;
  readonly layer: LayerTrace;
  readonly layers: readonly string[];
  readonly steps: readonly ExplainedStep[];
  readonly sum: {
    readonly score: number;
    readonly baseline: number;
    readonly gap: number;
    readonly from: string;
    /** The output, in words. */
    readonly of: string;
  } | null;
  /** Inputs that the model reads beside those steps, which are not in the parts, and the output without each; none where there are none. */
  readonly beside: readonly { readonly input: string; readonly score: number }[];
  /** The memory's content at the end by the step that wrote it, and unit, [T, H]. */
  readonly left: NdArray | null;
  /** One step worked out, where it was asked for. */
  readonly worked: string | null;
}

/** The parts, gates and memory of a sample. Throws DataError for a layer that is not there. */
export async function explanationOf(
  model: AnyModel,
  { input: { x, steps: tokens }, target, named }: Omit<Sample, "prediction">,
  o: { layer?: string; step?: number; unit?: number },
  baseline: "zeros" | "mean",
  say: (line: string) => void,
): Promise<Omit<Explanation, "model" | "prediction">> {
  const { layers } = await trace(model, x);
  const [read] = [x].flat() as NdArray[];
  const layer = layerOf(layers, o.layer, read);
  const [rows, time] = layer.h.shape;
  const asked = target === null ? { baseline } : { target, baseline };
  const found = await attribute(model, x, asked).catch((error) => {
    if (!(error instanceof DataError)) throw error;
    say(`no parts: ${error.message.split("\n")[0]}`);
    return null;
  });
  const along = rows === 1 && found?.attributions.shape[1] === time ? found : null; // the layer reads the input's own steps
  const memory = remembering.includes(layer.kind) ? ledger(layer) : null;
  const size = (t: number) => Array.from(memory!.left.row(t).data).reduce((sum, v) => sum + Math.abs(v), 0);
  const whole = memory && Array.from({ length: time }, (_, t) => size(t)).reduce((a, b) => a + b, 0);
  const counts = Array.from({ length: time }, (_, t) => t).filter((t) => layer.mask?.at(0, t) !== 0);
  const steps = counts.map((t) => ({
    step: t,
    token: (along || !found) && tokens?.length === time ? tokens[t] : null,
    part: along ? along.attributions.at(0, t) : null,
    gates: gatesAt(layer, t),
    left: memory && whole ? size(t) / whole : null,
  }));
  const sum = along && {
    score: along.score.at(0),
    baseline: along.baselineScore.at(0),
    gap: along.gap.at(0),
    from: baseline,
    of: named(along.target[0]),
  };
  const beside = along ? await withoutEach(model, x, along.target[0]) : [];
  const worked =
    o.step === undefined || o.unit === undefined
      ? null
      : (await workedStep(model, x, { layer: layer.name, step: o.step, unit: o.unit })).text;
  const names = [...new Set(layers.map(({ name }) => name))];
  return { layer, layers: names, steps, sum, beside, left: memory?.left ?? null, worked };
}

/** The output with each input but the first read as zeros; without those that make no difference. */
async function withoutEach(model: AnyModel, x: Arrays, target: number): Promise<Explanation["beside"]> {
  const inputs = [x].flat() as NdArray[];
  if (inputs.length < 2) return [];
  const [whole] = [await model.predict(inputs)].flat();
  const found = [];
  for (const [k, { data, shape }] of inputs.entries()) {
    if (k === 0) continue;
    const empty = new NdArray(new (data.constructor as Float32ArrayConstructor)(data.length), shape);
    const [scores] = [await model.predict(inputs.with(k, empty))].flat();
    if (scores.data[target] !== whole.data[target])
      found.push({ input: model.inputs?.[k].name ?? `input ${k}`, score: scores.data[target] });
  }
  return found;
}

/** Cells whose memory is kept and written by their gates. */
const remembering = [
  ...["lstm", "gru", "PeepholeLSTMCell", "LayerNormLSTMCell", "ProjectedLSTMCell", "ConvLSTMCell"],
  ...["MinGRUCell", "MinLSTMCell"],
];

/** The layer of that name; without one the first that reads the steps of the input, and not those of another axis. */
function layerOf(layers: readonly LayerTrace[], name: string | undefined, { shape }: NdArray): LayerTrace {
  const along = layers.find(({ h }) => h.shape[0] === shape[0] && h.shape[1] === shape[1]);
  const found = name === undefined ? (along ?? layers[0]) : layers.find((layer) => layer.name === name);
  if (found) return found;
  const known = [...new Set(layers.map((layer) => layer.name))].join(", ");
  throw new DataError(problem("--layer", `one of ${known}`, JSON.stringify(name)));
}

/** Means over the units of the gates that lie between 0 and 1. */
function gatesAt(layer: LayerTrace, t: number): Record<string, number> {
  const names = ["f", "i", "o", "z", "r", "keep"].filter((name) => layer.values[name]);
  return Object.fromEntries(
    names.map((name) => {
      const values = Array.from(layer.values[name].row(0).row(t).data);
      return [name, values.reduce((sum, v) => sum + v, 0) / values.length];
    }),
  );
}

/** The object of `--json`: the explanation, the values of the layer's steps by unit, and the prediction. */
export function explanationAnswer(
  { model, layer, layers, steps, sum, beside, worked }: Explanation,
  prediction: unknown,
): Record<string, unknown> {
  const values = Object.entries(layer.values).map(([name, a]) => [name, a.row(0).toArray()]);
  const { name, kind, direction } = layer;
  const own = { name, kind, direction };
  return { model, layer: own, layers, steps, sum, beside, worked, values: Object.fromEntries(values), prediction };
}
