import { type ExplainedTask, type Sample, sequenceSample, seriesSample, textSample } from "../../answers/index.ts";
import { DataError, problem } from "../../errors.ts";
import type { NdArray } from "../../index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { withKept } from "../readers/kept-reading.ts";
import { readSequences } from "../readers/read-sequences.ts";
import { ofItsColumns, readingOf, readSeries, type SeriesOptions } from "../readers/read-series.ts";
import { readTables, textsOf } from "../readers/read-table.ts";
import type { Common } from "../screen/screen.ts";

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
    return ofItsColumns(() => seriesSample(opened, series, columns, dates));
  }
  if (opened.kind === "sequenceClassifier" || (opened.kind === "regressor" && opened.task.reads === "sequences")) {
    const files = [...(o.file ? [o.file] : []), ...given];
    if (files.length === 0) throw new DataError(problem("explain", "a file with sequences", "none"));
    const kept = opened.kind === "sequenceClassifier" ? opened.task.options.reading : undefined;
    const { sequences } = await readSequences(files, { ...o, kept });
    return sequenceSample(opened, sequences[within(row, sequences.length)] as NdArray);
  }
  return textSample(opened, await textOf(opened, given, o, row), say);
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
