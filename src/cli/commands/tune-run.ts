import { copyFile } from "node:fs/promises";
import { counted } from "../../errors.ts";
import { plotLines } from "../../plot/index.ts";
import { type TrialRecord, type TrialRunner, type Tuned, tune } from "../../tune/index.ts";
import { interruptible, notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, checkOutput, writeChart } from "../screen/write-result.ts";
import { figuresOf, trialTable } from "./trial-table.ts";
import { type TuneReading, type TuneTask, tunedData } from "./tune-data.ts";

/** Options of `cellstate tune`. */
export interface TuneCommandOptions extends TuneReading {
  trials?: number;
  minutes?: number;
  search?: "halving" | "random";
  epochs?: number;
  seed?: number;
  validationSplit?: number;
  folder: string;
  save?: string;
  chart?: string;
  /** Address of Redis, for trials that workers run. */
  queue?: string;
}

/** Searches, says each trial as it is done, and prints them all, the best first. */
export async function tuneOn(task: TuneTask, files: string[], o: TuneCommandOptions, screen: Screen): Promise<void> {
  await checkChart("--chart", o.chart);
  await checkOutput("--save", o.save);
  await checkApart(files, { "--save": o.save, "--chart": o.chart });
  const say = notes(o, screen);
  const { kind, data, fixed } = await tunedData[task](files, o, say);
  const asked = Object.fromEntries(
    (["trials", "minutes", "search", "epochs", "seed", "validationSplit"] as const).flatMap((name) =>
      o[name] === undefined ? [] : [[name, o[name]]],
    ),
  );
  const backend = o.backend === undefined ? {} : { backend: o.backend };
  const common = { ...asked, fixed: { ...fixed, ...backend }, folder: o.folder };
  const onTrial = (one: TrialRecord) => say(lineOf(one));
  const search = (signal: AbortSignal, runner?: TrialRunner) =>
    tune(kind, data as never, { ...common, signal, onTrial, ...(runner ? { runner } : {}) });
  const found = await interruptible(async (signal) => {
    if (o.queue === undefined) return search(signal);
    const { withTrialQueue } = await import("../queue/tune-queue.ts");
    return withTrialQueue(o.queue, { task, files, o, say }, (runner) => search(signal, runner));
  });
  if (o.save) await copyFile(`${o.folder}/best.keras`, o.save);
  if (o.chart) await writeChart(o.chart, await chartOf(found));
  if (o.json)
    return screen.out(`${JSON.stringify({ best: found.best, trials: found.trials, complete: found.complete })}\n`);
  screen.out(`${trialTable(found.trials)}\n`);
  const where = o.save ?? `${o.folder}/best.keras`;
  const cut = found.complete ? "" : "; the minutes were over before the last";
  say(`${counted(found.trials.length, "training")}${cut}; the best model: ${where}`);
  say("its figures are the best of several, and flatter it: cellstate evaluate it on rows that were not searched with");
}

const lineOf = (one: TrialRecord): string =>
  `trial ${one.trial.trial}, ${counted(one.trial.epochs, "epoch")}: ${figuresOf(one)} (${one.seconds.toFixed(1)} s)`;

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
