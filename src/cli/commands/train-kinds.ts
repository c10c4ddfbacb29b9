import type { Command } from "commander";
import { counted, DataError, problem } from "../../errors.ts";
import {
  earlyStopping,
  type Forecaster,
  type ForecastMethod,
  forecaster,
  languageModel,
  sequenceClassifier,
  type Tokenizer,
  textClassifier,
} from "../../index.ts";
import { classesIn } from "../readers/classes-in.ts";
import { withKept } from "../readers/kept-reading.ts";
import { isWav } from "../readers/read-recordings.ts";
import { readLabelled } from "../readers/read-sequences.ts";
import { readingOf as readingOfSeries, readSeries, withoutUndefined } from "../readers/read-series.ts";
import { byLine, labelledTexts, placeOf, readTables, writtenLines } from "../readers/read-table.ts";
import { forecasterWords } from "../screen/forecaster-words.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkOutput } from "../screen/write-result.ts";
import { continued, rateOf } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import { asKnown, asLabels } from "./labels.ts";
import { readingOf } from "./scripts-without-blanks.ts";
import { isCollection, onCollection } from "./train-collection.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** The tasks of `cellstate train`, by command name; output paths are checked first. */
export async function trainOn(
  kind: TrainedKind,
  files: string[],
  o: TrainOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  for (const option of ["save", "history", "log"] as const) await checkOutput(`--${option}`, o[option]);
  await checkApart(files, { "--save": o.save, "--history": o.history, "--log": o.log });
  await kinds[kind](files, o, self, screen);
}

async function onText(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  const say = notes(o, screen);
  const before = o.continue ? await continued(o.continue, "languageModel", o, self) : null;
  const table = await readTables(files, { ...o, say });
  const lines = writtenLines(table, withKept(o, before?.options.reading, table).text, say);
  const scheme = before?.reading.scheme ?? o.scheme;
  if (lines.length < 2 && scheme !== "stream") {
    const next = "One long text is read with --scheme stream.";
    throw new DataError(problem(files.join(", "), "lines of text", lines.length === 0 ? "none" : "one", next));
  }
  const kept = keptLines(lines.length, o);
  const fresh = () => {
    const sizes = given(o, "scheme", "cell", "units", "embedding", "dropout", "recurrentDropout", "steps");
    const words = given(o, "maskZero", "numWords", "oovToken", "lower", "filters", "name", "seed", "backend");
    const endToken = o.endToken === undefined ? {} : { endToken: o.endToken === false ? null : o.endToken };
    const rate = o.optimizer === undefined ? given(o, "learningRate") : optimizerFor(o);
    const reading = o.text === undefined ? {} : { reading: { text: o.text } };
    return languageModel({
      ...readingOf(lines, o.charLevel, say),
      ...sizes,
      ...words,
      ...endToken,
      ...rate,
      ...reading,
    });
  };
  const task = before ?? fresh();
  const raw = (part: string[]) => (scheme === "stream" ? part.join("\n") : part);
  const validation = kept > 0 ? { validationData: raw(lines.slice(-kept)) } : {};
  const patient = o.patience === undefined ? {} : earlyStopping({ patience: o.patience, restoreBestWeights: true });
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    task.fit(raw(lines.slice(0, lines.length - kept)), {
      ...fit,
      ...validation,
      shuffle: o.shuffle,
      callbacks: [patient, ...rateOf(o), ...callbacks],
    }),
  );
  sayTrained(`${wordsIn(task.reading.tokenizer)} known`, { training: lines.length - kept, validation: kept }, say);
}

/** Number of lines held out for validation, from the end. Throws DataError where validation is requested and none are left for it. */
function keptLines(count: number, { validationSplit: fraction = 0, patience }: TrainOptions): number {
  const kept = Math.floor(count * fraction);
  if (kept > 0) return kept;
  if (fraction > 0) {
    const next = "Give a larger fraction, or more lines.";
    throw new DataError(problem("--validation-split", "lines for validation", `none: ${fraction} of ${count}`, next));
  }
  if (patience === undefined) return 0;
  const next = "Give --validation-split 0.1: early stopping watches the validation loss.";
  throw new DataError(problem("--patience", "lines for validation", "none", next));
}

async function onClasses(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  const say = notes(o, screen);
  const before = o.continue ? await continued(o.continue, "textClassifier", o, self) : null;
  const read = await readTables(files, { ...o, say });
  const kept = withKept(o, before?.options.reading, read);
  const { table, texts, labels, reading } = labelledTexts(read, kept, say);
  say(classesIn(labels));
  const words = given(o, "numWords", "length", "keep", "embedding", "filters", "lower", "output");
  const bag = given(o, "embeddingDropout", "pairs", "pairEmbedding");
  const fresh = () =>
    textClassifier({
      ...readingOf(texts, o.charLevel, say),
      ...given(o, ...stackNames),
      ...{
        ...words,
        ...bag,
        ...optimizerFor(o),
        reading: { ...reading, ...(o.missing === "drop" ? { missing: "drop" } : {}) },
      },
    });
  const task = before ?? fresh();
  const more = { ...given(o, "validationSplit", "patience", "classWeight"), ...(before ? { continue: true } : {}) };
  const classes = before ? asKnown(labels, before.labels, say) : asLabels(labels);
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    byLine(table, () => task.fit(texts, classes, { ...fit, ...more, callbacks: [...rateOf(o), ...callbacks] })),
  );
  sayTrained(`${wordsIn(task.tokenizer)} known, up to ${task.length} read of a text`, task.split, say);
  const mute = texts.findIndex((text) => task.tokenizer.textToWords(text).length === 0);
  if (mute >= 0) say(`${placeOf(table, mute)}: a text without words is read as an unknown word`);
}

