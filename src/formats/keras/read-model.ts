import { CellstateError, FormatError, problem } from "../../errors.ts";
import { Input, input } from "../../layers/input.ts";
import type { AnyLayer, Symbolic, SymbolicTensor } from "../../layers/layer.ts";
import { type MaskRules, maskRules } from "../../layers/masks.ts";
import { Functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { Sequential } from "../../models/sequential.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import { isCarried } from "../../train/parameters.ts";
import { Budget, memoryFor } from "../budget.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { ownNames } from "./free-names.ts";
import { type LayerContext, readLayer, readShape } from "./layers.ts";
import { nameOf, readNodes } from "./nodes.ts";
import { isCustom } from "./object.ts";
import { isOperation, readOperation } from "./operations.ts";
import { registeredLayer } from "./registered-layers.ts";
import { SharedObjects } from "./shared.ts";

const defaultSeed = 1;
const deepest = 16; // models and wrappers inside each other

/** The context for reading an architecture, and its depth inside other models. */
interface ModelContext extends LayerContext {
  readonly who: string;
  readonly depth: number;
  /** Whether the file keeps states from batch to batch: then the batch size it gives is kept too. */
  readonly stateful: boolean;
  readonly shared: SharedObjects;
  readonly masks: MaskRules;
}

/**
 * Builds the model that Keras's JSON describes: sequential or functional, with models inside it, in the dialects of Keras 1,
 * 2 and 3. Weights are not drawn. Throws FormatError for what this version cannot run exactly: better no model than wrong
 * numbers.
 *
 *   const model = readModel(archive.config, "model.keras", { major: 3, numbers: 1000 });
 */
export function readModel(described: JsonObject, who: string, context: LayerContext): AnyModel {
  const config = ownNames(described);
  const ours = config.cellstate as JsonObject | null | undefined;
  const seed = Number.isSafeInteger(ours?.seed) ? (ours!.seed as number) : defaultSeed;
  const stateful = JSON.stringify(config).includes('"stateful":true');
  try {
    const said = maskRules.find((rules) => rules === ours?.masks);
    const masks = said ?? context.masks ?? (context.major < 3 ? "keras-2" : "keras-3.15");
    const shared = new SharedObjects();
    const model = readAny(config, { ...context, who, depth: 0, stateful, shared, masks }, seed);
    if (!model.built && context.draws) return model;
    if (model.built && context.draws) checkDrawn(model, context.numbers, context.draws.anyWork, who);
    else if (model.built) checkSizes(model, context.numbers, who);
    if (model.built && model.weightStore) return model; // made here, where its size can still be refused
  } catch (error) {
    // A RangeError: the sizes need more memory than an array can have.
    if (error instanceof FormatError || !(error instanceof CellstateError || error instanceof RangeError)) throw error;
    throw new FormatError(`${who}: its architecture does not make a model: ${error.message}`, { cause: error });
  }
  const next = "Build or fit it in Keras before saving.";
  throw new FormatError(problem(who, "a built model", "one without an input shape", next));
}

/**
 * No weight is larger than all in the file, and all together are hardly more: a few that are missing are told by their layer
 * later. States that batches carry are not in the file, but bounded by it.
 */
function checkSizes(model: AnyModel, numbers: number, who: string): void {
  const owned = [...new Map(model.ownedWeights().map((entry) => [entry.weight, entry])).values()];
  const next = "The file is damaged: save it again.";
  const sizes = { saved: 0, carried: 0 };
  for (const { weight, layer } of owned) {
    const size = sizeOf(weight.shape);
    if (isCarried(weight)) sizes.carried += size;
    else sizes.saved += size;
    if (isCarried(weight) || size <= numbers) continue;
    const found = `a weight [${weight.shape.join(", ")}]`;
    const where = `${who}, layer "${layer.name}"`;
    throw new FormatError(problem(where, `weights of at most the ${numbers} numbers in the file`, found, next));
  }
  if (sizes.saved > numbers + 2 ** 24)
    throw new FormatError(problem(who, `weights of the ${numbers} numbers in the file`, `of ${sizes.saved}`, next));
  new Budget(who, memoryFor(4 * numbers), "bytes of states to carry", "Save it with a smaller batch.").take(
    4 * sizes.carried,
  );
}

/** Multiplications of orthogonal matrices that may be drawn: those of an LSTM of 1,024 units, some seconds. */
const mostWork = 2 ** 32;

/** Limits of drawing: the number of values, and the work of making matrices orthogonal. */
function checkDrawn(model: AnyModel, numbers: number, anyWork: boolean, who: string): void {
  const next = "Where you trust it: modelFromJson(json, { maxParameters: 100_000_000 }).";
  const parameters = new Budget(who, numbers, "parameters", next);
  const work = new Budget(who, anyWork ? Number.POSITIVE_INFINITY : mostWork, "multiplications to draw weights", next);
  for (const weight of new Set(model.ownedWeights().map((owned) => owned.weight))) {
    const size = sizeOf(weight.shape);
    parameters.take(size, `weight [${weight.shape.join(", ")}]`);
    const columns = weight.shape.at(-1) ?? 1;
    if (weight.initializer.className === "Orthogonal") work.take(size * Math.min(columns, size / columns));
  }
}

function readAny(object: JsonObject, context: ModelContext, seed?: number): AnyModel {
  if (!isModel(object)) {
    const found = `${isCustom(object) ? "a class of the author's own, " : ""}${String(object.class_name)}`;
    const next = "Its forward computation is not in the file: build it as a functional model and save it again.";
    throw new FormatError(problem(context.who, "a Sequential or Functional model", found, next));
  }
  // Keras 1 wrote the list of layers alone.
  const inner = Array.isArray(object.config)
    ? { layers: object.config }
    : objectOf(object.config, context.who, `config of ${String(object.class_name)}`);
  const name = typeof inner.name === "string" ? inner.name : undefined;
  const trainable = inner.trainable !== false;
  const options = { name, trainable, seed, masks: context.masks };
  const list = (Array.isArray(inner.layers) ? inner.layers : []).map((entry, k) =>
    objectOf(entry, context.who, `layer ${k}`),
  );
  if (object.class_name === "Sequential") return readSequential(object, inner, list, context, options);
  const read = (entry: JsonObject) => readEntry(entry, context);
  const { inputs, outputs, outputKeys } = readNodes(inner, list, context.who, read, context.masks);
  return new Functional(inputs, outputs.length === 1 ? outputs[0] : outputs, options, outputKeys);
}

type Options = { name?: string; trainable: boolean; seed?: number; masks: MaskRules };

function readSequential(
  object: JsonObject,
  inner: JsonObject,
  list: JsonObject[],
  context: ModelContext,
  options: Options,
) {
  if (list.length === 0) throw new FormatError(problem(context.who, "layers in a Sequential model", "none"));
  const layers = list.map((entry) => readEntry(entry, context));
  const [first, ...others] = layers;
  // Keras's may end with a layer of several results, the model's outputs; ours is for one.
  if (first instanceof Input && severalResults(list[list.length - 1])) {
    const outputs = others.reduce<Called>((x, layer) => layer(x as Symbolic) as Called, first);
    return new Functional([first], outputs as SymbolicTensor[], options);
  }
  const model = new Sequential(layers, options);
  if (model.built) return model;
  const own = configOf(list[0], context.who);
  const build = objectOf(object.build_config ?? {}, context.who, "build_config").input_shape ?? inner.build_input_shape;
  const shape = own.batch_shape ?? own.batch_input_shape ?? build;
  if (shape) model.build(batchShape(shape, context));
  return model;
}

type Called = Symbolic | SymbolicTensor[];

/** Whether a layer gives its states as well, or both ways apart. */
function severalResults({ class_name, config }: JsonObject): boolean {
  const { return_state, layer, merge_mode } = (config ?? {}) as JsonObject;
  if (class_name === "Bidirectional" && merge_mode === null) return true;
  return return_state === true || (layer instanceof Object && severalResults(layer as JsonObject));
}

function readEntry(object: JsonObject, context: ModelContext): AnyLayer {
  if (context.depth > deepest)
    throw new FormatError(problem(context.who, `at most ${deepest} models inside each other`, "more"));
  return context.shared.read(object, () => readNewEntry(object, context));
}

function readNewEntry(object: JsonObject, context: ModelContext): AnyLayer {
  if (isModel(object)) return readAny(object, { ...context, depth: context.depth + 1 });
  const config = configOf(object, context.who);
  if (isOperation(object)) return readOperation(object, context.who);
  if (object.class_name === "InputLayer") return readInput(config, nameOf(object), context);
  const reader = registeredLayer(object);
  if (!reader) return readKnownLayer(object, config, context);
  const name = typeof config.name === "string" ? config.name : undefined;
  return reader(config, { name, trainable: config.trainable !== false });
}

function readKnownLayer(object: JsonObject, config: JsonObject, context: ModelContext): AnyLayer {
  const readInner = (inner: JsonObject, who: string) => readEntry(inner, { ...context, who, depth: context.depth + 1 });
  if (!isCustom(object)) return readLayer(object, config, context.who, context, readInner);
  const className = String(object.class_name);
  const next = `Before loading: registerLayer("${className}", (config, options) => yourLayer). The file has only its config and weights.`;
  const found = `${className}, a class of the author's own`;
  throw new FormatError(problem(`${context.who}, layer "${nameOf(object)}"`, "a layer of Keras", found, next));
}

function readInput(config: JsonObject, name: string, context: ModelContext): Input {
  const [batchSize, ...shape] = batchShape(config.batch_shape ?? config.batch_input_shape, context);
  const texts = config.dtype === "string" && { dtype: "string" as const };
  const dtype = texts || (/^u?int/.test(String(config.dtype)) ? { dtype: "i32" as const } : {});
  return input(shape, { name, ...dtype, ...(batchSize === null ? {} : { batchSize }) });
}

function batchShape(value: JsonValue | undefined, { who, stateful }: ModelContext): PartialShape {
  const shape = readShape(value, who);
  const batch = (value as JsonValue[])[0];
  return stateful && typeof batch === "number" ? [batch, ...shape.slice(1)] : shape;
}

/** Whether an object is a model that its file describes whole. Keras 1 and 2 called functional ones `Model`. */
export function isModel(object: JsonObject): boolean {
  return ["Sequential", "Functional", "Model"].includes(object.class_name as string) && !isCustom(object);
}

function configOf(object: JsonObject, who: string): JsonObject {
  return objectOf(object.config, who, `config of a ${String(object.class_name)} layer`);
}

/** Throws FormatError unless the value is an object. */
export function objectOf(value: JsonValue | undefined, who: string, place: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  const found = JSON.stringify(value)?.slice(0, 60) ?? "nothing";
  const next = "The file is damaged: save it again.";
  throw new FormatError(problem(`${who}, config.json`, `an object at ${place}`, found, next));
}
