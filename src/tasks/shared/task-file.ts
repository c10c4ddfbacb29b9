import { DataError, FormatError, fault, problem, showValue } from "../../errors.ts";
import { type LoadOptions, loadModel, sourceOf } from "../../formats/load-model.ts";
import { type AnyModel, Model } from "../../models/model.ts";

/** Plain data that a task keeps beside its model. */
export type TaskData = Readonly<Record<string, unknown>>;

/** Source of a model: a path, an address, the bytes of a file, or `loadModel`, which has opened it already. */
export type TaskSource = string | URL | Uint8Array | ArrayBuffer | Model;

const place = "cellstate/task.json"; // below assets/ in the .keras file, where Keras looks at nothing
/**
 * Of what a task keeps. One more with every change of it: files of version 1 had other names for options; those of version 3
 * are `bundled` (shared/bundled.ts), which version 2 does not know; those of version 4 forecast by other methods than a network alone.
 */
function versionFor({ bundled, methods }: TaskData): number {
  if (bundled !== undefined) return 3;
  return JSON.stringify(methods ?? [])
    .replaceAll('"name":"network"', "")
    .includes('"name"')
    ? 4
    : 2;
}

/**
 * Writes a task's model as `.keras`, and beside it what turns raw input into rows: `data`, and files by name. Keras opens the
 * file as the model it is.
 */
export async function saveTask(
  model: Pick<AnyModel, "assets" | "save">,
  path: string | URL,
  task: string,
  data: TaskData,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (!/\.keras$/i.test(String(path))) {
    const next = `${task}.save("model.keras"): no other format stores the preprocessing.`;
    throw new DataError(problem(`${task}.save`, "a name that ends in .keras", showValue(String(path)), next));
  }
  const assets = new Map(model.assets);
  for (const [name, bytes] of taskAssets(task, data, files)) assets.set(name, bytes);
  await model.save(path, { assets });
}

/** Contents of a task's file beside the model: `data`, and files by name. */
export function taskAssets(
  task: string,
  data: TaskData,
  files: Readonly<Record<string, string>>,
): Map<string, Uint8Array> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const named = Object.entries(files).map(([name, text]) => [`cellstate/${name}`, encode(text)] as const);
  return new Map([[place, encode(JSON.stringify({ task, version: versionFor(data), ...data }))], ...named]);
}

/** A task's model and data, as `saveTask` wrote them. Throws FormatError for a model of another task, or of none. */
export async function openTask(
  source: TaskSource,
  task: string,
  options: LoadOptions = {},
): Promise<{ model: Model; data: TaskData; file: (name: string) => string }> {
  const model = await openModel(source, options);
  const who = `${task}: ${nameOf(model) ?? "model"}`;
  const data = taskData(model, who);
  if (data === null) {
    const next = "loadModel(path) opens it.";
    throw new FormatError(fault(who, "this file has layers and weights only: no vocabulary, labels or scalers", next));
  }
  if (data.task !== task) {
    const next = `It was saved by ${showValue(data.task)}: load it as that.`;
    throw new FormatError(problem(who, `a file that ${task} saved`, `one of ${showValue(data.task)}`, next));
  }
  const version = versionFor(data);
  if (data.version !== version) {
    const earlier = isNumber(data.version) && data.version < version;
    const next = earlier
      ? "An earlier Cellstate wrote it: train again and save. loadModel(path) opens the layers and their weights alone."
      : "A newer Cellstate wrote it: update this one.";
    throw new FormatError(problem(who, `a task of version ${version}`, showValue(data.version), next));
  }
  const file = (name: string) => {
    const bytes = model.assets.get(`cellstate/${name}`);
    if (bytes) return new TextDecoder().decode(bytes);
    throw new FormatError(
      problem(who, `a file assets/cellstate/${name}`, "none", "The file is incomplete: save it again."),
    );
  };
  return { model, data: { ...data, task: who }, file }; // for readField's messages
}

/** The model of a file, or the one that is opened already. */
export async function openModel(source: TaskSource, options: LoadOptions): Promise<Model> {
  return source instanceof Model ? source : loadModel(source, options);
}

/** Its name in messages: a path or an address. */
export function nameOf(source: TaskSource): string | undefined {
  if (source instanceof Model) return sourceOf(source);
  return source instanceof URL || typeof source === "string" ? String(source) : undefined;
}

/**
 * The name of the task a loaded model was saved by, for example `"textClassifier"`; null for a model alone.
 *
 *   taskOf(await loadModel("sentiment.keras"));   // textClassifier
 */
export function taskOf(model: Pick<Model, "assets">): string | null {
  const name = taskData(model, "taskOf")?.task;
  return typeof name === "string" ? name : null;
}

/** The options that a file can keep: plain data, optimizers and losses by their names, and no backend. */
export function plainOptions(options: object): TaskData {
  const named = (name: string, v: unknown) => !["optimizer", "loss"].includes(name) || typeof v === "string";
  const keeps = ([name, v]: [string, unknown]) => name !== "backend" && typeof v !== "function" && named(name, v);
  return Object.fromEntries(Object.entries(options).filter(keeps));
}

/** Those of a file; none in one that an earlier version wrote. */
export const readPlainOptions = (data: TaskData): TaskData =>
  data.options === undefined ? {} : plainOptions(readField(data, "options", "options in braces", isRecord));

/** One value of a task's data, checked. Throws FormatError naming it. */
export function readField<T>(data: TaskData, name: string, expected: string, fits: (value: unknown) => value is T): T {
  const value = data[name];
  if (fits(value)) return value;
  const next = "The file is damaged, or was changed by hand.";
  throw new FormatError(
    problem(`${String(data.task)}: ${name}`, expected, value === undefined ? "nothing" : showValue(value), next),
  );
}

/** Checks for `readField`. */
export const isCount =
  (most: number) =>
  (v: unknown): v is number =>
    Number.isInteger(v) && Number(v) >= 0 && Number(v) <= most;
export const isText = (v: unknown): v is string => typeof v === "string";
export const isRecord = (v: unknown): v is Record<string, unknown> =>
  typeof v === "object" && v !== null && !Array.isArray(v);
export const isList =
  <T>(entry: (v: unknown) => v is T) =>
  (v: unknown): v is T[] =>
    Array.isArray(v) && v.every(entry);
export const isNumber = (v: unknown): v is number => typeof v === "number" && Number.isFinite(v);

function taskData({ assets }: Pick<Model, "assets">, who: string): TaskData | null {
  const bytes = assets.get(place);
  if (!bytes) return null;
  const wrong = (found: string) =>
    new FormatError(problem(`${who}, assets/${place}`, "a JSON object", found, "Save it again."));
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw wrong((error as Error).message);
  }
  if (!isRecord(data)) throw wrong("other JSON");
  return data;
}
