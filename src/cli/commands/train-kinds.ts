import { resolve } from "node:path";
import type { Command } from "commander";
import { counted, DataError, problem } from "../../errors.ts";
import {
  earlyStopping,
  type Forecaster,
  type ForecastMethod,
  forecaster,
  languageModel,
  type Sequence,
  sequenceClassifier,
  type Tokenizer,
  textClassifier,
} from "../../index.ts";
import { classesIn } from "../readers/classes-in.ts";
import { withKept } from "../readers/kept-reading.ts";
import { namedFiles, type SetPart } from "../readers/named-set.ts";
import { isWav } from "../readers/read-recordings.ts";
import { readLabelled } from "../readers/read-sequences.ts";
import {
  readingOf as readingOfSeries,
  readSeries,
  type SeriesOptions,
  withoutUndefined,
} from "../readers/read-series.ts";
import { byLine, byPlace, labelledTexts, placeOf, readTables, writtenLines } from "../readers/read-table.ts";
import { told } from "../readers/read-text-file.ts";
import { hasFolder } from "../readers/recordings-in.ts";
import { forecasterWords } from "../screen/forecaster-words.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, checkOutput } from "../screen/write-result.ts";
import { continued, rateOf } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import { groupsApart } from "./groups-apart.ts";
import { judged, sameLabels, sayTrained } from "./judged.ts";
import { asKnown, asLabels } from "./labels.ts";
import { readingOf } from "./scripts-without-blanks.ts";
import { seasonGiven } from "./seasons-given.ts";
import { continuesCollection, isCollection, onCollection } from "./train-collection.ts";
import { stackNames, type TrainOptions } from "./train-options.ts";
import { withRanks } from "./train-ranks.ts";
import { train } from "./train-run.ts";

/** The tasks of `cellstate train`, by command name; output paths are checked first. */
export async function trainOn(
  kind: TrainedKind,
  files: string[],
  o: TrainOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  await withRanks(o, screen, async (screen) => {
    if (!screen.follows) {
      for (const option of ["save", "history", "log"] as const) await checkOutput(`--${option}`, o[option]);
      await checkChart("--chart", o.chart);
    }
    const outputs = { "--save": o.save, "--history": o.history, "--log": o.log, "--chart": o.chart };
    const named = async (words: readonly string[], part: SetPart) => namedFiles(words, part, notes(o, screen));
    const [read, aside] = [
      await named(files, "train"),
      o.validationData && (await named(o.validationData, "validation")),
    ];
    await checkApart([...read, ...(aside ?? [])], outputs);
    const again = (aside ?? []).filter((file) => read.some((one) => resolve(one) === resolve(file)));
    if (again.length > 0)
      notes(
        o,
        screen,
      )(`${again.join(", ")}: validated on rows that it trains on; the figures say nothing about new rows`);
    await kinds[kind](read, aside ? { ...o, validationData: aside } : o, self, screen);
  });
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
  const apart =
    o.validationData && (await otherLines(o.validationData, withKept(o, before?.options.reading, table), say));
  const kept = apart ? 0 : keptLines(lines.length, o);
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
  const held = apart ?? lines.slice(lines.length - kept);
  const validation = held.length > 0 ? { validationData: raw(held) } : {};
  const patient = o.patience === undefined ? {} : earlyStopping({ patience: o.patience, restoreBestWeights: true });
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    task.fit(raw(lines.slice(0, lines.length - kept)), {
      ...fit,
      ...validation,
      shuffle: o.shuffle,
      callbacks: [patient, ...rateOf(o), ...callbacks],
    }),
  );
  sayTrained(
    `${wordsIn(task.reading.tokenizer)} known`,
    { training: lines.length - kept, validation: held.length },
    say,
  );
}

