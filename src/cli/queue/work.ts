import { runTrial, type Trial, type TunedKind } from "../../tune/index.ts";
import { figuresOf } from "../commands/trial-table.ts";
import { type TuneTask, tunedData } from "../commands/tune-data.ts";
import { filesHere, type Job, type Source } from "./job.ts";

/** The result of a job, and a line about it. */
export interface Done {
  readonly result: unknown;
  readonly says: string;
}

/** Does jobs one after the other; the data of the last search stay. */
export function jobsOf(folder: string | undefined): (job: Job, signal: AbortSignal) => Promise<Done> {
  let last: { key: string; read: Promise<(part: unknown, signal: AbortSignal) => Promise<Done>> } | null = null;
  return async ({ source, part }, signal) => {
    const key = JSON.stringify(source);
    if (last?.key !== key) last = { key, read: readerOf(source, folder) };
    try {
      return await (await last.read)(part, signal);
    } catch (error) {
      last = null; // files that were not there may come
      throw error;
    }
  };
}

async function readerOf(source: Source, folder: string | undefined) {
  const files = await filesHere(source, folder);
  return trials(source, files);
}

async function trials({ task, options }: Source, files: string[]) {
  const { data } = await tunedData[task as TuneTask](files, options, () => {});
  return async (part: unknown, signal: AbortSignal): Promise<Done> => {
    const trial = part as Trial & { kind: TunedKind };
    const begun = performance.now();
    const { score, figures } = await runTrial(trial, data as never, signal);
    const seconds = (performance.now() - begun) / 1000;
    return {
      result: { score, figures, seconds },
      says: `trial ${trial.trial}, epochs ${trial.epochs}: ${figuresOf({ figures })}`,
    };
  };
}
