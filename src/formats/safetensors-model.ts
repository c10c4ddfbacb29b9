import { FormatError, problem, showShape } from "../errors.ts";
import type { Layers } from "../layers/layer.ts";
import type { Models } from "../models/model.ts";
import { sameShape } from "../tensor/shape.ts";
import { parseJsonObject } from "./json.ts";
import { readCompile } from "./keras-compile.ts";
import { modelConfig } from "./keras-config.ts";
import { readModel } from "./keras-read-model.ts";
import { weightReader, weightWriter } from "./keras-weights.ts";
import { compiles } from "./optimizer-state.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "./safetensors.ts";
import { type Numbers, type TorchNames, torchNames } from "./torch-names.ts";

const configKey = "keras_config";

/**
 * The bytes of a safetensors file with a model's weights under PyTorch's names, `layer.weight_ih_l0` and so on, ready for
 * `load_state_dict`; the architecture is in its metadata, so that `loadModel` reads the file back.
 *
 *   await writeFile("lstm.safetensors", safetensorsBytes(model));
 */
export function safetensorsBytes(model: Models): Uint8Array {
  const read = weightReader(model);
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const { layer, names } of namedLayers(model)) {
    names.write(read).forEach((numbers, k) => {
      tensors.set(`${layer.name}.${names.names[k]}`, numbers);
    });
  }
  return writeSafetensors(
    tensors,
    new Map([
      ["format", "pt"],
      [configKey, JSON.stringify(modelConfig(model))],
    ]),
  );
}

/** A model from a safetensors file that was written here; one of weights alone is refused with what to do. */
export function readSafetensorsModel(bytes: Uint8Array, who: string, options: { backend?: string } = {}): Models {
  const { metadata, tensors } = readSafetensors(bytes, who);
  const text = metadata.get(configKey);
  if (text === undefined) {
    const next = "Build the model here, then: await loadWeights(model, file).";
    throw new FormatError(problem(who, "weights and an architecture", "weights alone", next));
  }
  const config = parseJsonObject(text, `${who}, __metadata__.${configKey}`);
  const numbers = [...tensors.values()].reduce((n, { data }) => n + data.length, 0);
  const model = readModel(config, who, { major: 3, numbers });
  fillTensors(model, tensors, who);
  const compile = readCompile(config.compile_config);
  if (compile) compiles(model, { ...compile, backend: options.backend });
  return model;
}

/**
 * Gives a model the weights of a safetensors file, of this library or a PyTorch state_dict: modules are found by the layers'
 * names, else by kind and shape, a stacked `nn.LSTM`'s layers one after another. Throws FormatError naming the layer that
 * finds no module, or more than one.
 */
export function fillSafetensors(model: Models, bytes: Uint8Array, who: string): void {
  fillTensors(model, readSafetensors(bytes, who).tensors, who);
}

function fillTensors(model: Models, tensors: ReadonlyMap<string, SafeTensor>, who: string): void {
  const write = weightWriter(model);
  const layers = namedLayers(model);
  const chosen = matched(layers, tensors, who);
  for (const { layer, names } of layers) {
    const unit = chosen.get(layer)!;
    const found = names.names.map((name) => floats(unit.tensors.get(name)!, `${who}, "${unit.prefix}.${name}"`));
    names.read(found).forEach((numbers, k) => {
      const value = { data: numbers.data, shape: [...numbers.shape], dtype: "float32" };
      write(names.weights[k], value, `${who}, "${unit.prefix}"`);
    });
  }
}

interface Named {
  layer: Layers;
  names: TorchNames;
}

/** The layers with weights, those of models inside too. Names inside a model follow its own: `part.dense`. */
function namedLayers(model: Models): Named[] {
  const seen = new Set<Layers>();
  const visit = (layers: readonly Layers[]): Named[] =>
    layers.flatMap((layer) => {
      if (seen.has(layer)) return [];
      seen.add(layer);
      const names = torchNames(layer);
      return names ? [{ layer, names }] : [];
    });
  return visit(model.layers);
}

/** What a layer's weights may come from: the tensors of one module, or of one layer of a stacked recurrent module. */
interface Unit {
  prefix: string;
  stack: number;
  tensors: Map<string, SafeTensor>;
}

