import { kindNames } from "../../answers/index.ts";
import { DataError, problem } from "../../errors.ts";
import type { LoadedTask, Prediction, TableReading, TextPrediction } from "../../index.ts";
import { probabilityChart, terminal } from "../../plot/index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { withKept } from "../readers/kept-reading.ts";
import { thresholdsOf } from "../readers/open-task.ts";
import type { SeriesOptions } from "../readers/read-series.ts";
import { readTables, textsOf } from "../readers/read-table.ts";
import { type Common, percent, type Screen, shortened } from "../screen/screen.ts";
import { labelledLine, labelThresholds, likeliest } from "./label-set-answers.ts";
import { taggedLines } from "./predicted-tags.ts";
import type { Share } from "./share.ts";
import { searchOptions, translatedLines } from "./translated-lines.ts";

/** The options of `cellstate predict`. */
export interface PredictOptions extends Common, SeriesOptions, BareOptions {
  /** Arrays are pixels, whose columns are frames. */
  image?: boolean;
  file?: string;
  text?: string;
  group?: string;
  columns?: string[];
  top?: number;
  out?: string;
  resume?: boolean;
  /** Of the files that a pattern names. */
  shard?: Share;
  /** A row for each answer, with all probabilities. */
  csv?: boolean;
  beams?: number;
  lengthPenalty?: number;
}

/** A task that reads texts. */
export type Reader = Extract<
  LoadedTask,
  {
    kind: "textClassifier" | "languageModel" | "regressor" | "sequenceTagger" | "translator" | "multiLabelClassifier";
  }
>;

/** The columns that a model keeps for reading the next file. */
export const readingKept = ({ kind, task }: Reader): TableReading | undefined =>
  kind === "textClassifier" || kind === "languageModel" || kind === "multiLabelClassifier"
    ? (task.options.reading ?? undefined)
    : undefined;

/** A text and the line it stands on, from 1. */
export interface Asked {
  text: string;
  line: number;
  /** It was written in another encoding. */
  broken?: boolean;
  /** The line has no text that can be read, for this reason. */
  wrong?: string;
}

/** The texts of a file that is read as a whole. */
export async function textsIn(file: string, o: PredictOptions, kept: TableReading | undefined): Promise<Asked[]> {
  const table = await readTables([file], o);
  const { text, label } = withKept(o, kept, table);
  return textsOf(table, text, label).map((text, row) => ({ text, line: table.lines[row] }));
}

/** The lines of standard input that hold something. */
export async function* typed(lines: AsyncIterable<string>): AsyncGenerator<Asked, void, undefined> {
  let line = 0;
  for await (const text of lines) {
    line++;
    if (text.trim() !== "") yield { text, line, broken: text.includes("\ufffd") };
  }
}

/** Answers each text, in their order; one that nothing can be said of is told in its place, and the others are answered. */
export async function answerEach(
  asked: readonly Asked[],
  reader: Reader,
  o: PredictOptions,
  screen: Screen,
): Promise<void> {
  try {
    const bad = asked.find(({ wrong }) => wrong !== undefined);
    if (bad) throw new DataError(bad.wrong!);
    if (asked.some(({ text }) => text.trim() === ""))
      throw new DataError(problem("predict", "a text", "an empty cell", "Fill it, or leave the row out."));
    if (asked.some(({ broken }) => broken)) {
      const next = "Give its encoding: --encoding windows-1252, for example.";
      throw new DataError(problem("predict", (o.encoding ?? "utf-8").toUpperCase(), "other bytes", next));
    }
    const texts = asked.map(({ text }) => text);
    for (const said of await answerTo(texts, reader, o, screen)) screen.out(said);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    if (asked.length > 1) {
      const half = Math.ceil(asked.length / 2); // few are alone in the end
      for (const part of [asked.slice(0, half), asked.slice(half)]) await answerEach(part, reader, o, screen);
      return;
    }
    const [{ text, line }] = asked;
    const message = `line ${line}: ${error.retell({ row: undefined }).message}`;
    screen.code = 1;
    if (o.json) return screen.out(`${JSON.stringify({ text, error: message })}\n`);
    screen.err(`${shortened(message)}\n`);
    if (o.quiet) screen.out("\n"); // so that answers and texts stay side by side
  }
}

