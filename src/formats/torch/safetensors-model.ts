import { FormatError, problem, showShape } from "../../errors.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import type { AnyModel } from "../../models/model.ts";
import type { BackendName } from "../../train/compiled.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../containers/safetensors.ts";
import { parseJsonObject } from "../json.ts";
import { compileFrom } from "../keras/compile.ts";
import { modelConfig } from "../keras/config.ts";
import { readModel } from "../keras/read-model.ts";
import { type OnMismatch, weightReader, weightWriter } from "../keras/weights.ts";
import { fits, kindsOf, matchedByKind, type Named, type Unit, unitKey, unitsOf } from "./modules.ts";
import { type Numbers, torchNames } from "./names.ts";

const configKey = "keras_config";

/**
 * The bytes of a safetensors file with a model's weights under PyTorch's names, `layer.weight_ih_l0` and so on, ready for
 * `load_state_dict`; the architecture is in its metadata, so that `loadModel` reads the file back.
 *
 *   await writeFile("lstm.safetensors", safetensorsBytes(model));
 */
export function safetensorsBytes(model: AnyModel): Uint8Array {
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
export function readSafetensorsModel(
  bytes: Uint8Array,
  who: string,
  options: { backend?: BackendName } = {},
): AnyModel {
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
  compileFrom(model, config.compile_config, options.backend);
  return model;
}

/**
 * Gives a model the weights of a safetensors file, of this library or a PyTorch state_dict: modules are found by the layers'
 * names, else by kind and shape, a stacked `nn.LSTM`'s layers one after another. Throws FormatError naming the layer that
 * finds no module, or more than one.
 */
export function fillSafetensors(model: AnyModel, bytes: Uint8Array, who: string, mismatch?: OnMismatch): void {
  fillTensors(model, readSafetensors(bytes, who).tensors, who, mismatch);
}

function fillTensors(
  model: AnyModel,
  tensors: ReadonlyMap<string, SafeTensor>,
  who: string,
  mismatch?: OnMismatch,
): void {
  const { fill: write } = weightWriter(model);
  const layers = namedLayers(model);
  const chosen = matched(layers, tensors, who, mismatch);
  for (const { layer, names } of layers) {
    const unit = chosen.get(layer);
    if (!unit) continue; // said to `mismatch`
    const found = names.names.map((name) => floats(unit.tensors.get(name)!, `${who}, "${unit.prefix}.${name}"`));
    names.read(found).forEach((numbers, k) => {
      const value = { data: numbers.data, shape: [...numbers.shape], dtype: "float32" };
      write(names.weights[k], value, `${who}, "${unit.prefix}"`);
    });
  }
}

/** The layers with weights, those of models inside too. Names inside a model follow its own: `part.dense`. */
function namedLayers(model: AnyModel): Named[] {
  const seen = new Set<AnyLayer>();
  const visit = (layers: readonly AnyLayer[]): Named[] =>
    layers.flatMap((layer) => {
      if (seen.has(layer)) return [];
      seen.add(layer);
      const names = torchNames(layer);
      return names ? [{ layer, names }] : [];
    });
  return visit(model.layers);
}

function matched(
  layers: readonly Named[],
  tensors: ReadonlyMap<string, SafeTensor>,
  who: string,
  mismatch?: OnMismatch,
): Map<AnyLayer, Unit> {
  const chosen = new Map<AnyLayer, Unit>();
  const units = new Map(unitsOf(tensors).map((unit) => [unitKey(unit.prefix, unit.stack), unit]));
  const free = new Set(units.values());
  for (const named of layers) {
    const { layer, names } = named;
    const unit = units.get(unitKey(layer.name, 0));
    const inside = new Map(names.names.map((name) => [name, tensors.get(`${layer.name}.${name}`)!])); // a model inside
    const whole = { prefix: layer.name, stack: 0, tensors: inside };
    const suits = unit && free.has(unit) && fits(named, unit);
    if (!suits && !fits(named, whole)) continue;
    chosen.set(layer, suits ? unit : whole);
    if (unit) free.delete(unit);
  }
  const open = layers.filter(({ layer }) => !chosen.has(layer));
  if (open.length === 0) return chosen;
  const kinds = kindsOf(open, free, who);
  for (const [named, unit] of matchedByKind(kinds, who)) {
    chosen.set(named.layer, unit);
    free.delete(unit);
  }
  for (const { open, fitting } of kinds) {
    for (const named of open) {
      const error = unmatched(named, fitting, free, who);
      if (!mismatch) throw error;
      mismatch(error);
    }
  }
  return chosen;
}
function unmatched(named: Named, fitting: ReadonlySet<Unit>, free: ReadonlySet<Unit>, who: string): FormatError {
  const few = <T>(list: ReadonlySet<T>) => [...list].slice(0, 6);
  const shapes = named.names.names.map((name, k) => `${name} ${showShape(named.names.shapes[k])}`).join(", ");
  const others = few(free).map(
    ({ prefix, tensors }) => `"${prefix}" (${[...tensors].map(([n, t]) => `${n} ${showShape(t.shape)}`).join(", ")})`,
  );
  const several = few(fitting).map(({ prefix }) => `"${prefix}"`);
  const more = fitting.size > several.length ? ", …" : "";
  const received = fitting.size > 1 ? `several: ${several.join(", ")}${more}` : others.join("; ") || "none left";
  const next = 'Give the layers the names of the modules: lstm(64, { name: "encoder" }).';
  return new FormatError(problem(who, `one module for ${named.layer.label} with ${shapes}`, received, next));
}

function floats({ data, shape, dtype }: SafeTensor, where: string): Numbers {
  if (data instanceof Float32Array) return { data, shape };
  if (data instanceof Float64Array) return { data: Float32Array.from(data), shape };
  throw new FormatError(problem(where, "floating-point numbers", dtype, "Save it unquantized."));
}
