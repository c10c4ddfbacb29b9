import { copyFile } from "node:fs/promises";
import { counted } from "../../errors.ts";
import { plotLines } from "../../plot/index.ts";
import { type TrialRecord, type Tuned, type TunedData, type TunedKind, tune } from "../../tune/index.ts";
import { withKept } from "../readers/kept-reading.ts";
import { readSentences, type SentenceColumns } from "../readers/read-sentences.ts";
import { readLabelled } from "../readers/read-sequences.ts";
import { readSeries } from "../readers/read-series.ts";
import { labelledTexts, readTables, writtenLines } from "../readers/read-table.ts";
import { type Common, interruptible, notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, checkOutput, writeChart } from "../screen/write-result.ts";
import { asLabels } from "./labels.ts";

/** Options of `cellstate tune`. */
export interface TuneCommandOptions extends Common, SentenceColumns {
  trials?: number;
  minutes?: number;
  search?: "halving" | "random";
  epochs?: number;
  seed?: number;
  validationSplit?: number;
  folder: string;
  save?: string;
  chart?: string;
  text?: string;
  columns?: string[];
  horizon?: number;
}

type Read<K extends TunedKind> = { kind: K; data: TunedData[K]; fixed: Readonly<Record<string, unknown>> };
type Reader = (files: string[], o: TuneCommandOptions, say: (line: string) => void) => Promise<Read<TunedKind>>;

const readers: Readonly<Record<"classify" | "sequence" | "forecast" | "tag" | "text", Reader>> = {
  async classify(files, o, say) {
    const { texts, labels, reading } = labelledTexts(await readTables(files, { ...o, say }), o, say);
    const classes = asLabels(labels);
    return { kind: "textClassifier", data: texts.map((text, k) => ({ text, label: classes[k] })), fixed: { reading } };
  },
  async sequence(files, o, say) {
    const { sequences, labels, reading } = await readLabelled(files, { ...o, say });
    const classes = asLabels(labels);
    const data = sequences.map((sequence, k) => ({ sequence, label: classes[k] }));
    return { kind: "sequenceClassifier", data: data as TunedData["sequenceClassifier"], fixed: { reading } };
  },
  async forecast(files, o, say) {
    const { series, columns, reading } = await readSeries(files, o.columns, { say });
    const horizon = o.horizon === undefined ? {} : { horizon: o.horizon };
    return { kind: "forecaster", data: series, fixed: { ...horizon, columns, reading } };
  },
  async tag(files, o, say) {
    const { sentences, reading } = await readSentences(files, { ...o, say });
    return { kind: "sequenceTagger", data: sentences, fixed: { reading } };
  },
  async text(files, o, say) {
    const table = await readTables(files, { ...o, say });
    return { kind: "languageModel", data: writtenLines(table, withKept(o, {}, table).text, say), fixed: {} };
  },
};

/** Searches, says each trial as it is done, and prints them all, the best first. */
export async function tuneOn(
  task: keyof typeof readers,
  files: string[],
  o: TuneCommandOptions,
  screen: Screen,
): Promise<void> {
  await checkChart("--chart", o.chart);
  await checkOutput("--save", o.save);
  await checkApart(files, { "--save": o.save, "--chart": o.chart });
  const say = notes(o, screen);
  const { kind, data, fixed } = await readers[task](files, o, say);
  const asked = Object.fromEntries(
    (["trials", "minutes", "search", "epochs", "seed", "validationSplit"] as const).flatMap((name) =>
      o[name] === undefined ? [] : [[name, o[name]]],
    ),
  );
  const backend = o.backend === undefined ? {} : { backend: o.backend };
  const found = await interruptible((signal) =>
    tune(kind, data as never, {
      ...asked,
      fixed: { ...fixed, ...backend },
      folder: o.folder,
      signal,
      onTrial: (one) => say(lineOf(one)),
    }),
  );
  if (o.save) await copyFile(`${o.folder}/best.keras`, o.save);
  if (o.chart) await writeChart(o.chart, await chartOf(found));
  if (o.json)
    return screen.out(`${JSON.stringify({ best: found.best, trials: found.trials, complete: found.complete })}\n`);
  screen.out(`${tableOf(found)}\n`);
  const where = o.save ?? `${o.folder}/best.keras`;
  const cut = found.complete ? "" : "; the minutes were over before the last";
  say(`${counted(found.trials.length, "training")}${cut}; the best model: ${where}`);
  say("its figures are the best of several, and flatter it: cellstate evaluate it on rows that were not searched with");
}

const figuresOf = ({ figures }: TrialRecord): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(", ");

const settingsOf = ({ trial }: TrialRecord): string =>
  Object.entries(trial.settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const lineOf = (one: TrialRecord): string =>
  `trial ${one.trial.trial}, ${counted(one.trial.epochs, "epoch")}: ${figuresOf(one)} (${one.seconds.toFixed(1)} s)`;

/** A line a trial, its longest training: those that were trained longest first, then by their score. */
function tableOf({ trials }: Tuned): string {
  const longest = new Map<number, TrialRecord>();
  for (const one of trials) {
    const before = longest.get(one.trial.trial);
    if (!before || before.trial.epochs < one.trial.epochs) longest.set(one.trial.trial, one);
  }
  const ranked = [...longest.values()].sort((a, b) => b.trial.epochs - a.trial.epochs || b.score - a.score);
  const rows = ranked.map((one) => [`${one.trial.trial}`, `${one.trial.epochs}`, figuresOf(one), settingsOf(one)]);
  const all = [["trial", "epochs", "held-out rows", "settings"], ...rows];
  const widths = [0, 1, 2].map((k) => Math.max(...all.map((cells) => cells[k].length)));
  return all.map((cells) => cells.map((cell, k) => (k < 3 ? cell.padEnd(widths[k]) : cell)).join("  ")).join("\n");
}

/** Scores by trial, a line for each number of epochs. */
function chartOf({ trials }: Tuned): Promise<string> {
  const epochs = [...new Set(trials.map(({ trial }) => trial.epochs))].sort((a, b) => a - b);
  const series = epochs.map((n) => {
    const those = trials.filter(({ trial }) => trial.epochs === n).sort((a, b) => a.trial.trial - b.trial.trial);
    return { name: counted(n, "epoch"), x: those.map(({ trial }) => trial.trial), y: those.map(({ score }) => score) };
  });
  return plotLines([
    { title: "Scores on the rows held out", xLabel: "trial", yLabel: "score, more is better", series },
  ]);
}