export async function answerTo(
  texts: readonly string[],
  { kind, task }: Reader,
  o: PredictOptions,
  screen: Screen,
): Promise<string[]> {
  if (kind === "textClassifier")
    return (await task.predict(texts, thresholdsOf(o, task.labels))).map((answer, i) =>
      show(answer, { text: texts[i] }, o),
    );
  if (kind === "regressor")
    return (await task.predict(texts))
      .toArray<number[][]>()
      .map((values, i) => numbered(values, { text: texts[i] }, o));
  if (kind === "multiLabelClassifier")
    return (await task.predict(texts, labelThresholds(o))).map((answer, i) => {
      const line = labelledLine(answer, texts[i], o);
      return typeof line === "string" ? line : csvLine(line);
    });
  if (kind === "translator")
    return (await task.translate(texts, searchOptions(o))).map((found, i) => translatedLines(found, texts[i], o));
  if (kind === "sequenceTagger")
    return (await task.predict(texts)).map((answer, i) => taggedLines(answer, texts[i], o));
  const warn = (message: string) => o.quiet || screen.err(`${shortened(message)}\n`);
  const answers: string[] = [];
  for (const text of texts) {
    const next = await task.predict(text, { top: o.top ?? (o.quiet ? 1 : 5), warn });
    if (o.json) answers.push(`${JSON.stringify({ text, next })}\n`);
    else if (o.quiet) answers.push(next.map(({ token }) => `${token}\n`).join(""));
    else {
      const gap = task.reading.tokenizer.charLevel ? "" : " ";
      answers.push(`${text}${gap}…\n${bars(next.map(({ token, probability }) => [visible(token), probability]))}`);
    }
  }
  return answers;
}

/** Numbers, beside the text or the name of the sequence that they are of. */
export function numbered(
  values: readonly number[],
  of: { text: string } | { name: string } | null,
  o: PredictOptions,
): string {
  if (o.json) return `${JSON.stringify({ ...of, values })}\n`;
  const asked = o.quiet ? [] : Object.values(of ?? {}).map((text: string) => text.replace(/\s*\n\s*/g, " "));
  return `${[...values.map((v) => String(Number(v.toPrecision(6)))), ...asked].join("\t")}\n`;
}

/** The head of `--csv`: text or name, label, its probability, and that of each class, or the next ones of `--top`. Throws DataError for another task. */
export function csvHead({ kind, task }: LoadedTask, { top }: PredictOptions): string {
  if (
    kind !== "textClassifier" &&
    kind !== "sequenceClassifier" &&
    kind !== "videoClassifier" &&
    kind !== "multiLabelClassifier"
  ) {
    const next = "Leave it out, or write JSON: --json.";
    throw new DataError(problem("--csv", "a classifier", kindNames[kind], next));
  }
  const each = task.labels.map((label) => `p(${label})`);
  const ranked = task.labels.slice(0, top).flatMap((_, k) => [`label ${k + 1}`, `probability ${k + 1}`]);
  if (kind === "multiLabelClassifier") return csvLine(["text", "labels", ...(top === undefined ? each : ranked)]);
  const first = kind === "textClassifier" ? "text" : "name";
  return csvLine([first, "label", "probability", ...(top === undefined ? each : ranked.slice(2))]);
}

const csvLine = (cells: readonly (string | number)[]): string =>
  `${cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : cell)).join(",")}\n`;

/** An answer, beside the text or the sequence's name (a wav file, a group) that it is of. */
export function show(
  answer: Prediction | TextPrediction,
  of: { text: string } | { name: string } | null,
  o: PredictOptions,
): string {
  const { label, probability, probabilities } = answer;
  if (o.csv) {
    const [name = ""] = Object.values(of ?? {}) as string[];
    const others = Object.entries(probabilities).filter(([one]) => one !== String(label));
    const cells = o.top === undefined ? Object.values(probabilities) : likeliest(others, o.top - 1);
    return csvLine([name, String(label), probability, ...cells]);
  }
  if (o.json) return `${JSON.stringify({ ...of, ...answer })}\n`;
  if (o.quiet) return `${label}\n`;
  const asked = Object.values(of ?? {}).map((text: string) => `\t${text.replace(/\s*\n\s*/g, " ")}`);
  const line = `${label}\t${percent(probability)}${asked.join("")}\n`;
  if (o.top === undefined) return line;
  const ranked = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
  const unknown = "unknownWords" in answer ? answer.unknownWords : [];
  const note = unknown.length > 0 ? `unknown words: ${shortened([...new Set(unknown)].join(", "), 200)}\n` : "";
  return `${line}${bars(ranked.slice(0, o.top))}${note}`;
}

const bars = (ranked: readonly (readonly [name: string, probability: number])[]): string =>
  `${probabilityChart(
    ranked.map(([, probability]) => probability),
    { labels: ranked.map(([name]) => name), ...terminal() },
  )}\n`
    .replace(/^/gm, "  ")
    .trimEnd() + "\n";

/** A blank or a line end that can be seen. */
const visible = (token: string): string => (token.trim() === "" ? JSON.stringify(token) : token);
