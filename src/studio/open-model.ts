import { FormatError, showShape } from "../errors.ts";
import {
  type AnyLayer,
  type AnyModel,
  type LoadedTask,
  loadModel,
  loadTask,
  type Model,
  type NdArray,
  taskOf,
} from "../index.ts";
import type { About, LayerRow, Replace } from "./messages.ts";
import { bareReader } from "./read/bare-reader.ts";
import { noReader, type Reader, type Reading, stacked } from "./read/reading.ts";
import { taskReader } from "./read/task-reader.ts";

export { mostSteps, type Reading } from "./read/reading.ts";

/** A model that is open, and how its input is typed. */
export interface OpenModel {
  readonly model: AnyModel;
  readonly task: LoadedTask | null;
  readonly about: About;
  /** Reads what was typed, with one step replaced by another. Rejects with DataError in the words of the person who typed it. */
  read(input: string, replace?: Replace | null): Promise<Reading>;
  /** The meaning of the output's numbers. */
  readonly output: OutputMeaning;
}

/** The meaning of a row of outputs. */
export interface OutputMeaning {
  /** Names of the classes; for a single probability [the other class, this one]. */
  readonly labels: readonly string[] | null;
  /** Words by their ids. */
  readonly words: ReadonlyMap<number, string> | null;
  /** Names of values that are no probabilities; null: they are numbered. */
  readonly names: readonly string[] | null;
  /** A value of the model in the units of its data, by its place in the output. */
  readonly scaled: (value: number, place: number) => number;
}

/** A note of our own scripts beside a model, in its assets. */
interface StudioNote {
  example?: string;
  /** y = (value - shift) / scale */
  shift?: number;
  scale?: number;
  /** Names of the outputs, or of the two classes of one. */
  labels?: readonly string[];
}

const noteName = "studio.json";

/** Opens the bytes of any model file; weights of a JSON file may lie in another one. */
export async function openFile(
  name: string,
  bytes: Uint8Array,
  backend: string,
  weights?: Uint8Array,
): Promise<OpenModel> {
  const model = await loadModel(bytes, weights ? { weights } : {});
  const task = taskOf(model) === null ? null : await taskIn(model as Model);
  return opened(name, model, task, backend);
}

/** The task of a file; null where this version does not know it: its network can be looked at all the same. */
async function taskIn(model: Model): Promise<LoadedTask | null> {
  try {
    return await loadTask(model);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** A model of any origin as one that can be read. */
export function opened(name: string, model: AnyModel, task: LoadedTask | null, backend: string): OpenModel {
  const note = studioNote(model);
  const reader = readerOf(model, task, note);
  const labels = reader.labels ?? note.labels;
  const about: About = {
    name,
    task: task?.kind ?? null,
    input: reader.input,
    refusal: reader.refusal ?? "",
    features: reader.features ?? 0,
    columns: reader.columns ?? [],
    example: note.example ?? reader.example,
    madeUp: note.example === undefined && reader.example !== "",
    layers: layerRows(model),
    parameters: model.countParams(),
    backend,
    writes: task?.kind === "languageModel",
    labels: labels ?? [],
    canSave: true,
  };
  const output = {
    labels: labels ?? null,
    words: reader.words ?? null,
    names: reader.names ?? null,
    scaled: reader.scaled ?? ((value: number) => value),
  };
  const read = async (input: string, replace: Replace | null = null) =>
    inRows(await reader.read(input, replace), model);
  return { model, task, about, read, output };
}

function readerOf(model: AnyModel, task: LoadedTask | null, note: StudioNote): Reader {
  if (!model.layers.some(isRecurrent)) {
    const none = noReader("It has no recurrent layer: there are no gates and no memory to look at.");
    return model.layers.some(isAttention) ? { ...none, read: bareReader(model, note).read } : none;
  }
  return (task && taskReader(task)) ?? bareReader(model, note);
}

/** Whether a layer has a cell that runs over steps, itself or somewhere inside. */
const isRecurrent = (layer: AnyLayer): boolean => "cell" in layer || layer.sublayers.some(isRecurrent);

/** Attention is looked at step by step without any memory too. */
const isAttention = ({ className }: AnyLayer): boolean => /Attention$/.test(className);

function layerRows(model: AnyModel): LayerRow[] {
  const nodes = new Map(model.graph().nodes.map((node) => [node.name, node]));
  return model.layers.map((layer): LayerRow => {
    const node = nodes.get(layer.name);
    const shapes = node?.outputShape ?? [];
    const shape = Array.isArray(shapes[0])
      ? (shapes as number[][]).map(showShape).join(", ")
      : showShape(shapes as never);
    return { name: layer.name, className: node?.className ?? layer.factory, shape, parameters: node?.params ?? 0 };
  });
}

/** The rows of a reading as often as a model of a fixed batch wants them. */
function inRows(reading: Reading, { fixedBatch }: AnyModel): Reading {
  if (!fixedBatch || fixedBatch === 1) return reading;
  const often = (x: NdArray) => stacked(Array.from({ length: fixedBatch }, () => x));
  return { ...reading, inputs: reading.inputs.map(often), prefixes: null };
}

/** The note beside a model of ours; what is damaged or foreign counts as none. */
function studioNote({ assets }: AnyModel): StudioNote {
  const bytes = assets.get(noteName);
  if (!bytes || bytes.length > 10_000) return {};
  try {
    const { example, shift, scale, labels } = JSON.parse(new TextDecoder().decode(bytes)) as StudioNote;
    const named = Array.isArray(labels) && labels.length > 1 && labels.every((name) => typeof name === "string");
    return {
      ...(named ? { labels } : {}),
      ...(typeof example === "string" ? { example } : {}),
      ...(typeof shift === "number" && Number.isFinite(shift) ? { shift } : {}),
      ...(typeof scale === "number" && Number.isFinite(scale) && scale !== 0 ? { scale } : {}),
    };
  } catch {
    return {};
  }
}
