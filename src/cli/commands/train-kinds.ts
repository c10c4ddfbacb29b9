import type { Command } from "commander";
import { DataError, problem } from "../../errors.ts";
import {
  earlyStopping,
  type Forecaster,
  forecaster,
  languageModel,
  type Optimizer,
  optimizerOf,
  sequenceClassifier,
  textClassifier,
} from "../../index.ts";
import { isWav } from "../readers/read-recordings.ts";
import { readLabelled } from "../readers/read-sequences.ts";
import { readSeries } from "../readers/read-series.ts";
import { byLine, labelledTexts, placeOf, readTables, writtenLines } from "../readers/read-table.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkOutput } from "../screen/write-result.ts";
import { asLabels } from "./labels.ts";
import { readingOf } from "./scripts-without-blanks.ts";
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
  const lines = writtenLines(await readTables(files, { ...o, say }), o.text, say);
  if (lines.length < 2 && o.scheme !== "stream") {
    const next = "One long text is read with --scheme stream.";
    throw new DataError(problem(files.join(", "), "lines of text", lines.length === 0 ? "none" : "one", next));
  }
  const kept = keptLines(lines.length, o);
  const sizes = given(o, "scheme", "cell", "units", "embedding", "dropout", "recurrentDropout", "steps");
  const words = given(o, "maskZero", "numWords", "oovToken", "lower", "filters", "name", "seed", "backend");
  const endToken = o.endToken === undefined ? {} : { endToken: o.endToken === false ? null : o.endToken };
  const rate = o.optimizer === undefined ? given(o, "learningRate") : optimizerFor(o);
  const task = languageModel({ ...readingOf(lines, o.charLevel, say), ...sizes, ...words, ...endToken, ...rate });
  const raw = (part: string[]) => (o.scheme === "stream" ? part.join("\n") : part);
  const validation = kept > 0 ? { validationData: raw(lines.slice(-kept)) } : {};
  const patient = o.patience === undefined ? {} : earlyStopping({ patience: o.patience, restoreBestWeights: true });
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    task.fit(raw(lines.slice(0, lines.length - kept)), {
      ...fit,
      ...validation,
      shuffle: o.shuffle,
      callbacks: [patient, ...callbacks],
    }),
  );
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
  const { table, texts, labels } = labelledTexts(await readTables(files, { ...o, say }), o, say);
  const words = given(o, "numWords", "length", "keep", "embedding", "filters", "lower", "output");
  const bag = given(o, "embeddingDropout", "pairs", "pairEmbedding");
  const task = textClassifier({
    ...readingOf(texts, o.charLevel, say),
    ...given(o, ...stackNames),
    ...words,
    ...bag,
    ...optimizerFor(o),
  });
  const more = given(o, "validationSplit", "patience", "classWeight");
  await train(task, o, screen, self, (fit) =>
    byLine(table, () => task.fit(texts, asLabels(labels), { ...fit, ...more })),
  );
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
  const objective = given(o, "intervals", "coverage", "min", "max", "loss", "timeZone");
  return forecaster({
    ...{ ...given(o, ...stackNames), ...reads, ...objective, ...optimizerFor(o), columns, reading },
  });
}

async function onSeries(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  const { series, columns, dates, reading } = await readSeries(files, o.columns, { ...o, say: notes(o, screen) });
  const task = forecasterFor(o, columns, reading);
  const more = { ...given(o, "validationSplit", "patience"), dates };
  await train(task, o, screen, self, (fit) => task.fit(series, { ...fit, ...more }));
  if (task.report && !o.quiet && !o.json) screen.out(`${task.report}\n`);
}

async function onSequences(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  const audio = (["mels", "frameMs", "hopMs"] as const).find((name) => o[name] !== undefined);
  if (audio && !files.some(isWav)) {
    const flag = self.options.find((option) => option.attributeName() === audio)!.long!;
    throw new DataError(problem(flag, "wav files", files[0], "Leave it out."));
  }
  const { sequences, labels } = await readLabelled(files, { ...o, say: notes(o, screen) });
  const task = sequenceClassifier({
    ...{ ...given(o, ...stackNames), ...given(o, "length", "keep", "scaler", "output"), ...optimizerFor(o) },
    audio: given(o, "mels", "frameMs", "hopMs"),
  });
  const more = given(o, "validationSplit", "patience", "classWeight");
  await train(task, o, screen, self, (fit) => task.fit(sequences, asLabels(labels), { ...fit, ...more }));
}

const kinds = { text: onText, classify: onClasses, forecast: onSeries, sequence: onSequences };
export type TrainedKind = keyof typeof kinds;

/** The given ones among the options of these names: what is absent, not undefined, is chosen by the data. */
function given<K extends keyof TrainOptions>(o: TrainOptions, ...names: K[]): Pick<TrainOptions, K> {
  return Object.fromEntries(names.filter((name) => o[name] !== undefined).map((name) => [name, o[name]])) as Pick<
    TrainOptions,
    K
  >;
}

const stackNames = [
  ...(["cell", "units", "dropout", "recurrentDropout"] as const),
  ...(["outputDropout", "bidirectional", "pooling", "seed", "backend"] as const),
];

/** The optimizer that is named, or Adam where only its rate is; by default the task's. */
function optimizerFor({ optimizer, learningRate }: TrainOptions): { optimizer?: Optimizer } {
  if (optimizer === undefined && learningRate === undefined) return {};
  return { optimizer: optimizerOf(optimizer ?? "adam", learningRate === undefined ? {} : { learningRate }) };
}
