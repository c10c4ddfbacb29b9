import { existsSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import type { Command } from "commander";
import { formatCsv } from "../../data/index.ts";
import { counted } from "../../errors.ts";
import { backupAndRestore, type Callback, csvLogger, type History } from "../../index.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { interruptible, type Screen } from "../screen/screen.ts";
import { writeResult } from "../screen/write-result.ts";
import { rateSchedule } from "./rate-schedule.ts";
import type { TrainOptions } from "./train-options.ts";

/** Options that a command passes to every task's `fit`. */
export interface Fitting {
  epochs?: number;
  batchSize?: number;
  callbacks: Callback[];
  signal: AbortSignal;
  verbose: 0 | 1 | 2;
  write?(text: string): void;
}

interface Savable {
  save(path: string): Promise<void>;
  /** Errors of a forecaster and of the baselines on the validation split. */
  readonly report?: object | null;
}

/**
 * Trains until done or Ctrl-C, saves, and says what came of it; Ctrl-C twice quits at once. Beside the model lies FILE.progress
 * until it is saved: `--resume` continues from there, however the process ended.
 */
export async function train(
  task: Savable,
  o: TrainOptions,
  screen: Screen,
  command: Command,
  fit: (options: Fitting) => Promise<History>,
): Promise<void> {
  const progress = `${o.save}.progress`;
  if (screen.follows) return void (await interruptible((signal) => fit(fitting(o, screen, progress, signal))));
  const leave = await oneAtATime(progress, o.save);
  const sayHowToResume = () => existsSync(checkpointIn(progress)) && screen.err(`to resume: ${commandLine(command)}\n`);
  const say = (time: number) => {
    if (time === 1) screen.err("\nstopping after this step, then saving; Ctrl-C again to quit at once\n");
    else sayHowToResume();
  };
  const work = async (signal: AbortSignal) => {
    const history = await fit(fitting(o, screen, progress, signal));
    await keep(task, history, signal.aborted, o, screen).catch((error) => {
      sayHowToResume(); // what was learned is in the checkpoint
      throw error;
    });
    if (!signal.aborted) return await rm(checkpointIn(progress), { force: true });
    screen.code = 130;
    sayHowToResume();
  };
  try {
    await beginIn(progress, o, screen);
    await interruptible(work, say);
  } finally {
    await leave();
    await rmdir(progress).catch(() => undefined); // a checkpoint lies in it, or nothing ever did
  }
}

/** Saves the model, if a step was taken. */
async function keep(task: Savable, history: History, interrupted: boolean, o: TrainOptions, screen: Screen) {
  if (interrupted && history.epoch.length === 0) return screen.err("stopped before the first step: nothing is saved\n");
  await task.save(o.save);
  if (o.history) await writeResult(o.history, await historyCsv(history.history));
  report(task, history, interrupted, o, screen);
}

const checkpointIn = (progress: string): string => `${progress}/training.checkpoint`; // as backupAndRestore names it

function fitting(o: TrainOptions, screen: Screen, progress: string, signal: AbortSignal): Fitting {
  return {
    ...(o.epochs ? { epochs: o.epochs } : {}),
    ...(o.batchSize ? { batchSize: o.batchSize } : {}),
    callbacks: [
      o.log ? csvLogger(o.log) : {}, // a place in the list, whether or not it was there before
      // Not deleted when training ends: first the model must be there.
      backupAndRestore(progress, { saveFreq: { seconds: o.checkpoint }, deleteCheckpoint: false }),
      ...rateSchedule(o), // none where none was asked for: trainings of earlier versions had no place for one
    ],
    signal,
    verbose: o.quiet || o.json ? 0 : screen.terminal ? 1 : 2,
    ...(screen.terminal ? {} : { write: screen.out }), // where a person looks, the progress line moves
  };
}

async function beginIn(progress: string, o: TrainOptions, screen: Screen): Promise<void> {
  const checkpoint = checkpointIn(progress);
  if (existsSync(checkpoint)) {
    if (o.resume) return void (o.quiet || screen.err(`resuming the training in ${progress}\n`));
    screen.err(
      `${progress}: an interrupted training was there; starting from the beginning (--resume would continue it)\n`,
    );
    await rm(checkpoint, { force: true });
  } else if (o.resume) screen.err(`${progress}: no interrupted training there; starting from the beginning\n`);
}

function report(task: Savable, found: History, interrupted: boolean, o: TrainOptions, screen: Screen): void {
  const { history, epoch, stopped, restoredEpoch, seconds } = found;
  const epochs = epoch.length;
  const kept = restoredEpoch ?? epochs - 1; // the epoch that the saved weights are of
  const figures = Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values[kept]]));
  if (o.json) {
    const reason = interrupted ? "interrupted" : stopped ? "early stopping" : "all epochs";
    const said = { model: o.save, epochs, seconds, stopped, reason, restoredEpoch: kept + 1, ...figures };
    screen.out(`${JSON.stringify({ ...said, ...(task.report ? { report: task.report } : {}) })}\n`);
  } else if (!o.quiet && epochs === 0) {
    screen.out(`${o.save}\n`); // a method without training
  } else if (!o.quiet) {
    const how = stopped ? "stopped" : "trained";
    const when = interrupted ? `interrupted in epoch ${epochs} after` : `${how} after ${counted(epochs, "epoch")} in`;
    const best = kept < epochs - 1 ? `, with the weights of epoch ${kept + 1}` : "";
    screen.out(`${when} ${seconds.toFixed(1)} s: ${o.save}${best}\n`);
  }
}

async function historyCsv(history: Record<string, number[]>): Promise<string> {
  const columns = Object.keys(history);
  const rows = (history[columns[0]] ?? []).map((_, i) => [i + 1, ...columns.map((name) => history[name][i])]);
  return formatCsv({ columns: ["epoch", ...columns], rows });
}

/** The words that were typed, with `--resume`. */
function commandLine(command: Command): string {
  const { rawArgs } = rootOf(command) as Command & { rawArgs: readonly string[] };
  const words = rawArgs.slice(2).filter((word) => word !== "--resume");
  const quoted = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ["cellstate", ...quoted, "--resume"].join(" ");
}

const rootOf = (command: Command): Command => (command.parent ? rootOf(command.parent) : command);
