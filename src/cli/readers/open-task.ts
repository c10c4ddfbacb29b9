import type { Command } from "commander";
import { kindNames } from "../../answers/index.ts";
import { DataError, problem } from "../../errors.ts";
import {
  type BundledKind,
  type Label,
  type LoadedTask,
  type LoadOptions,
  loadModel,
  loadTask,
  type Model,
  type TaskKind,
  taskOf,
} from "../../index.ts";
import { bareFlags, type Opening } from "./bare-options.ts";

/**
 * The task that a model file was saved by; a model without one becomes a task by the options, and by files beside it. Throws DataError
 * for one that is not among `wanted`, with the commands that fit it.
 */
export async function openAnyTask<K extends TaskKind>(
  file: string,
  wanted: readonly K[],
  opening: Opening = {},
): Promise<Extract<LoadedTask, { kind: K }>> {
  const { backend } = opening;
  const model = await loadModel(file, { backend });
  const { threshold, ...others } = opening;
  if (taskOf(model) !== null) refuseBareOptions(file, decides(taskOf(model)) ? others : opening);
  const opened =
    taskOf(model) === null
      ? await (await import("./bundle-bare.ts")).bundleBare(file, model, bundledAmong(file, wanted), opening)
      : await taskIn(model, { backend });
  if (wanted.some((kind) => kind === opened.kind)) return opened as Extract<LoadedTask, { kind: K }>;
  const next = `Use cellstate ${commandsFor[opened.kind]}.`;
  throw new DataError(problem(file, wanted.map((kind) => kindNames[kind]).join(" or "), kindNames[opened.kind], next));
}

/** The task of a model of any kind. */
export async function taskIn(model: Model, options: LoadOptions): Promise<LoadedTask> {
  if (taskOf(model) === "multiLabelClassifier") await import("../../multilabel/index.ts"); // loadTask opens it then
  return loadTask(model, options);
}

/** The kinds that a model without a task can become. Throws DataError where there is none. */
function bundledAmong(file: string, wanted: readonly TaskKind[]): BundledKind[] {
  const alone = [
    ...["anomalyDetector", "globalForecaster", "sequenceTagger", "translator"],
    ...["sequenceTranscriber", "videoClassifier", "multiLabelClassifier"],
  ];
  const kinds = wanted.filter((kind): kind is BundledKind => !alone.some((one) => one === kind));
  if (kinds.length > 0) return kinds;
  const next = "Train one: cellstate train anomaly FILE --save MODEL.keras.";
  throw new DataError(problem(file, kindNames.anomalyDetector, "a model without a task", next));
}

/** Whether a kind of task ends in classes, which a threshold decides between. */
const decides = (kind: string | null): boolean => kind !== null && classifiers.includes(kind);
const classifiers = ["textClassifier", "sequenceClassifier", "videoClassifier", "multiLabelClassifier"];

/** Thresholds by class as they were typed; one number is that of the second of two classes. Throws DataError where there are not two. */
export function thresholdsOf(
  { threshold }: Opening,
  labels: readonly Label[],
): { thresholds?: Readonly<Record<string, number>> } {
  if (threshold === undefined) return {};
  if (typeof threshold !== "number") return { thresholds: threshold };
  if (labels.length === 2) return { thresholds: { [String(labels[1])]: threshold } };
  const next = `Give it by class: --threshold "${labels[0]}=${threshold}".`;
  throw new DataError(problem("--threshold", "a number for two classes", `${labels.length} classes`, next));
}

/** Throws DataError for an option that says again what the file of a task has. */
function refuseBareOptions(file: string, opening: Opening): void {
  const given = Object.entries(bareFlags).find(([name]) => opening[name as keyof Opening] !== undefined);
  if (!given) return;
  const next = "Leave it out: this file has its own.";
  throw new DataError(problem(given[1], "a model without a task in its file", file, next));
}

/** Throws DataError for an option that was given and says nothing to such a task. */
export function refuseForeign(
  self: Command,
  kind: TaskKind,
  only: Readonly<Record<string, readonly TaskKind[]>>,
): void {
  for (const [name, kinds] of Object.entries(only)) {
    if (kinds.includes(kind) || self.getOptionValueSource(name) !== "cli") continue;
    const flag = self.options.find((option) => option.attributeName() === name)!.long!;
    const expected = kinds.map((one) => kindNames[one]).join(" or ");
    throw new DataError(problem(flag, expected, kindNames[kind], "Leave it out."));
  }
}

export const commandsFor: Record<TaskKind, string> = {
  textClassifier: "predict or cellstate evaluate",
  sequenceClassifier: "predict or cellstate evaluate",
  languageModel: "generate, cellstate predict or cellstate evaluate",
  forecaster: "forecast or cellstate evaluate",
  globalForecaster: "forecast or cellstate evaluate",
  regressor: "predict or cellstate evaluate",
  anomalyDetector: "detect",
  sequenceTagger: "predict or cellstate evaluate",
  translator: "predict, cellstate evaluate or cellstate explain",
  sequenceTranscriber: "predict or cellstate evaluate",
  videoClassifier: "predict or cellstate evaluate",
  multiLabelClassifier: "predict or cellstate evaluate",
};
