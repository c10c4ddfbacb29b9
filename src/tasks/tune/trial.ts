import { DataError, problem } from "../../errors.ts";
import type { ArrayLike } from "../../tensor/nd-array.ts";
import { asNdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { adam } from "../../train/optimizers/index.ts";
import { type LabelledSequence, sequenceClassifier } from "../classify/sequence-classifier.ts";
import { type LabelledText, textClassifier } from "../classify/text-classifier.ts";
import { forecaster } from "../forecast/forecaster.ts";
import { languageModel } from "../language/language-model.ts";
import type { TaggedSentence } from "../tag/sentences.ts";
import { sequenceTagger } from "../tag/sequence-tagger.ts";
import type { TranscribedExample } from "../transcribe/examples.ts";
import { sequenceTranscriber } from "../transcribe/sequence-transcriber.ts";
import type { TranslationPair } from "../translate/pairs.ts";
import { translator } from "../translate/translator.ts";
import type { Settings } from "./space.ts";

/** The data of each kind of task: rows with labels, a series, lines of text, inputs with transcripts, pairs. */
export interface TunedData {
  /** Texts with labels. */
  readonly textClassifier: readonly LabelledText[];
  /** Sequences with labels. */
  readonly sequenceClassifier: readonly LabelledSequence[];
  /** A series, [T] or [T, D]. */
  readonly forecaster: ArrayLike;
  /** Sentences with a label for each token. */
  readonly sequenceTagger: readonly TaggedSentence[];
  /** Lines of text. */
  readonly languageModel: readonly string[];
  /** Recordings or frames, and their transcripts. */
  readonly sequenceTranscriber: readonly TranscribedExample[];
  /** Texts and their translations. */
  readonly translator: readonly TranslationPair[];
}

/** Kinds of tasks that can be tuned. */
export type TunedKind = keyof TunedData;

/** One training of a search, as plain JSON: with the same data it gives the same result anywhere. */
export interface Trial {
  /** Kind of the task. */
  readonly kind: TunedKind;
  /** Number in the search, from 0. */
  readonly trial: number;
  /** Options of the task, and `learningRate` and `batchSize`. */
  readonly settings: Settings;
  /** Options of the task that all trials have. */
  readonly fixed: Readonly<Record<string, unknown>>;
  /** Seed of the task. */
  readonly seed: number;
  /** Passes over the training rows at most. */
  readonly epochs: number;
  /** Rows held out to compare trials by, and the seed that draws them: the same for all. */
  readonly held: { readonly fraction: number; readonly seed: number };
}

/** The result of a trial, on the rows held out. */
export interface TrialResult {
  /** Larger is better; -Infinity for a perplexity that is infinite. */
  readonly score: number;
  /** Figures on the rows held out, by name. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A trial that is done. */
export interface TrialRecord extends TrialResult {
  /** The trial itself. */
  readonly trial: Trial;
  /** Seconds it took. */
  readonly seconds: number;
}

/** A task that a trial trained. */
export interface TrainedTask {
  /** Writes the task as `.keras`. */
  save(path: string | URL): Promise<void>;
}

/**
 * One trial of a search: trains on the rows that are not held out, and judges by those that are. The same trial on the same data gives the
 * same task and score, wherever it runs. Throws DataError for settings that the task does not know, and for too few rows.
 *
 *   const trial = { kind: "textClassifier", trial: 0, settings: { units: 4 }, fixed: {}, seed: 1, epochs: 2, held: { fraction: 0.2, seed: 1 } } as const;
 *   const { score, task } = await runTrial(trial, rows);
 */
export async function runTrial<K extends TunedKind>(
  trial: Trial & { readonly kind: K },
  data: TunedData[K],
  signal?: AbortSignal,
): Promise<TrialResult & { task: TrainedTask }> {
  const { learningRate, batchSize, ...options } = trial.settings;
  const optimizer = learningRate === undefined ? {} : { optimizer: adam({ learningRate: Number(learningRate) }) };
  const made = { ...trial.fixed, ...options, ...optimizer, seed: trial.seed };
  const size = batchSize === undefined ? {} : { batchSize: Number(batchSize) };
  const fit = { epochs: trial.epochs, ...size, verbose: 0 as const, ...(signal ? { signal } : {}) };
  return await runners[trial.kind](data as never, made, fit, trial.held);
}

type Fit = { epochs: number; batchSize?: number; verbose: 0; signal?: AbortSignal };
type Runner<K extends TunedKind> = (
  data: TunedData[K],
  options: object,
  fit: Fit,
  held: Trial["held"],
) => Promise<TrialResult & { task: TrainedTask }>;

const runners: { [K in TunedKind]: Runner<K> } = {
  async textClassifier(data, options, fit, held) {
    const task = textClassifier(options);
    return await classified(task, data, fit, held);
  },
  async sequenceClassifier(data, options, fit, held) {
    const task = sequenceClassifier(options);
    return await classified(task, data, fit, held);
  },
  async sequenceTagger(data, options, fit, held) {
    const { training, validation } = splitRows(data, held, null);
    const task = sequenceTagger(options);
    await task.fit(training, fit);
    const { accuracy, entities, intent } = await task.evaluate(validation);
    const main = entities?.f1 ?? accuracy;
    const figures = {
      ...(entities ? { f1: entities.f1 } : {}),
      accuracy,
      ...(intent ? { intent: intent.accuracy } : {}),
    };
    return { task, score: intent ? (main + intent.accuracy) / 2 : main, figures };
  },
  async sequenceTranscriber(data, options, fit, held) {
    const { training, validation } = splitRows(data, held, null);
    const task = sequenceTranscriber(options);
    await task.fit(training, fit);
    const { cer, wer } = await task.evaluate(validation, { strategy: "greedy" });
    return { task, score: -cer, figures: { cer, wer } };
  },
  async translator(data, options, fit, held) {
    // Translations of one text stay together: they would tell each other.
    const texts = [...new Set(data.map(({ source }) => source))];
    const validated = new Set(splitRows(texts, held, null).validation);
    const pairs = (wanted: boolean) => data.filter(({ source }) => validated.has(source) === wanted);
    const task = translator(options);
    await task.fit(pairs(false), fit);
    const { bleu, exact } = await task.evaluate(pairs(true), { beams: 1 });
    return { task, score: bleu, figures: { bleu, exact } };
  },
  async languageModel(data, options, fit, { fraction }) {
    const count = Math.max(1, Math.floor(data.length * fraction));
    const task = languageModel(options);
    await task.fit(data.slice(0, -count), fit);
    const { perplexity, accuracy } = await task.evaluate(data.slice(-count));
    return { task, score: -Math.log(perplexity), figures: { perplexity, accuracy } };
  },
  async forecaster(data, options, fit, { fraction }) {
    const series = asNdArray(data, { who: "tune" });
    const from = Math.floor(series.shape[0] * (1 - fraction));
    const task = forecaster({ method: "network", ...options });
    await task.fit(series.slice(0, from), fit);
    const { forecast } = await task.evaluate(series, { from });
    return { task, score: -forecast.rmse, figures: { rmse: forecast.rmse, mase: forecast.mase } };
  },
};

/** Both classifiers: rows with labels. */
async function classified<Row extends { label: string | number }>(
  task: TrainedTask & {
    fit(rows: readonly Row[], fit: Fit): Promise<unknown>;
    evaluate(rows: readonly Row[]): Promise<{ loss: number; accuracy: number }>;
  },
  data: readonly Row[],
  fit: Fit,
  held: Trial["held"],
) {
  const { training, validation } = splitRows(data, held, ({ label }) => String(label));
  await task.fit(training, fit);
  const { loss, accuracy } = await task.evaluate(validation);
  return { task, score: accuracy - 1e-3 * Math.min(loss, 10), figures: { accuracy, loss } }; // of equal ones the surer
}

/** Rows held out, drawn by the seed; of a label at least two rows are trained on. */
function splitRows<Row>(
  rows: readonly Row[],
  { fraction, seed }: Trial["held"],
  labelOf: ((row: Row) => string) | null,
) {
  const order = new Random(seed, 4_000_037).shuffle(Int32Array.from(rows.keys()));
  const left = new Map<string, number>();
  const key = (row: number) => labelOf?.(rows[row]) ?? "";
  for (const row of order) left.set(key(row), (left.get(key(row)) ?? 0) + 1);
  const most = Math.round(rows.length * fraction);
  const held = new Set<number>();
  for (const row of order) {
    const count = left.get(key(row))!;
    if (held.size >= most || count <= 2) continue;
    left.set(key(row), count - 1);
    held.add(row);
  }
  if (held.size === 0) {
    const next = "Give more rows, or a larger validation split.";
    throw new DataError(problem("tune", "rows to compare trials by", `none of ${rows.length}`, next));
  }
  const pick = (wanted: boolean) => rows.filter((_, row) => held.has(row) === wanted);
  return { training: pick(false), validation: pick(true) };
}
