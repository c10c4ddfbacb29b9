import { DataError, problem } from "../errors.ts";
import type { LoadedTask, ModelInput, NdArray, Sequence, SeriesRecord, TaskKind } from "../index.ts";

/** The tasks whose models are explained step by step: all but translators, whose attention is shown. */
export const explained = [
  ...["textClassifier", "sequenceClassifier", "languageModel", "forecaster", "globalForecaster", "regressor"],
  ...["anomalyDetector", "sequenceTagger", "multiLabelClassifier", "sequenceTranscriber", "videoClassifier"],
] as readonly Exclude<TaskKind, Unexplained>[];

/** One of them, opened. */
export type ExplainedTask = Exclude<LoadedTask, { kind: Unexplained }>;
type Unexplained = "translator";

/** A sample as the model reads it, and the prediction that is explained. */
export interface Sample {
  readonly input: ModelInput;
  /** The place in a row of the output that is explained; null: that of the most probable class or token. */
  readonly target: number | null;
  /** The output that is explained, in words, by its place. */
  named(target: number): string;
  readonly prediction: { readonly text: string; readonly data: unknown };
}

/** A task of some kinds, opened. */
export type Of<K extends ExplainedTask["kind"]> = Extract<ExplainedTask, { kind: K }>;
export const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;

/** A series so far, of a forecaster. */
export async function seriesSample(
  { task }: Of<"forecaster">,
  series: NdArray,
  columns: readonly string[],
  dates: readonly string[] | null,
): Promise<Sample> {
  const { values } = await task.predict(series, { dates });
  const next = columns[task.learned.targets[0]];
  const data = { target: next, value: values.at(0, 0) };
  const input = task.modelInput(series);
  const steps = dates?.slice(-(input.x as NdArray).shape[1]) ?? null;
  return {
    input: { ...input, steps },
    target: 0,
    named: () => `${next} one step ahead, in the network's units`,
    prediction: { text: `${next} after these rows: ${Number(values.at(0, 0).toPrecision(6))}`, data },
  };
}

/** A series of a forecaster of many. */
export async function memberSample({ task }: Of<"globalForecaster">, series: SeriesRecord): Promise<Sample> {
  const [found] = await task.predict([series]);
  const name = found.id === "" ? "the series" : found.id;
  const [value] = found.values;
  return {
    input: await task.modelInput(series),
    target: 0,
    named: () => `${name} one step ahead, in the network's units`,
    prediction: {
      text: `${name} after these rows${found.dates ? `, ${found.dates[0]}` : ""}: ${Number(value.toPrecision(6))}`,
      data: { series: found.id, date: found.dates?.[0] ?? null, value },
    },
  };
}

/**
 * A row of a series as a detector scores it, with the column that is farthest off; the row is counted from 0, null: the one with the largest
 * score. Throws DataError for a row that has none.
 */
export async function detectedSample(
  { task }: Of<"anomalyDetector">,
  { series, columns, dates }: { series: NdArray; columns: readonly string[]; dates: readonly string[] | null },
  asked: number | null,
): Promise<Sample> {
  const { learned } = task;
  const { scores, threshold, usual } = await task.detect(series, { dates });
  const best = scores.reduce((top, v, t) => (v > (scores[top] ?? Number.NEGATIVE_INFINITY) ? t : top), -1);
  const row = asked ?? best;
  if (!Number.isFinite(scores[row])) {
    const next = `The first ${learned.window} rows are only read.`;
    throw new DataError(problem("explain", "a row that has a score", row < 0 ? "none" : `row ${row + 1}`, next));
  }
  const at = row + 1;
  const [rows, before] = [series.slice(0, at), dates?.slice(0, at) ?? null];
  const values = Array.from(series.row(row).data);
  const size = (k: number) => Math.abs(values[k] - usual[k][row]) / learned.usual[k].scale;
  const column = values.reduce((far, _, k) => (size(k) > size(far) ? k : far), 0);
  const last = learned.method === "forecast" ? 0 : (learned.window - 1) * values.length; // of a reconstruction its last row
  const date = dates?.[row] ?? null;
  const short = (v: number) => Number(v.toPrecision(5));
  const place = date === null ? `row ${row + 1}` : `row ${row + 1} (${date})`;
  const kind = scores[row] > threshold ? "an alarm" : "no alarm";
  const what = learned.method === "forecast" ? "forecast" : "reconstruction";
  return {
    input: await task.modelInput(rows, { dates: before }),
    target: last + column,
    named: () => `the ${what} of ${columns[column]} in that row, as its deviation from the usual value in usual sizes`,
    prediction: {
      text: `${place}: ${kind}, score ${scores[row].toFixed(2)} (threshold ${threshold.toFixed(2)}); ${columns[column]} ${short(values[column])}, usually ${short(usual[column][row])}`,
      data: { row, date, score: scores[row], threshold, column: columns[column], values },
    },
  };
}