/** Lines of the files to validate on. */
async function otherLines(files: readonly string[], o: TrainOptions, say: (line: string) => void): Promise<string[]> {
  return writtenLines(await readTables(files, { ...o, say }), o.text, say);
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
  if (o.multiLabel) return (await import("./train-multi-label.ts")).onLabelSets(files, o, self, screen);
  const say = notes(o, screen);
  const before = o.continue ? await continued(o.continue, "textClassifier", o, self) : null;
  const read = await readTables(files, { ...o, say });
  const kept = withKept(o, before?.options.reading, read);
  const { table, texts, labels, reading } = labelledTexts(read, kept, say);
  say(classesIn(labels));
  if (labels.some((label) => label.includes("|")))
    say("classes with | in their names: --multi-label reads several labels a text");
  const words = given(o, "numWords", "length", "keep", "embedding", "filters", "lower", "output");
  const bag = given(o, "embeddingDropout", "pairs", "pairEmbedding", "linear");
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
  const others = o.validationData
    ? labelledTexts(await readTables(o.validationData, { ...o, say }), { ...o, ...reading }, say)
    : null;
  const apart = others && ([others.texts, sameLabels(others, classes)] as const);
  if (apart) Object.assign(more, { validationData: apart });
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    byLine(table, () => task.fit(texts, classes, { ...fit, ...more, callbacks: [...rateOf(o), ...callbacks] })),
  );
  sayTrained(`${wordsIn(task.tokenizer)} known, up to ${task.length} read of a text`, task.split, say);
  const { split } = task;
  if (split) {
    const rows = <T>(list: readonly T[]) => split.heldOut.map((row) => list[row]);
    const [asked, right] = apart ?? [rows(texts), rows(classes)];
    await judged(asked.length > 0 ? () => task.evaluate(asked, right) : null, o, say);
  }
  const mute = texts.findIndex((text) => task.tokenizer.textToWords(text).length === 0);
  if (mute >= 0) say(`${placeOf(table, mute)}: a text without words is read as an unknown word`);
}

/** A forecaster of the options given, for a series that was read so. */
export function forecasterFor(
  o: TrainOptions,
  columns: readonly string[],
  reading: Awaited<ReturnType<typeof readSeries>>["reading"],
  say: (line: string) => void,
): Forecaster {
  const reads = given(o, "horizon", "targets", "window", "strategy", "differences", "logarithm", "scaler");
  const method = o.method as ForecastMethod | undefined; // the command has these choices
  const objective = given(o, "intervals", "coverage", "min", "max", "loss", "timeZone");
  return forecaster({
    ...{
      ...given(o, ...stackNames),
      ...reads,
      ...seasonGiven(o, say),
      ...objective,
      ...optimizerFor(o),
      ...(method ? { method } : {}),
      columns,
      reading,
    },
  });
}

async function onSeries(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  if (isCollection(o) || (await continuesCollection(o))) {
    const next = "Leave it out: the last rows of each series are held out (--validation-split).";
    if (o.validationData) throw new DataError(problem("--validation-data", "one series", "many", next));
    return onCollection(files, o, self, screen);
  }
  const say = notes(o, screen);
  const before = o.continue ? await continued(o.continue, "forecaster", o, self) : null;
  const kept = before ? readingOfSeries(before.options, withoutUndefined(o)) : o;
  const named = o.columns ?? before?.learned.names ?? undefined;
  const first = await readSeries(files, named, { ...kept, toTrain: before === null, say });
  const { series, columns, dates, reading, fraction } = await withLater(
    first,
    files,
    { ...kept, ...first.reading, say },
    o,
  );
  const task = before ?? forecasterFor(o, columns, reading, say);
  const split = fraction === null ? given(o, "validationSplit") : { validationSplit: fraction };
  const more = { ...split, ...given(o, "patience"), dates, ...(before ? { continue: true } : {}) };
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    told("forecaster.fit", files.join(", "), () =>
      task.fit(series, { ...fit, ...more, callbacks: [...rateOf(o), ...callbacks] }),
    ),
  );
  if (task.report) say(forecasterWords(task.learned));
  if (task.report && !o.quiet && !o.json) screen.out(`${task.report}\n`);
}

/** Samples per second of recordings; null for numbers. */
const rateIn = ([first]: readonly Sequence[]): number | null =>
  typeof first === "object" && "sampleRate" in first ? first.sampleRate : null;

/**
 * A series with the rows of `--validation-data` behind it, and their fraction of all; null without such files. Throws DataError where dates
 * say that they do not follow.
 */
