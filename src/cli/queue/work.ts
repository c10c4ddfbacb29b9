import { runTrial } from "../../tune/index.ts";
import { figuresOf } from "../commands/trial-table.ts";
import { tunedData } from "../commands/tune-data.ts";
import { filesHere, type Job, type JobResult, type Source } from "./job.ts";

/** The result of a job, and a line about it. */
export interface Done {
  readonly result: JobResult;
  readonly says: string;
}

/** Does jobs one after the other; the data of the last search stay. */
export function jobsOf(folder: string | undefined): (job: Job, signal: AbortSignal) => Promise<Done> {
  let last: { key: string; data: Promise<unknown> } | null = null;
  return async ({ source, trial }, signal) => {
    const key = JSON.stringify(source);
    if (last?.key !== key) last = { key, data: dataOf(source, folder) };
    try {
      return await done(trial, await last.data, signal);
    } catch (error) {
      last = null; // files that were not there may come
      throw error;
    }
  };
}

async function dataOf(source: Source, folder: string | undefined): Promise<unknown> {
  const { data } = await tunedData[source.task](await filesHere(source, folder), source.options, () => {});
  return data;
}

async function done(trial: Job["trial"], data: unknown, signal: AbortSignal): Promise<Done> {
  const begun = performance.now();
  const { score, figures } = await runTrial(trial, data as never, signal);
  const seconds = (performance.now() - begun) / 1000;
  return {
    result: { score, figures, seconds },
    says: `trial ${trial.trial}, epochs ${trial.epochs}: ${figuresOf({ figures })}`,
  };
}
