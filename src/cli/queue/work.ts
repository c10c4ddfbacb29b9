import { runTrial, type Trial } from "../../tune/index.ts";
import type { Backtest } from "../commands/backtest-setup.ts";
import { readBacktest } from "../commands/read-backtest.ts";
import type { BacktestCommandOptions } from "../commands/train-options.ts";
import { figuresOf } from "../commands/trial-table.ts";
import { tunedData } from "../commands/tune-data.ts";
import { type FoldDone, filesHere, type Job, type JobResult, type Source, type TrialDone } from "./job.ts";

/** The result of a job, and a line about it. */
export interface Done<R extends JobResult = JobResult> {
  readonly result: R;
  readonly says: string;
}

/** Does one job of a source that has been read. */
type Doing = (job: Job, signal: AbortSignal) => Promise<Done>;

/** Does jobs one after the other; what the last search read stays. */
export function jobsOf(folder: string | undefined): Doing {
  let last: { key: string; doing: Promise<Doing> } | null = null;
  return async (job, signal) => {
    const key = JSON.stringify(job.source);
    if (last?.key !== key) last = { key, doing: opened(job.source, folder) };
    try {
      return await (await last.doing)(job, signal);
    } catch (error) {
      last = null; // files that were not there may come
      throw error;
    }
  };
}

async function opened(source: Source, folder: string | undefined): Promise<Doing> {
  const files = await filesHere(source, folder);
  const nothing = () => {};
  if (source.task !== "backtest") {
    const { data } = await tunedData[source.task](files, source.options, nothing);
    return ({ trial }, signal) => trialDone(trial!, data, signal);
  }
  const o = source.options as unknown as BacktestCommandOptions;
  const holidays = o.holidays === undefined ? {} : { holidays: files.pop()! };
  const backtest = await readBacktest(files, { ...o, ...holidays }, nothing);
  return ({ fold }, signal) => foldDone(fold!, backtest, signal);
}

async function trialDone(trial: Trial, data: unknown, signal: AbortSignal): Promise<Done<TrialDone>> {
  const begun = performance.now();
  const { score, figures } = await runTrial(trial, data as never, signal);
  return {
    result: { score, figures, seconds: since(begun) },
    says: `trial ${trial.trial}, epochs ${trial.epochs}: ${figuresOf({ figures })}`,
  };
}

async function foldDone(only: number, backtest: Backtest, signal: AbortSignal): Promise<Done<FoldDone>> {
  const begun = performance.now();
  let found = null as { fold: object; says: string } | null;
  await backtest.run({
    ...{ only, signal },
    onFold: (fold, says) => {
      found = { fold, says };
    },
  });
  const { fold, says } = found!;
  return { result: { fold, says, seconds: since(begun) }, says };
}

const since = (begun: number): number => (performance.now() - begun) / 1000;