/** A forecaster of the options given, for a series that was read so. */
export function forecasterFor(
  o: TrainOptions,
  columns: readonly string[],
  reading: Awaited<ReturnType<typeof readSeries>>["reading"],
): Forecaster {
  const reads = given(o, "horizon", "targets", "window", "season", "strategy", "differences", "logarithm", "scaler");
  const method = o.method as ForecastMethod | undefined; // the command has these choices
  const objective = given(o, "intervals", "coverage", "min", "max", "loss", "timeZone");
  return forecaster({
    ...{
      ...given(o, ...stackNames),
      ...reads,
      ...objective,
      ...optimizerFor(o),
      ...(method ? { method } : {}),
      columns,
      reading,
    },
  });
}

async function onSeries(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  if (isCollection(o)) return onCollection(files, o, self, screen);
  const say = notes(o, screen);
  const before = o.continue ? await continued(o.continue, "forecaster", o, self) : null;
  const kept = before ? readingOfSeries(before.options, withoutUndefined(o)) : o;
  const named = o.columns ?? before?.learned.names ?? undefined;
  const { series, columns, dates, reading } = await readSeries(files, named, { ...kept, say });
  const task = before ?? forecasterFor(o, columns, reading);
  const more = { ...given(o, "validationSplit", "patience"), dates, ...(before ? { continue: true } : {}) };
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    task.fit(series, { ...fit, ...more, callbacks: [...rateOf(o), ...callbacks] }),
  );
  if (task.report) say(forecasterWords(task.learned));
  if (task.report && !o.quiet && !o.json) screen.out(`${task.report}\n`);
}

async function onSequences(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  const audio = (["mels", "frameMs", "hopMs"] as const).find((name) => o[name] !== undefined);
  if (audio && !files.some(isWav)) {
    const flag = self.options.find((option) => option.attributeName() === audio)!.long!;
    throw new DataError(problem(flag, "wav files", files[0], "Leave it out."));
  }
  const say = notes(o, screen);
  const before = o.continue ? await continued(o.continue, "sequenceClassifier", o, self) : null;
  const { sequences, labels, reading } = await readLabelled(files, { ...o, kept: before?.options.reading, say });
  const fresh = () =>
    sequenceClassifier({
      ...{ ...given(o, ...stackNames), ...given(o, "length", "keep", "scaler", "output"), ...optimizerFor(o), reading },
      audio: given(o, "mels", "frameMs", "hopMs"),
    });
  const task = before ?? fresh();
  const more = { ...given(o, "validationSplit", "patience", "classWeight"), ...(before ? { continue: true } : {}) };
  const classes = before ? asKnown(labels, before.labels, say) : asLabels(labels);
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    task.fit(sequences, classes, { ...fit, ...more, callbacks: [...rateOf(o), ...callbacks] }),
  );
  sayTrained(`up to ${task.length} steps read of a sequence`, task.split, say);
}

/** Says what was learned from the rows, and how they were split. */
function sayTrained(what: string, split: Split | null, say: (line: string) => void): void {
  if (!split) return; // stopped before the first step
  const held = split.validation ? `, validated on ${split.validation}` : ", none held out for validation";
  say(`${what}; trained on ${split.training}${held}`);
}

/** Number of words or characters that have ids of their own. */
function wordsIn({ wordIndex, numWords = Number.POSITIVE_INFINITY, oovToken, charLevel }: Tokenizer): string {
  const all = Math.min(wordIndex.size, numWords - 1) - (oovToken === undefined ? 0 : 1);
  return counted(all, charLevel ? "character" : "word");
}

type Split = { readonly training: number; readonly validation: number };

async function onNormal(...given: Parameters<typeof onSeries>): Promise<void> {
  await (await import("./train-anomaly.ts")).onNormal(...given);
}

async function onTags(...given: Parameters<typeof onSeries>): Promise<void> {
  await (await import("./train-tag.ts")).onTags(...given);
}

async function onPairs(...given: Parameters<typeof onSeries>): Promise<void> {
  await (await import("./train-translate.ts")).onPairs(...given);
}

const kinds = {
  ...{ text: onText, classify: onClasses, forecast: onSeries, sequence: onSequences },
  ...{ anomaly: onNormal, tag: onTags, translate: onPairs },
};
export type TrainedKind = keyof typeof kinds;

const stackNames = [
  ...(["cell", "units", "dropout", "recurrentDropout"] as const),
  ...(["outputDropout", "bidirectional", "pooling", "seed", "backend"] as const),
];
