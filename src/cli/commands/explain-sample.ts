import { DataError, problem } from "../../errors.ts";
import type { LoadedTask, ModelInput, NdArray } from "../../index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { withKept } from "../readers/kept-reading.ts";
import { readSequences } from "../readers/read-sequences.ts";
import { ofItsColumns, readingOf, readSeries, type SeriesOptions } from "../readers/read-series.ts";
import { readTables, textsOf } from "../readers/read-table.ts";
import { type Common, percent } from "../screen/screen.ts";

/** The tasks whose models are explained. */
export const explained = ["textClassifier", "sequenceClassifier", "languageModel", "forecaster", "regressor"] as const;

/** One of them, opened. */
export type ExplainedTask = Extract<LoadedTask, { kind: (typeof explained)[number] }>;

/** The options of `cellstate explain`. */
export interface ExplainOptions extends Common, SeriesOptions, BareOptions {
  file?: string;
  row?: number;
  text?: string;
  group?: string;
  columns?: string[];
  layer?: string;
  step?: number;
  unit?: number;
  baseline?: string;
  chart?: string;
  html?: string;
}

export interface Sample {
  readonly input: ModelInput;
  /** The output that is explained, in words, by its place. */
  named(target: number): string;
  readonly prediction: { readonly text: string; readonly data: unknown };
}

/** The sample as the model reads it, and its prediction. */
export async function sampleOf(
  opened: ExplainedTask,
  given: string[],
  o: ExplainOptions,
  say: (line: string) => void,
): Promise<Sample> {
  const row = (o.row ?? 1) - 1;
  if (opened.kind === "forecaster") {
    const { task } = opened;
    const files = [...(o.file ? [o.file] : []), ...given];
    if (files.length === 0) throw new DataError(problem("explain", "the series so far", "no file"));
    const names = o.columns ?? task.learned.names ?? undefined;
    const { series, columns, dates } = await readSeries(files, names, { ...readingOf(task.options, o), say });
    const { values } = await ofItsColumns(() => task.predict(series, { dates }));
    const next = columns[task.learned.targets[0]];
    const data = { target: next, value: values.at(0, 0) };
    const input = task.modelInput(series);
    const steps = dates?.slice(-(input.x as NdArray).shape[1]) ?? null;
    return {
      input: { ...input, steps },
      named: () => `${next} one step ahead, in the network's units`,
      prediction: { text: `${next} after these rows: ${Number(values.at(0, 0).toPrecision(6))}`, data },
    };
  }
  if (opened.kind === "sequenceClassifier" || (opened.kind === "regressor" && opened.task.reads === "sequences")) {
    const files = [...(o.file ? [o.file] : []), ...given];
    if (files.length === 0) throw new DataError(problem("explain", "a file with sequences", "none"));
    const kept = opened.kind === "sequenceClassifier" ? opened.task.options.reading : undefined;
    const { sequences } = await readSequences(files, { ...o, kept });
    const one = sequences[within(row, sequences.length)];
    if (opened.kind === "regressor") return numbersOf(opened.task, one as NdArray);
    const [answer] = await opened.task.predict([one]);
    return {
      input: await opened.task.modelInput(one),
      named: classOf(opened.task),
      prediction: { text: `${answer.label}\t${percent(answer.probability)}`, data: answer },
    };
  }
  const text = await textOf(opened, given, o, row);
  if (opened.kind === "regressor") return numbersOf(opened.task, text);
  if (opened.kind === "textClassifier") {
    const [answer] = await opened.task.predict([text]);
    return {
      input: opened.task.modelInput(text),
      named: classOf(opened.task),
      prediction: { text: `${answer.label}\t${percent(answer.probability)}`, data: answer },
    };
  }
  const next = await opened.task.predict(text, { top: 3, warn: say });
  const shown = next.map(({ token, probability }) => `${JSON.stringify(token)} ${percent(probability)}`).join(", ");
  const { model, reading } = opened.task;
  const token = (target: number) => reading.tokenizer.indexWord.get(target % model.outputShape!.at(-1)!) ?? "";
  return {
    input: opened.task.modelInput(text),
    named: (target) => `the probability of ${JSON.stringify(token(target))}`,
    prediction: { text: `next: ${shown}`, data: next },
  };
}

/** The class of an output: a single one means the second of two. */
const classOf =
  ({
    labels,
    model,
  }: Pick<Extract<ExplainedTask, { kind: "textClassifier" | "sequenceClassifier" }>["task"], "labels" | "model">) =>
  (target: number): string =>
    `the probability of ${JSON.stringify(labels[model.outputShape?.at(-1) === 1 ? 1 : target])}`;

async function numbersOf(
  task: Extract<ExplainedTask, { kind: "regressor" }>["task"],
  one: string | NdArray,
): Promise<Sample> {
  const found = await (typeof one === "string" ? task.predict([one]) : task.predict([one]));
  const values = Array.from(found.data);
  return {
    input: task.modelInput(one),
    named: () => "the first output, in the network's units",
    prediction: { text: values.map((v) => Number(v.toPrecision(6))).join("\t"), data: { values } },
  };
}

async function textOf(
  opened: ExplainedTask,
  given: readonly string[],
  o: ExplainOptions,
  row: number,
): Promise<string> {
  if (given.length > 1 || (given.length === 1 && o.file)) {
    const next = "Put the text in quotes, or give --file.";
    throw new DataError(problem("explain", "one text", "more than one", next));
  }
  if (given.length === 1) return given[0];
  if (!o.file) throw new DataError(problem("explain", "a text, or --file", "none"));
  const kept =
    opened.kind === "textClassifier" || opened.kind === "languageModel" ? opened.task.options.reading : undefined;
  const table = await readTables([o.file], o);
  const { text, label } = withKept(o, kept, table);
  const texts = textsOf(table, text, label);
  return texts[within(row, texts.length)];
}

function within(row: number, count: number): number {
  if (row < count) return row;
  throw new DataError(problem("--row", `a row from 1 to ${count}`, `${row + 1}`));
}
