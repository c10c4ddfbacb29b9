import { DataError, problem } from "../../errors.ts";
import { asNdArray, type LoadedTask, type NdArray } from "../../index.ts";
import type { Replace } from "../messages.ts";
import { readForecastInput } from "./forecast.ts";
import { detectorReader, globalReader, taggerReader } from "./more-tasks.ts";
import { readSequence } from "./numbers.ts";
import { mostSteps, noReader, type Reader, type Reading } from "./reading.ts";
import { readText, type TextTask } from "./words.ts";

type Of<K extends LoadedTask["kind"]> = Extract<LoadedTask, { kind: K }>["task"];

/** The reader of a task's samples; null for a task that has no way to the input of its network. */
export function taskReader(loaded: LoadedTask): Reader | null {
  if (loaded.kind === "textClassifier") return textClassifierReader(loaded.task);
  if (loaded.kind === "languageModel") return languageReader(loaded.task);
  if (loaded.kind === "sequenceClassifier") return sequenceReader(loaded.task);
  if (loaded.kind === "forecaster") return readForecastInput(loaded.task);
  if (loaded.kind === "regressor") return regressorReader(loaded.task);
  if (loaded.kind === "sequenceTagger") return taggerReader(loaded.task);
  if (loaded.kind === "anomalyDetector") return detectorReader(loaded.task);
  if (loaded.kind === "globalForecaster") return globalReader(loaded.task);
  return null;
}

const ownWords =
  'It splits texts by a layer of its own, so that the page cannot show its words: cellstate explain MODEL "a text" says what it does.';

function textClassifierReader(task: Of<"textClassifier">): Reader {
  const { tokenizer, length } = task;
  if (task.modelInput("a").steps === null) return noReader(ownWords);
  const reading: TextTask = {
    ...{ tokenizer, begin: [], most: length || mostSteps },
    modelInput: (text) => task.modelInput(text),
  };
  return {
    ...{ input: tokenizer.charLevel ? "characters" : "words", example: "", labels: task.labels.map(String) },
    read: (input, replace) => {
      const found = readText(reading, input, replace);
      return found.inputs.length > 1 ? { ...found, note: `${found.note} ${bagToo}`.trim() } : found;
    },
  };
}

const bagToo = "It also has a bag of words and pairs: that part is in its answer, not in gates and parts of words.";

function languageReader(task: Of<"languageModel">): Reader {
  const { tokenizer, endToken } = task.reading;
  const width = task.model.inputShape?.[1] ?? null;
  const reading: TextTask = {
    ...{ tokenizer, begin: endToken === null ? [] : [endToken], most: width ?? mostSteps },
    modelInput: (text) => task.modelInput(text),
  };
  return {
    ...{ input: tokenizer.charLevel ? "characters" : "words", example: "", words: tokenizer.indexWord },
    read: (input, replace) => readText(reading, input, replace),
  };
}

/** Numbers of a sequence that a scaler gives, around its middle: something to begin with. */
export function madeUpRows(steps: number, features: number, inverse: (rows: number[][]) => NdArray): string {
  const waves = Array.from({ length: steps }, (_, t) =>
    Array.from({ length: features }, (_, d) => 0.5 * Math.sin(t / 2 + d)),
  );
  const rows = inverse(waves).toArray() as number[][];
  return rows.map((row) => row.map((v) => Number(v.toPrecision(4))).join(" ")).join(features === 1 ? " " : "; ");
}

function sequenceReader(task: Of<"sequenceClassifier">): Reader {
  const features = task.model.inputShape?.at(-1);
  if (typeof features !== "number") return noReader("The number of its features is not known.");
  const most = task.length || mostSteps;
  const modelInput = async (rows: number[][]) => (await task.modelInput(rows)).x as NdArray;
  return {
    ...{ input: "numbers", features, labels: task.labels.map(String) },
    example: madeUpRows(Math.min(most, 12), features, (rows) => task.scaler.inverse(rows)),
    read: (input, replace) => readSequence(input, features, modelInput, { most, replace }),
  };
}

function regressorReader(task: Of<"regressor">): Reader {
  if (task.reads === "texts") {
    const { steps } = task.modelInput("a");
    if (steps === null) return noReader(ownWords);
    return { input: "words", example: "", read: (input, replace) => tokensRead(task, input, replace) };
  }
  const features = task.model.inputShape?.at(-1);
  if (typeof features !== "number") return noReader("The number of its features is not known.");
  const modelInput = async (rows: number[][]) => task.modelInput(rows).x as NdArray;
  const most = task.model.inputShape?.[1] ?? mostSteps;
  return {
    ...{ input: "numbers", features },
    example: madeUpRows(Math.min(most, 12), features, asNdArray),
    read: (input, replace) => readSequence(input, features, modelInput, { most, replace }),
  };
}

/** A text by the tokens that the task gives: its words' own spelling is not known. */
function tokensRead(task: Of<"regressor">, input: string, replace: Replace | null): Reading {
  if (replace)
    throw new DataError(problem("replace", "a model with a vocabulary", "a regressor", "Change the text instead."));
  const { x, steps } = task.modelInput(input);
  const from = Math.max(
    0,
    steps!.findIndex((token) => token !== ""),
  );
  const tokens = steps!.slice(from, steps!.findLastIndex((token) => token !== "") + 1);
  if (tokens.length === 0)
    throw new DataError(problem("input", "words that the model knows", "none", "Try everyday words."));
  return {
    ...{ inputs: [x].flat() as NdArray[], from, prefixes: null, note: "", answer: "" },
    steps: tokens.map((text) => ({ text, known: true })),
  };
}
