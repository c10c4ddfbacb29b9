import { existsSync } from "node:fs";
import type { Command } from "commander";
import { DataError, problem, ShapeError } from "../../errors.ts";
import type { LoadedTask, NdArray, Prediction, TableReading, TextPrediction } from "../../index.ts";
import { probabilityChart, terminal } from "../../plot/index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { withKept } from "../readers/kept-reading.ts";
import { openAnyTask, refuseForeign } from "../readers/open-task.ts";
import { readSequences } from "../readers/read-sequences.ts";
import type { SeriesOptions } from "../readers/read-series.ts";
import { readTables, textsOf } from "../readers/read-table.ts";
import { groupsOf } from "../screen/line-groups.ts";
import { type Common, notes, percent, type Screen, shortened } from "../screen/screen.ts";
import { taggedLines } from "./predicted-tags.ts";

export interface PredictOptions extends Common, SeriesOptions, BareOptions {
  file?: string;
  text?: string;
  group?: string;
  columns?: string[];
  top?: number;
}

const predicted = ["textClassifier", "languageModel", "sequenceClassifier", "regressor", "sequenceTagger"] as const;

export async function predict(
  model: string,
  given: string[],
  o: PredictOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  const sequences = o.group !== undefined || [o.file ?? "", ...given].some((file) => /\.(npz|jsonl)$/i.test(file));
  const opened = await openAnyTask(model, predicted, { ...o, sequences, say: notes(o, screen) });
  refuseForeign(self, opened.kind, {
    text: ["textClassifier", "languageModel", "regressor", "sequenceTagger"],
    group: ["sequenceClassifier", "regressor"],
    columns: ["sequenceClassifier", "regressor"],
  });
  if (opened.kind === "regressor" && opened.task.reads === "sequences") {
    const { sequences, names } = await readSequences(sequenceFiles(given, o), o);
    const found = await opened.task.predict(sequences as NdArray[]);
    for (const [i, values] of found.toArray<number[][]>().entries())
      screen.out(numbered(values, names && { name: names[i] }, o));
    return;
  }
  if (opened.kind === "sequenceClassifier") {
    const kept = opened.task.options.reading;
    const { sequences, names } = await readSequences(sequenceFiles(given, o), { ...o, kept });
    const all = await opened.task.predict(sequences).catch((error) => {
      const next = "Name the columns it was trained on with --columns, in their order.";
      throw error instanceof ShapeError ? error.retell({ next }) : error; // another number of features
    });
    for (const [i, answer] of all.entries()) screen.out(show(answer, names && { name: names[i] }, o));
    return;
  }
  const [text] = given;
  if (given.length > 1) {
    const next = "Put it in quotes, or give a file of texts: --file.";
    throw new DataError(problem("predict", "one text", `${given.length}, the first ${JSON.stringify(text)}`, next));
  }
  if (text !== undefined && o.file) {
    const next = "Give a text or --file, not both.";
    throw new DataError(problem("predict", "a text or --file", "both", next));
  }
  if (text !== undefined) {
    if (!o.quiet && existsSync(text))
      screen.err(`${text}: classified as a text; to read the texts in that file: --file\n`);
    const alone = { ...o, top: o.top ?? (o.quiet ? undefined : 10) };
    for (const said of await answerTo([text], opened, alone, screen)) screen.out(said);
    return;
  }
  const hasReading = opened.kind === "textClassifier" || opened.kind === "languageModel";
  const kept = hasReading ? opened.task.options.reading : undefined;
  const asked = o.file ? await textsIn(o.file, o, kept) : typed(screen.input(o.json ? undefined : "> ", o.encoding));
  const alone = opened.kind === "languageModel" || (screen.asks && !o.file); // a classifier reads many at once
  for await (const group of groupsOf(asked, alone ? 1 : 256)) await answerEach(group, opened, o, screen);
}

function sequenceFiles(given: readonly string[], o: PredictOptions): string[] {
  const files = [...(o.file ? [o.file] : []), ...given];
  if (files.length > 0) return files;
  throw new DataError(
    problem("predict", "a file with sequences", "none", "Give it after the model: cellstate predict MODEL FILE."),
  );
}

type Reader = Extract<LoadedTask, { kind: "textClassifier" | "languageModel" | "regressor" | "sequenceTagger" }>;

/** A text and the line it stands on, from 1. */
interface Asked {
  text: string;
  line: number;
  /** It was written in another encoding. */
  broken?: boolean;
}

async function textsIn(file: string, o: PredictOptions, kept: TableReading | undefined): Promise<Asked[]> {
  const table = await readTables([file], o);
  const { text, label } = withKept(o, kept, table);
  return textsOf(table, text, label).map((text, row) => ({ text, line: table.lines[row] }));
}

/** The lines of standard input that hold something. */
async function* typed(lines: AsyncIterable<string>): AsyncGenerator<Asked, void, undefined> {
  let line = 0;
  for await (const text of lines) {
    line++;
    if (text.trim() !== "") yield { text, line, broken: text.includes("\ufffd") };
  }
}

/** An answer a text, in their order; one that nothing can be said of is told in its place, and the others are answered. */
async function answerEach(asked: readonly Asked[], reader: Reader, o: PredictOptions, screen: Screen): Promise<void> {
  try {
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

async function answerTo(
  texts: readonly string[],
  { kind, task }: Reader,
  o: PredictOptions,
  screen: Screen,
): Promise<string[]> {
  if (kind === "textClassifier")
    return (await task.predict(texts)).map((answer, i) => show(answer, { text: texts[i] }, o));
  if (kind === "regressor")
    return (await task.predict(texts))
      .toArray<number[][]>()
      .map((values, i) => numbered(values, { text: texts[i] }, o));
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
function numbered(
  values: readonly number[],
  of: { text: string } | { name: string } | null,
  o: PredictOptions,
): string {
  if (o.json) return `${JSON.stringify({ ...of, values })}\n`;
  const asked = o.quiet ? [] : Object.values(of ?? {}).map((text: string) => text.replace(/\s*\n\s*/g, " "));
  return `${[...values.map((v) => String(Number(v.toPrecision(6)))), ...asked].join("\t")}\n`;
}

/** An answer, beside the text or the sequence's name (a wav file, a group) that it is of. */
function show(
  answer: Prediction | TextPrediction,
  of: { text: string } | { name: string } | null,
  o: PredictOptions,
): string {
  const { label, probability, probabilities } = answer;
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
