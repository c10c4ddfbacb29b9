import { DataError, problem } from "../../errors.ts";
import type { TunedData, TunedKind } from "../../tune/index.ts";
import { withKept } from "../readers/kept-reading.ts";
import { type PairColumns, readPairs } from "../readers/read-pairs.ts";
import { readSentences, type SentenceColumns } from "../readers/read-sentences.ts";
import { readLabelled } from "../readers/read-sequences.ts";
import { readSeries } from "../readers/read-series.ts";
import { labelledTexts, placeOf, readTables, writtenLines } from "../readers/read-table.ts";
import { readTranscripts, type TranscriptColumns } from "../readers/read-transcripts.ts";
import type { Common } from "../screen/screen.ts";
import { asLabels } from "./labels.ts";

/** Kinds of tasks that `cellstate tune` searches for. */
export type TuneTask = "classify" | "sequence" | "forecast" | "tag" | "text" | "transcribe" | "translate";

/** Options that say how files are read. */
export interface TuneReading extends Common, SentenceColumns, TranscriptColumns, PairColumns {
  text?: string;
  columns?: string[];
  horizon?: number;
}

type Read<K extends TunedKind> = { kind: K; data: TunedData[K]; fixed: Readonly<Record<string, unknown>> };
type Reader = (files: string[], o: TuneReading, say: (line: string) => void) => Promise<Read<TunedKind>>;

/** The data of each kind of search, as its trials read them: the same in every process. */
export const tunedData: Readonly<Record<TuneTask, Reader>> = {
  async classify(files, o, say) {
    const { table, texts, labels, reading } = labelledTexts(await readTables(files, { ...o, say }), o, say);
    checkClasses(labels, (row) => placeOf(table, row));
    const classes = asLabels(labels);
    return { kind: "textClassifier", data: texts.map((text, k) => ({ text, label: classes[k] })), fixed: { reading } };
  },
  async sequence(files, o, say) {
    const { sequences, labels, reading, places } = await readLabelled(files, { ...o, say });
    checkClasses(labels, (row) => places[row]);
    const classes = asLabels(labels);
    const data = sequences.map((sequence, k) => ({ sequence, label: classes[k] }));
    return { kind: "sequenceClassifier", data: data as TunedData["sequenceClassifier"], fixed: { reading } };
  },
  async forecast(files, o, say) {
    const { series, columns, reading } = await readSeries(files, o.columns, { toTrain: true, say });
    const horizon = o.horizon === undefined ? {} : { horizon: o.horizon };
    return { kind: "forecaster", data: series, fixed: { ...horizon, columns, reading } };
  },
  async tag(files, o, say) {
    const { sentences, reading } = await readSentences(files, { ...o, say });
    return { kind: "sequenceTagger", data: sentences, fixed: { reading } };
  },
  async transcribe(files, o, say) {
    const { examples } = await readTranscripts(files, { ...o, say });
    return { kind: "sequenceTranscriber", data: examples, fixed: {} };
  },
  async translate(files, o, say) {
    const { pairs, reading } = await readPairs(files, { ...o, say });
    return { kind: "translator", data: pairs, fixed: { reading } };
  },
  async text(files, o, say) {
    const table = await readTables(files, { ...o, say });
    return { kind: "languageModel", data: writtenLines(table, withKept(o, {}, table).text, say), fixed: {} };
  },
};

/** Throws DataError naming the place of the only row of a class: no trial could hold it out and learn it. */
function checkClasses(labels: readonly string[], placeOf: (row: number) => string): void {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const row = labels.findIndex((label) => counts.get(label) === 1);
  if (row < 0) return;
  const next = "Add rows of it, or leave the class out: one row cannot be both for training and for validation.";
  throw new DataError(
    problem(placeOf(row), "at least two rows of each class", `one of ${JSON.stringify(labels[row])}`, next),
  );
}
