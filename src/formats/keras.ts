import { CellstateError, FormatError, problem, showShape } from "../errors.ts";
import type { Layer } from "../layers/layer.ts";
import type { Model } from "../models/model.ts";
import type { Parameter, Parameters } from "../models/parameters.ts";
import { Sequential, snakeCase } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import { writeFileAtomic } from "./atomic-write.ts";
import { readKerasArchive, type WeightGroup, type WeightTree, writeKerasArchive } from "./keras-archive.ts";
import { learningRateNow, modelConfig, readModelConfig } from "./keras-config.ts";

/** Writes a model as `.keras`; a crash leaves the old file. */
export async function saveKeras(model: Model, path: string, assets?: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await writeFileAtomic(path, await kerasBytes(model, assets));
}

/** The bytes of a model's `.keras` file: architecture, weights, compile and optimizer state, assets. */
export async function kerasBytes(model: Model, assets?: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const weights: WeightTree = new Map([["", { name: model.name, variables: [] }]]);
  for (const { layer, path, cell } of layerPaths(model.layers)) {
    const variables = model.weightStore.inOrder
      .filter((p) => p.layer === layer)
      .map((p) => variable(model.weightStore.read(p)));
    if (cell) weights.set(`${path}/cell`, { name: `${snakeCase(layer.className)}_cell`, variables });
    weights.set(path, { name: layer.name, variables: cell ? [] : variables });
  }
  const state = model.optimizerState;
  if (state && model.compiled) {
    const { optimizer } = model.compiled;
    weights.set("optimizer", {
      name: snakeCase(optimizer.className),
      variables: [
        { data: Int32Array.of(state.iterations), shape: [], dtype: "int32" },
        { data: Float32Array.of(learningRateNow(model, optimizer)), shape: [], dtype: "float32" },
        ...slotOrder(model).map(({ p, slot }) =>
          variable(new NdArray(state.slots[slot].slice(p.offset, p.offset + sizeOf(p.shape)), p.shape)),
        ),
      ],
    });
  }
  const metadata = { keras_version: "3.15.1", date_saved: now() };
  return writeKerasArchive({ metadata, config: modelConfig(model), weights, assets: new Map(assets ?? model.assets) });
}

/** A model from the bytes of a `.keras` file. `who` names the file in messages. */
export async function readKeras(
  bytes: Uint8Array,
  who: string,
  options: { backend?: string } = {},
): Promise<Sequential> {
  const archive = await readKerasArchive(bytes, who);
  const described = readModelConfig(archive.config, who);
  let model: Sequential;
  try {
    model = new Sequential(described.layers, { name: described.name });
    if (!model.built && described.inputShape) model.build(described.inputShape);
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof CellstateError)) throw error;
    throw new FormatError(`${who}: its architecture does not make a model: ${error.message}`);
  }
  if (!model.built)
    throw new FormatError(
      problem(who, "a built model", "one without an input shape", "Build or fit it in Keras before saving."),
    );
  fillWeights(model, archive.weights, who);
  for (const [name, asset] of archive.assets) model.assets.set(name, asset);
  if (described.compile) {
    const { optimizer, loss, metrics } = described.compile;
    try {
      model.compile({ optimizer, loss: loss as never, metrics: metrics as never[], backend: options.backend });
    } catch (error) {
      if (!(error instanceof CellstateError)) throw error; // a loss or metric of Keras that is not here: predict works
    }
    if (model.compiled) await restoreOptimizer(model, archive.weights.get("optimizer"));
  }
  return model;
}

/** Where Keras keeps each layer's variables: by class and count, not by name. */
function layerPaths(layers: readonly Layer[]): { layer: Layer; path: string; cell: boolean }[] {
  const counts = new Map<string, number>();
  return layers
    .filter((layer) => layer.className !== "InputLayer")
    .map((layer) => {
      const base = snakeCase(layer.className);
      const k = counts.get(base) ?? 0;
      counts.set(base, k + 1);
      return { layer, path: `layers/${base}${k > 0 ? `_${k}` : ""}`, cell: layer.className === "LSTM" };
    });
}

/** By path; where a path is missing, by the name Keras wrote beside the variables. */
function fillWeights(model: Sequential, tree: WeightTree, who: string): void {
  const store = model.weightStore;
  for (const { layer, path, cell } of layerPaths(model.layers)) {
    const wanted = store.inOrder.filter((p) => p.layer === layer);
    if (wanted.length === 0) continue;
    const group = find(tree, path, layer.name, cell);
    if (!group)
      throw new FormatError(
        problem(
          `${who}, model.weights.h5`,
          `the weights of ${layer.label} at ${path}`,
          "none",
          "The file is incomplete: save it again.",
        ),
      );
    if (group.variables.length !== wanted.length) {
      throw new FormatError(
        problem(`${who}, ${path}`, `${wanted.length} arrays for ${layer.label}`, `${group.variables.length}`),
      );
    }
    for (const [k, p] of wanted.entries()) fill(store, p, group.variables[k], `${who}, ${path}/vars/${k}`);
  }
}

function find(tree: WeightTree, path: string, name: string, cell: boolean): WeightGroup | undefined {
  const at = (base: string) => tree.get(cell ? `${base}/cell` : base);
  const early = path.replace(/^layers\//, "_layer_checkpoint_dependencies/"); // TensorFlow 2.12
  const byPath = at(path) ?? at(early);
  if (byPath) return byPath;
  for (const [key, group] of tree) if (group.name === name) return at(key) ?? group;
  return undefined;
}

function fill(store: Parameters, p: Parameter, v: WeightGroup["variables"][number], who: string): void {
  if (!sameShape(v.shape, p.shape))
    throw new FormatError(
      problem(who, `${p.weight.name} ${showShape(p.shape)} of ${p.layer.label}`, showShape(v.shape)),
    );
  store.write(p, new NdArray(Float32Array.from(v.data as Float32Array), p.shape), who);
}

/** Optimizer variables in Keras's order: m v of each parameter in turn, or all of one slot after all of another. */
function slotOrder(model: Model): { p: Parameter; slot: number }[] {
  const { optimizer } = model.compiled!;
  const parameters = model.weightStore.inOrder.filter((p) => p.trainable);
  const slots = optimizer.slots.map((_, slot) => slot);
  return optimizer.slotOrder === "interleaved"
    ? parameters.flatMap((p) => slots.map((slot) => ({ p, slot })))
    : slots.flatMap((slot) => parameters.map((p) => ({ p, slot })));
}

/** Fewer or other variables than expected: as Keras, the model loads and its optimizer begins anew. */
async function restoreOptimizer(model: Sequential, group: WeightGroup | undefined): Promise<void> {
  const order = slotOrder(model);
  const variables = group?.variables;
  if (!variables || variables.length !== order.length + 2) return;
  const values = variables.slice(2);
  if (order.some(({ p }, k) => !sameShape(values[k].shape, p.shape))) return;
  const slots = model.compiled!.optimizer.slots.map(() => new Float32Array(model.weightStore.trainableWords));
  for (const [k, { p, slot }] of order.entries())
    slots[slot].set(Float32Array.from(values[k].data as Float32Array), p.offset);
  await model.restoreOptimizer({ iterations: Number(variables[0].data[0]), slots });
}

const variable = (a: NdArray) => ({ data: Float32Array.from(a.data), shape: [...a.shape], dtype: "float32" });

/** Local time as Keras writes it: `2026-11-20@23:30:19`. */
function now(): string {
  const d = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}@${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