/** A sentence of a tagger, and the token whose label is explained, from 0; null: the first with a label other than O. */
export async function sentenceSample(
  { task }: Of<"sequenceTagger">,
  text: string,
  asked: number | null,
): Promise<Sample> {
  const [answer] = await task.predict([text]);
  const { tokens, labels } = answer;
  const token =
    asked ??
    Math.max(
      0,
      labels.findIndex((label) => label !== "O"),
    );
  if (token >= tokens.length) {
    const next = `The sentence has ${tokens.length} tokens.`;
    throw new DataError(problem("explain: at", `a token from 1 to ${tokens.length}`, `${token + 1}`, next));
  }
  const name = JSON.stringify(tokens[token]);
  return {
    input: task.modelInput(text),
    target: token * task.labels.length + task.labels.indexOf(labels[token]),
    named: () => `the score of ${labels[token]} at ${name}`,
    prediction: {
      text: tokens.map((one, k) => `${one}/${labels[k]}`).join(" "),
      data: { ...answer, token },
    },
  };
}

/** A sequence, of a classifier or a regressor. */
export async function sequenceSample(opened: Of<"sequenceClassifier" | "regressor">, one: Sequence): Promise<Sample> {
  if (opened.kind === "regressor") return numbersOf(opened.task, one as NdArray);
  const [answer] = await opened.task.predict([one]);
  return {
    input: await opened.task.modelInput(one),
    target: null,
    named: classOf(opened.task),
    prediction: { text: `${answer.label}\t${percent(answer.probability)}`, data: answer },
  };
}

/** A text, of a classifier, a regressor or a language model. */
export async function textSample(
  opened: Of<"textClassifier" | "multiLabelClassifier" | "regressor" | "languageModel">,
  text: string,
  say: (line: string) => void,
): Promise<Sample> {
  if (opened.kind === "regressor") return numbersOf(opened.task, text);
  if (opened.kind === "textClassifier") {
    const [answer] = await opened.task.predict([text]);
    return {
      input: opened.task.modelInput(text),
      target: null,
      named: classOf(opened.task),
      prediction: { text: `${answer.label}\t${percent(answer.probability)}`, data: answer },
    };
  }
  if (opened.kind === "multiLabelClassifier") return labelsSample(opened.task, text);
  const next = await opened.task.predict(text, { top: 3, warn: say });
  const shown = next.map(({ token, probability }) => `${JSON.stringify(token)} ${percent(probability)}`).join(", ");
  const { model, reading } = opened.task;
  const token = (target: number) => reading.tokenizer.indexWord.get(target % model.outputShape!.at(-1)!) ?? "";
  return {
    input: opened.task.modelInput(text),
    target: null,
    named: (target) => `the probability of ${JSON.stringify(token(target))}`,
    prediction: { text: `next: ${shown}`, data: next },
  };
}

/** A text with any number of labels: the most probable one is explained. */
async function labelsSample(task: Of<"multiLabelClassifier">["task"], text: string): Promise<Sample> {
  const [answer] = await task.predict([text]);
  const shown = answer.labels.map((label) => `${label} ${percent(answer.probabilities[label])}`);
  return {
    input: task.modelInput(text),
    target: null,
    named: (target) => `the probability of ${JSON.stringify(task.labels[target])}`,
    prediction: { text: shown.join(", ") || "(no label)", data: answer },
  };
}

/** The class of an output: a single one means the second of two. */
export const classOf =
  ({
    labels,
    model,
  }: Pick<Of<"textClassifier" | "sequenceClassifier" | "videoClassifier">["task"], "labels" | "model">) =>
  (target: number): string =>
    `the probability of ${JSON.stringify(labels[model.outputShape?.at(-1) === 1 ? 1 : target])}`;

async function numbersOf(task: Of<"regressor">["task"], one: string | NdArray): Promise<Sample> {
  const found = await (typeof one === "string" ? task.predict([one]) : task.predict([one]));
  const values = Array.from(found.data);
  return {
    input: task.modelInput(one),
    target: 0,
    named: () => "the first output, in the network's units",
    prediction: { text: values.map((v) => Number(v.toPrecision(6))).join("\t"), data: { values } },
  };
}
