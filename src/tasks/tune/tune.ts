import { DataError, problem } from "../../errors.ts";
import { above0, anything, below1, type Field, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { openRecord } from "./record.ts";
import { drawTrial, type SearchSpace, usualSpaces } from "./space.ts";
import { runTrial, type TrainedTask, type Trial, type TrialResult, type TunedData, type TunedKind } from "./trial.ts";

/** Options of `tune`. */
export interface TuneOptions {
  /** Number of settings that are drawn. Default 18. */
  trials?: number;
  /**
   * `"halving"` trains nine settings for a ninth of the epochs, the best three of them for a third, the best one for all (successive
   * halving, Jamieson & Talwalkar 2016), and begins again with the next nine; `"random"` trains each for all. Default `"halving"`.
   */
  search?: "halving" | "random";
  /** Passes over the training rows of a whole training. Default 27. */
  epochs?: number;
  /** Minutes after which no trial is begun: the same list, cut short. Default null: all trials. */
  minutes?: number | null;
  /** Seed of the settings, of the trials' seeds and of the rows held out. Default 1. */
  seed?: number;
  /** Fraction of the rows held out to compare trials by; of a series and of lines of text the last. Default 0.2. */
  validationSplit?: number;
  /** Options and their values. Default: those of the task that matter most. */
  space?: SearchSpace;
  /** Options of the task that all trials have. Default: none. */
  fixed?: Readonly<Record<string, unknown>>;
  /**
   * A folder for `trials.jsonl`, a line a trial, and `best.keras`. A search that finds trials there goes on after them. Default null:
   * nothing is written.
   */
  folder?: string | null;
  /** Ends the search, at once; trials that are done stay. Default: none. */
  signal?: AbortSignal | undefined;
  /** Is told of each trial that is done. Default: nobody. */
  onTrial?: (done: TrialRecord) => void;
}

/** A trial that is done. */
export interface TrialRecord extends TrialResult {
  /** The trial itself. */
  readonly trial: Trial;
  /** Seconds it took. */
  readonly seconds: number;
}

/** Results of a search. */
export interface Tuned {
  /** The best of the longest trainings. */
  readonly best: TrialRecord;
  /** The task that the best trial trained; null where it was trained before, and lies in the folder. */
  readonly task: TrainedTask | null;
  /** All trials, in their order. */
  readonly trials: readonly TrialRecord[];
  /** Whether all trials ran; false where the minutes were over. */
  readonly complete: boolean;
}

/**
 * Searches for good options of a task: settings are drawn at random, trained, and compared by rows that are held out. The settings and seed of
 * trial k follow from the search's seed and k alone. The best trial's figures are the best of many, and flatter it: judge by other rows.
 * Throws DataError for an option that is unknown or makes no sense; a signal that aborts ends it with its reason, and a folder keeps what ran.
 *
 *   const { best, task } = await tune("textClassifier", rows, { trials: 9, epochs: 9, minutes: 5 });
 *   await task?.save("best.keras");
 */
export async function tune<K extends TunedKind>(
  kind: K,
  data: TunedData[K],
  options: TuneOptions = {},
): Promise<Tuned> {
  const read = readTune(kind, options);
  const until = read.minutes === null ? Number.POSITIVE_INFINITY : performance.now() + 60_000 * read.minutes;
  const record = await openRecord(read.folder);
  const done: TrialRecord[] = [];
  let kept: { record: TrialRecord; task: TrainedTask | null } | null = null;
  const keep = async (one: TrialRecord, task: TrainedTask | null) => {
    done.push(one);
    if (kept && !better(one, kept.record)) return;
    kept = { record: one, task };
    if (task) await record.saveBest(task);
  };
  const run = async (trial: Trial & { kind: K }): Promise<TrialRecord | null> => {
    const before = record.find(trial);
    if (before) {
      await keep(before, null);
      return before;
    }
    read.signal?.throwIfAborted();
    if (done.length > 0 && performance.now() >= until) return null;
    const begun = performance.now();
    const { task, ...found } = await runTrial(trial, data, read.signal);
    read.signal?.throwIfAborted(); // one that was cut short is no result
    const one = { trial, ...found, seconds: (performance.now() - begun) / 1000 };
    await keep(one, task);
    await record.add(one);
    options.onTrial?.(one);
    return one;
  };
  const complete = await inRungs(kind, read, run);
  const { record: best, task } = kept as unknown as { record: TrialRecord; task: TrainedTask | null };
  return { best, task, trials: done, complete };
}

/** Longer trainings first, then larger scores; of equal ones the earlier. */
export const better = (a: TrialRecord, b: TrialRecord): boolean =>
  a.trial.epochs !== b.trial.epochs ? a.trial.epochs > b.trial.epochs : a.score > b.score;

/** Runs groups of settings through their rungs; false where there was no time for all. */
async function inRungs<K extends TunedKind>(
  kind: K,
  read: ReturnType<typeof readTune>,
  run: (trial: Trial & { kind: K }) => Promise<TrialRecord | null>,
): Promise<boolean> {
  const { trials, search, epochs, seed, validationSplit: fraction, space, fixed } = read;
  const rungs =
    search === "random" ? [epochs] : [...new Set([9, 3, 1].map((by) => Math.max(1, Math.round(epochs / by))))];
  for (let first = 0; first < trials; first += groupSize) {
    let group = Array.from({ length: Math.min(groupSize, trials - first) }, (_, k) => first + k);
    for (const [rung, passes] of rungs.entries()) {
      const found: TrialRecord[] = [];
      for (const k of group) {
        const { settings, seed: own } = drawTrial(space, seed, k);
        const done = await run({
          kind,
          trial: k,
          settings,
          fixed,
          seed: own,
          epochs: passes,
          held: { fraction, seed },
        });
        if (!done) return false;
        found.push(done);
      }
      const ranked = found.sort((a, b) => b.score - a.score || a.trial.trial - b.trial.trial);
      const left = Math.ceil(group.length / 3);
      if (rung < rungs.length - 1) group = ranked.slice(0, left).map(({ trial }) => trial.trial);
    }
  }
  return true;
}

const groupSize = 9; // settings that are compared with each other

function readTune(kind: TunedKind, options: TuneOptions) {
  if (!Object.hasOwn(usualSpaces, kind))
    throw new DataError(problem("tune", `one of ${Object.keys(usualSpaces).join(", ")}`, JSON.stringify(kind)));
  const { onTrial: _, space, fixed, folder, signal, ...rest } = options;
  const read = readOptions("tune", rest, {
    trials: wholeFrom(1)(18),
    search: oneOf(["halving", "random"], "halving"),
    epochs: wholeFrom(1)(27),
    minutes: orNull(above0(1)),
    seed: wholeFrom(0)(1),
    validationSplit: below1(0.2),
  });
  const other = readOptions("tune", { signal }, { signal: anything as Field<AbortSignal | undefined> });
  return { ...read, ...other, space: space ?? usualSpaces[kind], fixed: fixed ?? {}, folder: folder ?? null };
}
