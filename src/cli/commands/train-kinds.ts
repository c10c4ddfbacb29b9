import type { Command } from "commander";
import { counted, DataError, problem } from "../../errors.ts";
import {
  type Evaluation,
  earlyStopping,
  type Forecaster,
  type ForecastMethod,
  forecaster,
  type Label,
  languageModel,
  sequenceClassifier,
  type Tokenizer,
  textClassifier,
} from "../../index.ts";
import { plotConfusionMatrix } from "../../plot/index.ts";
import { classesIn } from "../readers/classes-in.ts";
import { withKept } from "../readers/kept-reading.ts";
import { isWav } from "../readers/read-recordings.ts";
import { readLabelled } from "../readers/read-sequences.ts";
import { readingOf as readingOfSeries, readSeries, withoutUndefined } from "../readers/read-series.ts";
import { byLine, labelledTexts, placeOf, readTables, type Table, writtenLines } from "../readers/read-table.ts";
import { forecasterWords } from "../screen/forecaster-words.ts";
import { notes, percent, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, checkOutput, writeChart } from "../screen/write-result.ts";
import { continued, rateOf } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import { groupsApart } from "./groups-apart.ts";
import { asKnown, asLabels } from "./labels.ts";
import { readingOf } from "./scripts-without-blanks.ts";
import { continuesCollection, isCollection, onCollection } from "./train-collection.ts";
import type { TrainOptions } from "./train-options.ts";
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
    await checkApart([...files, ...(o.validationData ?? [])], outputs);
    await kinds[kind](files, o, self, screen);
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
  if (isCollection(o) || (await continuesCollection(o))) return onCollection(files, o, self, screen);
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
  const read = await readLabelled(files, { ...o, kept: before?.options.reading, say });
  const { reading } = read;
  const { training, held } = o.validationData ? { training: read, held: null } : groupsApart(read, o, say);
  const { sequences, labels } = training;
  const fresh = () =>
    sequenceClassifier({
      ...{ ...given(o, ...stackNames), ...given(o, "length", "keep", "scaler", "output"), ...optimizerFor(o), reading },
      audio: given(o, "mels", "frameMs", "hopMs"),
    });
  const task = before ?? fresh();
  const more = { ...given(o, "validationSplit", "patience", "classWeight"), ...(before ? { continue: true } : {}) };
  const classes = before ? asKnown(labels, before.labels, say) : asLabels(labels);
  const others = o.validationData ? await readLabelled(o.validationData, { ...o, kept: reading, say }) : held;
  if (read.groups) Object.assign(more, { validationSplit: 0 });
  const apart = others && ([others.sequences, sameLabels(others, classes)] as const);
  if (apart) Object.assign(more, { validationData: apart });
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    task.fit(sequences, classes, { ...fit, ...more, callbacks: [...rateOf(o), ...callbacks] }),
  );
  sayTrained(`up to ${task.length} steps read of a sequence`, task.split, say);
  const { split } = task;
  if (!split) return;
  const rows = <T>(list: readonly T[]) => split.heldOut.map((row) => list[row]);
  const [asked, right] = apart ?? [rows(sequences), rows(classes)];
  await judged(asked.length > 0 ? () => task.evaluate(asked, right) : null, o, say);
}

/** Labels of rows for validation, as those of the training rows are: numbers, or names. Throws DataError for one that those do not have. */
function sameLabels({ labels, table }: { labels: readonly string[]; table?: Table }, known: readonly Label[]): Label[] {
  const byName = new Map(known.map((label) => [String(label), label]));
  return labels.map((name, row) => {
    const label = byName.get(name);
    if (label !== undefined) return label;
    const who = table ? placeOf(table, row) : "--validation-data";
    throw new DataError(problem(who, "a label of the training rows", JSON.stringify(name)));
  });
}

/** Figures on the rows that were validated on, and their confusion matrix where `--chart` names a file. */
async function judged(evaluate: (() => Promise<Evaluation>) | null, o: TrainOptions, say: (line: string) => void) {
  if (!evaluate) {
    if (o.chart) throw new DataError(problem("--chart", "rows for validation", "none", "Give --validation-data FILE."));
    return;
  }
  const { accuracy, rocAuc, prAuc, report } = await evaluate();
  const areas = rocAuc === null ? "" : `, ROC AUC ${rocAuc.toFixed(3)}, PR AUC ${prAuc!.toFixed(3)}`;
  const always = `always ${JSON.stringify(report.baseline.label)}: ${percent(report.baseline.accuracy)}`;
  say(`on the validation rows: accuracy ${percent(accuracy)} (${always})${areas}`);
  if (!o.chart) return;
  const { labels, counts } = report.confusion;
  await writeChart(
    o.chart,
    await plotConfusionMatrix(
      counts.map((row) => [...row]),
      { labels },
    ),
  );
}

/** Says what was learned from the rows, and how they were split. */
function sayTrained(what: string, split: Split | null, say: (line: string) => void): void {
  if (!split) return; // stopped before the first step
  const held = split.validation ? `, validated on ${split.validation}` : ", none held out for validation";
  say(`${what}; trained on ${split.training}${held}`);
  if (split.tooFew === undefined || split.tooFew === null) return;
  const few = `${counted(split.tooFew, "row")} ${split.tooFew === 1 ? "is" : "are"} too few to judge by`;
  if (split.validation > 0) say(`${few}: read the validation figures with care`);
  else say(`${few}, so none is held out (--validation-split 0.2 holds more out, --validation-data FILE other rows)`);
}

/** Number of words or characters that have ids of their own. */
function wordsIn({ wordIndex, numWords = Number.POSITIVE_INFINITY, oovToken, charLevel }: Tokenizer): string {
  const all = Math.min(wordIndex.size, numWords - 1) - (oovToken === undefined ? 0 : 1);
  return counted(all, charLevel ? "character" : "word");
}

type Split = { readonly training: number; readonly validation: number; readonly tooFew?: number | null };

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

const kinds = {
  ...{ text: onText, classify: onClasses, forecast: onSeries, sequence: onSequences },
  ...{ anomaly: onNormal, tag: onTags, translate: onPairs, transcribe: onTranscripts },
};
export type TrainedKind = keyof typeof kinds;

const stackNames = [
  ...(["cell", "units", "dropout", "recurrentDropout"] as const),
  ...(["outputDropout", "bidirectional", "pooling", "seed", "backend"] as const),
];
