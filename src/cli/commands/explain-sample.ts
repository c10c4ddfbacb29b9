import {
  clipSample,
  detectedSample,
  type ExplainedTask,
  memberSample,
  type Sample,
  sentenceSample,
  sequenceSample,
  seriesSample,
  textSample,
  transcriptSample,
} from "../../answers/index.ts";
import { DataError, problem } from "../../errors.ts";
import type { NdArray } from "../../index.ts";
import type { SequenceTagger } from "../../tagging/index.ts";
import type { TranscriberInput } from "../../transcribe/index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { withKept } from "../readers/kept-reading.ts";
import { readClips } from "../readers/read-clips.ts";
import { type CollectionOptions, readCollection, refuseCollection } from "../readers/read-collection.ts";
import { readSentences } from "../readers/read-sentences.ts";
import { readSequences } from "../readers/read-sequences.ts";
import { ofItsColumns, readingOf, readSeries } from "../readers/read-series.ts";
import { readTables, textsOf } from "../readers/read-table.ts";
import { readInputs, readTranscripts, type TranscriptColumns } from "../readers/read-transcripts.ts";
import type { Common } from "../screen/screen.ts";
import { readingOf as collectionReading } from "./forecast-collection.ts";

/** The options of `cellstate explain`. */
export interface ExplainOptions extends Common, CollectionOptions, BareOptions, TranscriptColumns {
  file?: string;
  row?: number;
  at?: number;
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

/** The sample as the model reads it, and its prediction. */
export async function sampleOf(
  opened: ExplainedTask,
  given: string[],
  o: ExplainOptions,
  say: (line: string) => void,
): Promise<Sample> {
  const row = (o.row ?? 1) - 1;
  const files = [...(o.file ? [o.file] : []), ...given];
  if (opened.kind === "globalForecaster") {
    const { series } = await readCollection(seriesFiles(files), { ...collectionReading(opened.task, o), say });
    return memberSample(opened, series[within(row, series.length)]);
  }
  refuseCollection(o);
  if (opened.kind === "forecaster" || opened.kind === "anomalyDetector") {
    const { options, learned } = opened.task;
    const names = o.columns ?? learned.names ?? undefined;
    const found = await readSeries(seriesFiles(files), names, { ...readingOf(options, o), say });
    const { series, columns, dates } = found;
    if (opened.kind === "forecaster") return ofItsColumns(() => seriesSample(opened, series, columns, dates));
    const asked = o.row === undefined ? null : within(row, series.shape[0]);
    return ofItsColumns(() => detectedSample(opened, found, asked));
  }
  if (opened.kind === "sequenceTagger") {
    const token = o.at === undefined ? null : o.at - 1;
    return sentenceSample(opened, await sentenceOf(opened.task, given, o, row), token);
  }
  if (opened.kind === "sequenceTranscriber") {
    const inputs = await inputsIn(given, o);
    return transcriptSample(opened, inputs[within(row, inputs.length)], o.at === undefined ? null : o.at - 1);
  }
  if (opened.kind === "videoClassifier") {
    if (files.length === 0) throw new DataError(problem("explain", "a file with clips", "none"));
    const { clips } = await readClips(files, { ...o, kept: opened.task.options.reading });
    return clipSample(opened, clips[within(row, clips.length)]);
  }
  if (opened.kind === "sequenceClassifier" || (opened.kind === "regressor" && opened.task.reads === "sequences")) {
    if (files.length === 0) throw new DataError(problem("explain", "a file with sequences", "none"));
    const kept = opened.kind === "sequenceClassifier" ? opened.task.options.reading : undefined;
    const { sequences } = await readSequences(files, { ...o, kept });
    return sequenceSample(opened, sequences[within(row, sequences.length)] as NdArray);
  }
  return textSample(opened, await textOf(opened, given, o, row), say);
}

/** Inputs of a transcriber: recordings or frames, or those that the rows of a table name. */
async function inputsIn(given: readonly string[], o: ExplainOptions): Promise<TranscriberInput[]> {
  const files = [...(o.file ? [o.file] : []), ...given];
  if (files.length === 0) throw new DataError(problem("explain", "a recording, or a file with frames", "none"));
  if (files.every((file) => /\.(wav|npy)$/i.test(file))) return readInputs(files, o);
  return (await readTranscripts(files, o)).examples.map(({ input }) => input);
}

function seriesFiles(files: readonly string[]): readonly string[] {
  if (files.length > 0) return files;
  throw new DataError(problem("explain", "the series so far", "no file"));
}

/** The sentence that was typed, or one of a file in any form that taggers read. */
async function sentenceOf(
  { options }: SequenceTagger,
  given: readonly string[],
  o: ExplainOptions,
  row: number,
): Promise<string> {
  const text = typedText(given, o);
  if (text !== undefined) return text;
  const { sentences } = await readSentences([o.file!], o, options.reading);
  return sentences[within(row, sentences.length)].tokens.join(" ");
}

async function textOf(
  opened: ExplainedTask,
  given: readonly string[],
  o: ExplainOptions,
  row: number,
): Promise<string> {
  const typed = typedText(given, o);
  if (typed !== undefined) return typed;
  const kept =
    opened.kind === "textClassifier" || opened.kind === "languageModel" || opened.kind === "multiLabelClassifier"
      ? opened.task.options.reading
      : undefined;
  const table = await readTables([o.file!], o);
  const { text, label } = withKept(o, kept, table);
  const texts = textsOf(table, text, label);
  return texts[within(row, texts.length)];
}

/** The text among the words of the command; undefined where there is a file instead. */
function typedText(given: readonly string[], o: ExplainOptions): string | undefined {
  if (given.length > 1 || (given.length === 1 && o.file)) {
    const next = "Put the text in quotes, or give --file.";
    throw new DataError(problem("explain", "one text", "more than one", next));
  }
  if (given.length === 0 && !o.file) throw new DataError(problem("explain", "a text, or --file", "none"));
  return given[0];
}

/** A row of the file. Throws DataError for one that it does not have. */
export function within(row: number, count: number): number {
  if (row < count) return row;
  throw new DataError(problem("--row", `a row from 1 to ${count}`, `${row + 1}`));
}
