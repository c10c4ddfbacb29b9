import { FormatError, problem, showShape } from "../../errors.ts";
import { writeFileAtomic } from "../../files/atomic-write.ts";
import { crc32 } from "../../files/crc.ts";
import type { AnyLayer, Weight } from "../../layers/layer.ts";
import { Rnn } from "../../layers/recurrent/rnn.ts";
import { StackedRnnCells } from "../../layers/recurrent/stacked-rnn-cells.ts";
import { UniqueNames } from "../../layers/unique-names.ts";
import type { AnyModel } from "../../models/model.ts";
import { sameShape } from "../../tensor/shape.ts";
import { Budget, workFor } from "../budget.ts";
import type { OpenOptions } from "../format.ts";
import { isObject, type JsonObject, type JsonValue } from "../json.ts";
import { compileFrom } from "../keras/compile.ts";
import { modelConfig } from "../keras/config.ts";
import { keras2Config } from "../keras/keras-2-dialect.ts";
import { modernConfig } from "../keras/legacy-config.ts";
import { savedWeights } from "../keras/paths.ts";
import { readModel } from "../keras/read-model.ts";
import { weightReader, weightWriter } from "../keras/weights.ts";
import { readManifest, type TfjsWeight } from "./weights.ts";

const shardBytes = 4 * 2 ** 20; // as tfjs cuts, so that browsers keep the pieces in their caches

/** Whether a JSON file is a tfjs layers model. */
export const isTfjs = (json: JsonObject): boolean => "weightsManifest" in json || "modelTopology" in json;

/**
 * A model from a tfjs layers model: the object in its `model.json`, and a function that reads the files beside it. Throws
 * FormatError naming the file, the place and the reason.
 *
 *   const model = await readTfjs(json, "model.json", (name) => readFile(join(folder, name)));
 */
export async function readTfjs(
  json: JsonObject,
  who: string,
  read: (name: string) => Promise<Uint8Array>,
  options: OpenOptions = {},
): Promise<AnyModel> {
  const topology = isObject(json.modelTopology) ? json.modelTopology : {};
  if (json.format === "graph-model" || "node" in topology) {
    const next = "Convert the Keras model itself: tensorflowjs_converter --output_format tfjs_layers_model.";
    throw new FormatError(problem(who, "a tfjs layers model", "a graph model, which has no layers", next));
  }
  const config = isObject(topology.model_config) ? topology.model_config : topology;
  const weights = await readManifest(json.weightsManifest, who, read);
  const numbers = weights.reduce((n, { data }) => n + data.length, 0);
  const model = readModel(modernConfig(withDefaults(config) as JsonObject, []), who, { major: 2, numbers });
  fillTfjsWeights(model, weights, who);
  const training = isObject(topology.training_config) ? topology.training_config : json.trainingConfig;
  const compile = isObject(training) ? { ...training, optimizer: training.optimizer_config ?? null } : undefined;
  compileFrom(model, compile, options);
  return model;
}

/** tfjs writes a layer's default options or leaves them out; that of a gate's activation is its own. */
function withDefaults(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withDefaults);
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const [key, v] of Object.entries(value)) copy[key] = withDefaults(v);
  const gated = value.class_name === "LSTM" || value.class_name === "GRU";
  if (gated && isObject(copy.config)) copy.config = { recurrent_activation: "hard_sigmoid", ...copy.config };
  return copy;
}

/** Arrays are found by the names in their paths: the layer's, that of the layers around it, the weight's. */
function fillTfjsWeights(model: AnyModel, weights: readonly TfjsWeight[], who: string): void {
  const { fill } = weightWriter(model);
  const wanted = namedWeights(model.layers);
  const byName = new Map(weights.map((w) => [w.name, w]));
  if (wanted.every(({ weight, name }) => byName.has(name) && sameShape(byName.get(name)!.shape, weight.shape))) {
    for (const { weight, name } of wanted) fill(weight, byName.get(name)!, `${who}, "${name}"`);
    return;
  }
  const free = new FreeArrays(weights, who);
  for (const { weight, names } of wanted) {
    const { found, second } = free.fitting(weight, names);
    if (!found || second) {
      const own = names[names.length - 1];
      const expected = `${weight.name} ${showShape(weight.shape)} of layer "${own}"`;
      const similar = weights.filter(({ name }) => name.includes(own)).slice(0, 6);
      const received = second ? [found!, second].map(({ name }) => `"${name}"`) : similar.map(described);
      const several = second ? `two: ${received.join(", ")}` : received.join(", ") || "none";
      throw new FormatError(problem(who, expected, several, "Convert the model again."));
    }
    free.take(found);
    fill(weight, found, `${who}, "${found.name}"`);
  }
}

const described = ({ name, shape }: TfjsWeight) => `"${name}" ${showShape(shape)}`;

/** The arrays of a file that no weight has taken, by each name in their paths together with what they are. */
class FreeArrays {
  readonly #free = new Map<string, Set<TfjsWeight>>();
  readonly #work: Budget;

  constructor(weights: readonly TfjsWeight[], who: string) {
    this.#work = new Budget(who, workFor(weights.length), "comparisons of names");
    for (const weight of weights)
      for (const key of this.#keysOf(weight)) {
        const known = this.#free.get(key);
        if (known) known.add(weight);
        else this.#free.set(key, new Set([weight]));
      }
  }

