import { CellstateError, FormatError, problem, showShape } from "../errors.ts";
import { writeFileAtomic } from "../files/atomic-write.ts";
import type { Layers } from "../layers/layer.ts";
import type { Models } from "../models/model.ts";
import type { Parameter, Parameters } from "../models/parameters.ts";
import { Sequential, snakeCase } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import { initialSlots, optimizerVariables } from "../train/optimizers.ts";
import { isSchedule } from "../train/schedules.ts";
import { readKerasArchive, type WeightGroup, type WeightTree, writeKerasArchive } from "./keras-archive.ts";
import { learningRateNow } from "./keras-compile.ts";
import { type Described, modelConfig, readModelConfig } from "./keras-config.ts";

/** Writes a model as `.keras`; a crash leaves the old file. */
export async function saveKeras(model: Models, path: string, assets?: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await writeFileAtomic(path, await kerasBytes(model, assets));
}

/** The bytes of a model's `.keras` file: architecture, weights, compile and optimizer state, assets. */
export async function kerasBytes(model: Models, assets?: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const weights: WeightTree = new Map([["", { name: model.name, variables: [] }]]);
  for (const { layer, path, cell } of layerPaths(model.layers)) {
    const variables = model.weightStore.inOrder
      .filter((p) => p.layer === layer)
      .map((p) => variable(model.weightStore.read(p)));
    if (cell) weights.set(`${path}/cell`, { name: `${snakeCase(layer.className)}_cell`, variables });
    weights.set(path, { name: layer.name, variables: cell ? [] : variables });
  }
  if (model.compiled) {
    const { optimizer } = model.compiled;
    const state = model.optimizerState; // null before training: then, as Keras, no slots
    weights.set("optimizer", {
      name: snakeCase(optimizer.className),
      variables: [
        { data: Int32Array.of(state?.iterations ?? 0), shape: [], dtype: "int32" },
        ...(headSize(model) === 2
          ? [variable(new NdArray(Float32Array.of(learningRateNow(model, optimizer)), []))]
          : []),
        ...(state ? slotParts(model) : []).map(({ slot, offset, shape }) =>
          variable(new NdArray(state!.slots[slot].slice(offset, offset + sizeOf(shape)), shape)),
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
  const described = readModelConfig(archive.config, who, {
    major: Number.parseInt(archive.metadata.keras_version, 10) || 3,
    numbers: [...archive.weights.values()].reduce((n, g) => g.variables.reduce((m, v) => m + v.data.length, n), 0),
  });
  const model = buildModel(described, who);
  fillWeights(model, archive.weights, who);
  for (const [name, asset] of archive.assets) model.assets.set(name, asset);
  if (described.compile) {
    model.compile({ ...described.compile, backend: options.backend });
    await restoreOptimizer(model, archive.weights.get("optimizer"));
  }
  return model;
}

function buildModel(described: Described, who: string): Sequential {
  try {
    const model = new Sequential(described.layers, { name: described.name, seed: described.seed });
    if (!model.built && described.inputShape) model.build(described.inputShape);
    if (model.built && model.weightStore) return model; // asked for here, where its size can still be refused
  } catch (error) {
    // A RangeError: the sizes ask for more memory than an array can have.
    if (error instanceof FormatError || !(error instanceof CellstateError || error instanceof RangeError)) throw error;
    throw new FormatError(`${who}: its architecture does not make a model: ${error.message}`, { cause: error });
  }
  const next = "Build or fit it in Keras before saving.";
  throw new FormatError(problem(who, "a built model", "one without an input shape", next));
}

/** Where Keras keeps each layer's variables: by class and count, not by name. */
function layerPaths(layers: readonly Layers[]): { layer: Layers; path: string; cell: boolean }[] {
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

function fillWeights(model: Sequential, tree: WeightTree, who: string): void {
  const store = model.weightStore;
  const places = layerPaths(model.layers)
    .map((place) => ({ ...place, wanted: store.inOrder.filter((p) => p.layer === place.layer) }))
    .filter(({ wanted }) => wanted.length > 0);
  const groups = matchGroups(places, tree);
  for (const { layer, path, wanted } of places) {
    const group = groups.get(layer);
    if (!group) {
      const next = "The file is incomplete, or of a layout this version does not know: save it again with Keras 3.";
      throw new FormatError(
        problem(`${who}, model.weights.h5`, `the weights of ${layer.label} at ${path}`, "none", next),
      );
    }
    if (group.variables.length !== wanted.length) {
      const found = `${group.variables.length}`;
      throw new FormatError(problem(`${who}, ${path}`, `${wanted.length} arrays for ${layer.label}`, found, damaged));
    }
    for (const [k, p] of wanted.entries()) fill(store, p, group.variables[k], `${who}, ${path}/vars/${k}`);
  }
}

type PlaceOf = { layer: Layers; path: string; cell: boolean; wanted: Parameter[] };

/**
 * Each layer's variables: by path; then by the name Keras wrote beside them; then by shape, in counting order, where as
 * many groups are left as layers of those shapes.
 */
function matchGroups(places: readonly PlaceOf[], tree: WeightTree): Map<Layers, WeightGroup> {
  const found = new Map<Layers, WeightGroup>();
  const free = new Map([...tree].filter(([path]) => path !== "" && path !== "optimizer"));
  const claim = (layer: Layers, path: string | undefined): boolean => {
    const group = path === undefined ? undefined : free.get(path);
    if (!group) return false;
    free.delete(path!);
    found.set(layer, group);
    return true;
  };
  for (const { layer, path, cell } of places) {
    const inside = cell ? "/cell" : "";
    const early = path.replace(/^layers\//, "_layer_checkpoint_dependencies/"); // TensorFlow 2.12
    if (!claim(layer, path + inside)) claim(layer, early + inside);
  }
  for (const { layer, cell } of places) {
    if (found.has(layer)) continue;
    const named = [...tree].find(([, group]) => group.name === layer.name)?.[0];
    if (!(cell && claim(layer, `${named}/cell`))) claim(layer, named);
  }
  const shapes = (list: readonly { shape: readonly number[] }[]) => list.map((v) => v.shape.join("x")).join(" ");
  const missing = places.filter(({ layer }) => !found.has(layer));
  for (const { layer, wanted } of missing) {
    const rivals = missing.filter((m) => !found.has(m.layer) && shapes(m.wanted) === shapes(wanted));
    const fitting = [...free].filter(([, group]) => shapes(group.variables) === shapes(wanted));
    if (fitting.length === rivals.length) claim(layer, fitting[0][0]);
  }
  return found;
}

function fill(store: Parameters, p: Parameter, v: WeightGroup["variables"][number], who: string): void {
  const expected = `${p.weight.name} ${showShape(p.shape)} of ${p.layer.label}`;
  if (!sameShape(v.shape, p.shape)) throw new FormatError(problem(who, expected, showShape(v.shape), damaged));
  const floats = floatsOf(v);
  if (!floats)
    throw new FormatError(problem(who, `${expected} as floating-point numbers`, v.dtype, "Save it unquantized."));
  store.write(p, new NdArray(floats, p.shape), who);
}

const damaged = "The weights are not those of this architecture: save it again.";

const floatsOf = ({ data }: WeightGroup["variables"][number]): Float32Array | null =>
  data instanceof Float32Array ? data : data instanceof Float64Array ? Float32Array.from(data) : null;

/** Where an optimizer's variables lie in the slots, in the order of Keras's files. */
function slotParts(model: Models) {
  const parameters = model.weightStore.inOrder.filter((p) => p.trainable);
  const { optimizer } = model.compiled!;
  const variables = optimizerVariables(
    optimizer,
    parameters.map((p) => p.shape),
  );
  // One number for a whole slot is any of the slot's.
  return variables.map((v) => ({ ...v, offset: v.parameter === null ? 0 : parameters[v.parameter].offset }));
}

/** Iteration and learning rate stand first; a schedule has no variable. */
const headSize = (model: Models) => (isSchedule(model.compiled!.optimizer.learningRate) ? 1 : 2);

/** Fewer or other variables than expected: as Keras, the model loads and its optimizer begins anew. */
async function restoreOptimizer(model: Sequential, group: WeightGroup | undefined): Promise<void> {
  const parts = slotParts(model);
  const head = headSize(model);
  const variables = group?.variables;
  if (!variables || variables.length !== parts.length + head) return;
  const iterations = Number(variables[0].data[0]);
  const values = variables.slice(head).map((v) => ({ shape: v.shape, floats: floatsOf(v) }));
  if (!Number.isSafeInteger(iterations) || iterations < 0) return;
  if (parts.some((part, k) => !values[k].floats || !sameShape(values[k].shape, part.shape))) return;
  const { optimizer } = model.compiled!;
  const words = model.weightStore.trainableWords;
  const all = initialSlots(optimizer, words) ?? new Float32Array(optimizer.slots.length * words);
  for (const [k, { slot, offset, parameter }] of parts.entries()) {
    if (parameter === null) all.fill(values[k].floats![0], slot * words, (slot + 1) * words);
    else all.set(values[k].floats!, slot * words + offset);
  }
  const slots = optimizer.slots.map((_, k) => all.subarray(k * words, (k + 1) * words));
  await model.restoreOptimizer({ iterations, slots });
}

const variable = (a: NdArray) => ({ data: Float32Array.from(a.data), shape: [...a.shape], dtype: "float32" });

/** Local time as Keras writes it: `2026-11-20@23:30:19`. */
function now(): string {
  const d = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}@${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
