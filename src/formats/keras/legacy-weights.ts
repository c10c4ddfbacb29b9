import { FormatError, problem } from "../../errors.ts";
import type { AnyLayer, Weight } from "../../layers/layer.ts";
import type { AnyModel } from "../../models/model.ts";
import { sameShape } from "../../tensor/shape.ts";
import { fromCudnn, joinGates } from "../gates.ts";
import type { WeightVariable } from "./archive.ts";
import type { LegacyGroup } from "./legacy-archive.ts";
import { savedWeights } from "./paths.ts";
import { floatsOf, type OnMismatch, weightWriter } from "./weights.ts";

/**
 * Gives a model the weights of a legacy file: layers by their names where all are there, by position otherwise; arrays by
 * position, trainable ones first, as Keras does. Throws FormatError naming file, layer and array where they do not fit.
 */
export function fillLegacyWeights(
  model: AnyModel,
  groups: readonly LegacyGroup[],
  who: string,
  mismatch?: OnMismatch,
): void {
  const wanted = model.layers
    .map((layer) => ({ layer, weights: legacyOrder(layer) }))
    .filter((l) => l.weights.length > 0);
  const found = groups.filter(({ weights }) => weights.length > 0);
  const byName = new Map(found.map((group) => [group.name, group]));
  const named = byName.size === found.length && wanted.every(({ layer }) => byName.has(layer.name));
  if (!named && wanted.length !== found.length) {
    const expected = `arrays for ${wanted.length} layers: ${wanted.map(({ layer }) => layer.name).join(", ")}`;
    const received = `for ${found.length}: ${found.map(({ name }) => name).join(", ") || "none"}`;
    throw new FormatError(problem(who, expected, received, foreign));
  }
  const { misfit, fill } = weightWriter(model);
  for (const [k, { layer, weights }] of wanted.entries()) {
    const group = named ? byName.get(layer.name)! : found[k];
    const place = `${who}, "${group.name}"`;
    const values = modernArrays(
      layer,
      weights,
      group.weights.map(({ value }) => value),
    );
    if (values.length !== weights.length) {
      const expected = `${weights.length} arrays for ${layer.label}`;
      const error = new FormatError(problem(place, expected, `${group.weights.length}`, foreign));
      if (!mismatch) throw error;
      mismatch(error);
      continue;
    }
    weights.forEach((weight, i) => {
      const at = `${place}, ${group.weights[i]?.name ?? `array ${i}`}`;
      const error = mismatch ? misfit(weight, values[i], at) : null;
      if (error) mismatch!(error);
      else fill(weight, values[i], at);
    });
  }
}

const foreign = "The weights are not those of this architecture: load them into the model they were saved from.";

/** A layer's weights as old files list them, those of layers inside it too. */
export function legacyOrder(layer: AnyLayer): Weight[] {
  const saved = layer.ownedWeights().filter(({ weight }) => savedWeights([weight]).length > 0);
  const once = [...new Map(saved.map((owned) => [owned.weight, owned])).values()];
  return [...once.filter((w) => w.trainable), ...once.filter((w) => !w.trainable)].map(({ weight }) => weight);
}

/** Arrays of Keras 1 (one for each gate) and of cuDNN layers (two biases, matrices transposed) as Keras keeps them now. */
function modernArrays(layer: AnyLayer, weights: readonly Weight[], values: WeightVariable[]): WeightVariable[] {
  const gates = ({ LSTM: 4, GRU: 3 } as const)[layer.className as "LSTM" | "GRU"];
  if (!gates || weights.length !== 3) return values;
  const units = weights[1].shape[0];
  const floats = values.map((v) => floatsOf(v));
  if (!floats.every((f) => f !== null)) return values;
  if (values.length === 3 * gates && values.every(({ shape }) => shape.at(-1) === units)) {
    const part = (k: number) => floats.filter((_, i) => i % 3 === k);
    return weights.map(({ shape }, k) => as(joinGates(part(k), gates, "keras1", units), shape));
  }
  const biases = 2 * gates * units;
  if (values.length !== 3 || !sameShape(values[2].shape, [biases])) return values;
  const [kernel, recurrent, bias] = floats;
  const half = biases / 2;
  const sum = bias.slice(0, half).map((v, k) => v + bias[half + k]);
  return [
    as(fromCudnn(kernel, gates, units), values[0].shape),
    as(fromCudnn(recurrent, gates, units), values[1].shape),
    gates === 4 ? as(sum, [half]) : as(bias, [2, half]),
  ];
}

const as = (data: Float32Array, shape: readonly number[]): WeightVariable => ({
  data,
  shape: [...shape],
  dtype: "float32",
});