  take(weight: TfjsWeight): void {
    for (const key of this.#keysOf(weight)) this.#free.get(key)?.delete(weight);
  }

  /**
   * The array in whose path all the names stand, outermost first; else one in whose path the layer's own name stands, which
   * is the last. `second` is another that it might be. Layers of one name in two models are distinguished by those around them.
   */
  fitting(weight: Weight, names: readonly string[]): { found?: TfjsWeight; second?: TfjsWeight } {
    const candidates = names.map((name) => this.#free.get(keyOf(name, weight.name, weight.shape)) ?? none);
    const own = candidates[candidates.length - 1];
    const fewest = candidates.reduce((a, b) => (b.size < a.size ? b : a));
    const inner: TfjsWeight[] = [];
    for (const array of fewest) {
      this.#work.take(1);
      if (candidates.every((set) => set.has(array))) inner.push(array);
      if (inner.length > 1) break;
    }
    const [found, second] = inner.length > 0 ? inner : own;
    return { found, second };
  }

  #keysOf({ name, shape }: TfjsWeight): string[] {
    const parts = name.replace(/:\d+$/, "").split("/");
    const last = parts.pop()!.replace(/_\d+$/, "");
    return [...new Set(parts)].map((part) => keyOf(part, last, shape));
  }
}

const none: ReadonlySet<TfjsWeight> = new Set();
const keyOf = (part: string, last: string, shape: readonly number[]) => `${part}/${last}/${shape.join("x")}`;

/** A weight with the names of the layers it is in, outermost first, and tfjs's own name for it. */
interface NamedWeight {
  weight: Weight;
  names: string[];
  name: string;
}

/** Every weight, with a name that no other has. */
function namedWeights(layers: readonly AnyLayer[]): NamedWeight[] {
  const unique = new UniqueNames();
  return scopedWeights(layers).map(({ weight, names, path }) => ({ weight, names, name: unique.of(path) }));
}

/**
 * tfjs's names: `lstm/kernel`; with both layers for one of two directions, `bidirectional/forward_lstm/kernel`; under the
 * wrapper's name for one distributed over time; with the place of its cell for one in a stack, `rnn/RNNCell_0/kernel`.
 */
function scopedWeights(layers: readonly AnyLayer[]): (Omit<NamedWeight, "name"> & { path: string })[] {
  const visit = (layer: AnyLayer, outer: string[], scope: string): ReturnType<typeof scopedWeights> => {
    const within = layer.className === "TimeDistributed";
    const names = [...outer, layer.name];
    const own = savedWeights(layer.weights); // what is in two places is in the file for each: readers make two of it
    const path = `${scope}${layer.name}`;
    const below = layer.sublayers.flatMap((inner) => {
      if (within) return visit(inner, outer, scope).map((w) => ({ ...w, ...under(w.weight, names, path) }));
      return visit(inner, names, layer.className === "Bidirectional" ? `${path}/` : "");
    });
    const place = (weight: Weight) => {
      const k = layer instanceof Rnn ? stackOf(layer).findIndex((cell) => cell.includes(weight)) : -1;
      return { weight, ...under(weight, names, k < 0 ? path : `${path}/RNNCell_${k}`) };
    };
    return [...own.map(place), ...below];
  };
  const under = (weight: Weight, names: string[], path: string) => ({ names, path: `${path}/${weight.name}` });
  return layers.flatMap((layer) => visit(layer, [], ""));
}

/** The weights of each cell of a stack. */
const stackOf = ({ cell }: Rnn): readonly (readonly Weight[])[] =>
  cell instanceof StackedRnnCells ? cell.cellWeights : [];

/** The files of a tfjs layers model by name, `model.json` last; tfjs loads it in browsers and Node. */
export function tfjsFiles(model: AnyModel, who = "model.json"): Map<string, Uint8Array> {
  const read = weightReader(model);
  const weights = namedWeights(model.layers).map(({ weight, name }) => {
    return { name, shape: [...weight.shape], dtype: "float32", numbers: read(weight).data };
  });
  const topology = keras2Config(modelConfig(model), who);
  const bytes = new Uint8Array(4 * weights.reduce((n, { numbers }) => n + numbers.length, 0));
  let at = 0;
  for (const { numbers } of weights) {
    bytes.set(new Uint8Array(Float32Array.from(numbers).buffer), at);
    at += 4 * numbers.length;
  }
  // A shard's name follows from the numbers, so that a write cut short leaves the old model whole.
  const mark = crc32(bytes).toString(16).padStart(8, "0");
  const count = Math.ceil(bytes.length / shardBytes);
  const files = new Map<string, Uint8Array>();
  for (let k = 0; k < count; k++)
    files.set(`weights-${mark}-${k + 1}of${count}.bin`, bytes.slice(k * shardBytes, (k + 1) * shardBytes));
  const json = {
    format: "layers-model",
    generatedBy: "Cellstate",
    convertedBy: null,
    modelTopology: { ...topology, keras_version: "tfjs-layers 4.22.0", backend: "tensor_flow.js" },
    weightsManifest: [{ paths: [...files.keys()], weights: weights.map(({ numbers: _, ...entry }) => entry) }],
  };
  return files.set("model.json", new TextEncoder().encode(JSON.stringify(json)));
}

/** Writes a tfjs layers model: `path` names its `.json`; the weights lie beside it. The old model stays whole until the new is. */
export async function saveTfjs(model: AnyModel, path: string): Promise<void> {
  const { basename, dirname, join } = await import("node:path");
  const { readFile, rm } = await import("node:fs/promises");
  const folder = dirname(path);
  const files = tfjsFiles(model, basename(path));
  const before = await readFile(path, "utf8").catch(() => "");
  for (const [name, bytes] of files) await writeFileAtomic(name === "model.json" ? path : join(folder, name), bytes);
  // Shards of the model that was there, by the names only we give.
  for (const [name] of before.matchAll(/weights-[0-9a-f]{8}-\d+of\d+\.bin/g))
    if (!files.has(name)) await rm(join(folder, name), { force: true });
}