async function withLater(
  first: Awaited<ReturnType<typeof readSeries>>,
  files: readonly string[],
  reading: SeriesOptions,
  o: TrainOptions,
) {
  const others = o.validationData;
  if (!others) return { ...first, fraction: null };
  const all = await readSeries([...files, ...others], first.columns, { ...reading, say: () => {} });
  const [rows, count] = [first.series.shape[0], all.series.shape[0]];
  if (first.dates && all.dates?.[rows - 1] !== first.dates[rows - 1]) {
    const next = "Give later rows of the same series; backtest tests on earlier ones too.";
    const expected = `rows after the last one to train on, ${first.dates[rows - 1]}`;
    throw new DataError(problem("--validation-data", expected, others.join(", "), next));
  }
  reading.say?.(`${others.join(", ")}: ${counted(count - rows, "row")} behind them, to validate on`);
  return { ...all, fraction: (count - rows) / count };
}

async function onSequences(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  const audio = (["mels", "frameMs", "hopMs"] as const).find((name) => o[name] !== undefined);
  if (audio && !files.some(isWav) && !hasFolder(files)) {
    const flag = self.options.find((option) => option.attributeName() === audio)!.long!;
    throw new DataError(problem(flag, "wav files", files[0], "Leave it out."));
  }
  const say = notes(o, screen);
  const before = o.continue ? await continued(o.continue, "sequenceClassifier", o, self) : null;
  const read = await readLabelled(files, { ...o, kept: before?.options.reading, rate: before?.sampleRate, say });
  const { reading } = read;
  const { training, held } = o.validationData ? { training: read, held: null } : groupsApart(read, o, say);
  const { sequences, labels, places } = training;
  const fresh = () =>
    sequenceClassifier({
      ...{ ...given(o, ...stackNames), ...given(o, "length", "keep", "scaler", "output"), ...optimizerFor(o), reading },
      audio: given(o, "mels", "frameMs", "hopMs"),
    });
  const task = before ?? fresh();
  const more = { ...given(o, "validationSplit", "patience", "classWeight"), ...(before ? { continue: true } : {}) };
  const classes = before ? asKnown(labels, before.labels, say) : asLabels(labels);
  const others = o.validationData
    ? await readLabelled(o.validationData, { ...o, kept: reading, rate: rateIn(sequences), say })
    : held;
  if (read.groups) Object.assign(more, { validationSplit: 0 });
  const apart = others && ([others.sequences, sameLabels(others, classes)] as const);
  if (apart) Object.assign(more, { validationData: apart });
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    byPlace(
      (row) => places[row],
      () => task.fit(sequences, classes, { ...fit, ...more, callbacks: [...rateOf(o), ...callbacks] }),
    ),
  );
  sayTrained(`up to ${task.length} steps read of a sequence`, task.split, say);
  const { split } = task;
  if (!split) return;
  const rows = <T>(list: readonly T[]) => split.heldOut.map((row) => list[row]);
  const [asked, right] = apart ?? [rows(sequences), rows(classes)];
  await judged(asked.length > 0 ? () => task.evaluate(asked, right) : null, o, say);
}

/** Number of words or characters that have ids of their own. */
function wordsIn({ wordIndex, numWords = Number.POSITIVE_INFINITY, oovToken, charLevel }: Tokenizer): string {
  const all = Math.min(wordIndex.size, numWords - 1) - (oovToken === undefined ? 0 : 1);
  return counted(all, charLevel ? "character" : "word");
}

async function onNormal(...given: Parameters<typeof onSeries>): Promise<void> {
  await (await import("./train-anomaly.ts")).onNormal(...given);
}

async function onTags(...given: Parameters<typeof onSeries>): Promise<void> {
  await (await import("./train-tag.ts")).onTags(...given);
}

async function onPairs(...given: Parameters<typeof onSeries>): Promise<void> {
  await (await import("./train-translate.ts")).onPairs(...given);
}

async function onTranscripts(...given: Parameters<typeof onSeries>): Promise<void> {
  await (await import("./train-transcribe.ts")).onTranscripts(...given);
}

async function onClips(...given: Parameters<typeof onSeries>): Promise<void> {
  await (await import("./train-video.ts")).onClips(...given);
}

const kinds = {
  ...{ text: onText, classify: onClasses, forecast: onSeries, sequence: onSequences },
  ...{ anomaly: onNormal, tag: onTags, translate: onPairs, transcribe: onTranscripts },
  video: onClips,
};
export type TrainedKind = keyof typeof kinds;
