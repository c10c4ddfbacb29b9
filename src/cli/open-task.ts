import { DataError, problem } from "../errors.ts";
import {
  type Forecaster,
  type LanguageModel,
  loadForecaster,
  loadLanguageModel,
  loadModel,
  loadSequenceClassifier,
  loadTextClassifier,
  type SequenceClassifier,
  type TextClassifier,
  taskOf,
} from "../index.ts";
import { readBytes } from "./read-text-file.ts";

export interface Tasks {
  textClassifier: TextClassifier;
  languageModel: LanguageModel;
  sequenceClassifier: SequenceClassifier;
  forecaster: Forecaster;
}
export type Opened = { [K in keyof Tasks]: { kind: K; task: Tasks[K] } }[keyof Tasks];

/** The task that a model file was saved by. Throws DataError for a model alone, or one of a task that is not among `wanted`. */
export async function openAnyTask<K extends keyof Tasks>(
  file: string,
  wanted: readonly K[],
  backend?: string,
): Promise<Extract<Opened, { kind: K }>> {
  const bytes = await readBytes(file);
  const kind = taskOf(await loadModel(bytes));
  const known = wanted.find((name) => name === kind);
  if (known === undefined) {
    const found = kind === null ? "a model alone, without its preprocessing" : `one of ${kind}`;
    const next =
      kind === null ? "Train one: cellstate train --help." : `For ${kind}: ${commandsFor[kind] ?? "summary"}.`;
    throw new DataError(problem(file, `a model of ${wanted.join(" or ")}`, found, next));
  }
  return { kind: known, task: await openers[known](bytes, { backend }) } as Extract<Opened, { kind: K }>;
}

const commandsFor: Record<string, string> = {
  textClassifier: "cellstate predict or evaluate",
  sequenceClassifier: "cellstate predict or evaluate",
  languageModel: "cellstate generate, predict or evaluate",
  forecaster: "cellstate forecast or evaluate",
};

const openers = {
  textClassifier: loadTextClassifier,
  languageModel: loadLanguageModel,
  sequenceClassifier: loadSequenceClassifier,
  forecaster: loadForecaster,
};