function unitsOf(tensors: ReadonlyMap<string, SafeTensor>): Unit[] {
  const units = new Map<string, Unit>();
  for (const [name, tensor] of tensors) {
    const stacked = name.match(/^(?:(.*)\.)?((?:weight|bias)_(?:ih|hh|hr)_l)(\d+)((?:_reverse)?)$/);
    const dot = name.lastIndexOf(".");
    const prefix = stacked ? (stacked[1] ?? "") : name.slice(0, Math.max(dot, 0));
    const stack = stacked ? Number(stacked[3]) : 0;
    const own = stacked ? `${stacked[2]}0${stacked[4]}` : name.slice(dot + 1);
    const key = `${prefix} ${stack}`;
    if (!units.has(key)) units.set(key, { prefix, stack, tensors: new Map() });
    units.get(key)!.tensors.set(own, tensor);
  }
  const byName = (a: Unit, b: Unit) => (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : a.stack - b.stack);
  return [...units.values()].sort(byName);
}

function matched(layers: readonly Named[], tensors: ReadonlyMap<string, SafeTensor>, who: string): Map<Layers, Unit> {
  const chosen = new Map<Layers, Unit>();
  const free = new Set(unitsOf(tensors));
  const take = (layer: Layers, unit: Unit) => {
    chosen.set(layer, unit);
    free.delete(unit);
  };
  const fits = ({ names }: Named, unit: Unit) =>
    names.names.every((name, k) => {
      const tensor = unit.tensors.get(name);
      return tensor !== undefined && sameShape(tensor.shape, names.shapes[k]);
    }) && ![...unit.tensors.keys()].some((name) => /^(weight|bias)_/.test(name) && !names.names.includes(name));
  for (const named of layers) {
    const { layer, names } = named;
    const unit = [...free].find(({ prefix, stack }) => prefix === layer.name && stack === 0);
    if (unit && fits(named, unit)) take(layer, unit);
    const inside = new Map(names.names.map((name) => [name, tensors.get(`${layer.name}.${name}`)!])); // a model inside
    const whole = { prefix: layer.name, stack: 0, tensors: inside };
    if (!unit && fits(named, whole)) chosen.set(layer, whole);
  }
  for (let before = -1; before !== free.size; ) {
    before = free.size;
    for (const named of layers) {
      if (chosen.has(named.layer)) continue;
      const fitting = [...free].filter((unit) => fits(named, unit));
      const rivals = layers.filter((other) => !chosen.has(other.layer) && fitting.some((unit) => fits(other, unit)));
      // The layers of one stacked module come in their order; anything else must be the only one of its shapes.
      const oneStack = fitting.length === rivals.length && new Set(fitting.map(({ prefix }) => prefix)).size === 1;
      if (fitting.length === 1 ? rivals.length === 1 || oneStack : oneStack) take(named.layer, fitting[0]);
    }
  }
  for (const named of layers) {
    if (chosen.has(named.layer)) continue;
    const fitting = [...free].filter((unit) => fits(named, unit)).map(({ prefix }) => `"${prefix}"`);
    const shapes = named.names.names.map((name, k) => `${name} ${showShape(named.names.shapes[k])}`).join(", ");
    const others = [...free]
      .slice(0, 6)
      .map(
        ({ prefix, tensors }) =>
          `"${prefix}" (${[...tensors].map(([n, t]) => `${n} ${showShape(t.shape)}`).join(", ")})`,
      );
    const received = fitting.length > 1 ? `several: ${fitting.join(", ")}` : others.join("; ") || "none left";
    const next = 'Give the layers the names of the modules: lstm(64, { name: "encoder" }).';
    throw new FormatError(problem(who, `one module for ${named.layer.label} with ${shapes}`, received, next));
  }
  return chosen;
}

function floats({ data, shape, dtype }: SafeTensor, where: string): Numbers {
  if (data instanceof Float32Array) return { data, shape };
  if (data instanceof Float64Array) return { data: Float32Array.from(data), shape };
  throw new FormatError(problem(where, "floating-point numbers", dtype, "Save it unquantized."));
}
