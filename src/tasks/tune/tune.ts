import { DataError, problem } from "../../errors.ts";
import { above0, anything, below1, type Field, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { openRecord, type TrialStore } from "./record.ts";
import { drawTrial, type SearchSpace, usualSpaces } from "./space.ts";
import {
  runTrial,
  type TrainedTask,
  type Trial,
  type TrialRecord,
  type TrialResult,
  type TunedData,
  type TunedKind,
} from "./trial.ts";

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
  /**
   * Runs trials elsewhere, as `runTrial` would: other processes, other machines. All that do not wait for the figures of others are asked for
   * at once; results come in any order, and what `tune` returns is the same. The best one is trained again here, for its model. Null: there
   * was no time for it. Default: here, one after the other.
   */
  runner?: TrialRunner;
  /** Is told of each trial that is done. Default: nobody. */
  onTrial?: (done: TrialRecord) => void;
}

/** Runs a trial somewhere, before a time (ms since 1970; null: any); it ends when the signal aborts. */
export type TrialRunner = (
  trial: Trial,
  asked: { readonly signal: AbortSignal; readonly before: number | null },
) => Promise<(TrialResult & { readonly seconds: number }) | null>;

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
  const record = await openRecord(read.folder);
  const search = read.runner ? elsewhere(read, read.runner) : here(kind, data, read, record);
  const run = async (trial: Trial & { kind: K }): Promise<TrialRecord | null> => {
    const before = record.find(trial);
    if (before) {
      search.keep(before);
      return before;
    }
    const found = await search.run(trial);
    if (!found) return null;
    await record.add(found);
    options.onTrial?.(found);
    return found;
  };
  try {
    const { trials, complete } = await inGroups(kind, read, run);
    if (trials.length === 0) {
      const next = "Give more minutes, or see that someone runs trials.";
      throw new DataError(problem("tune", "at least one trial that is done", "none in time", next));
    }
    const best = trials.reduce((a, b) => (better(b, a) ? b : a));
    if (!read.runner) return { best, task: search.taskOf(best), trials, complete };
    read.signal?.throwIfAborted();
    const { task } = await runTrial(best.trial as Trial & { kind: K }, data, read.signal);
    read.signal?.throwIfAborted(); // one that was cut short is no model
    await record.saveBest(task);
    return { best, task, trials, complete };
  } finally {
    search.end();
  }
}

/** The trials of a search, run here or elsewhere. */
interface Searching<K extends TunedKind> {
  run(trial: Trial & { kind: K }): Promise<TrialRecord | null>;
  /** Takes note of one that was done before. */
  keep(done: TrialRecord): void;
  /** The task of a trial, where it is there. */
  taskOf(done: TrialRecord): TrainedTask | null;
  end(): void;
}

/** Trials in this process, one after the other; the best so far is saved. */
function here<K extends TunedKind>(
  kind: K,
  data: TunedData[K],
  read: ReturnType<typeof readTune>,
  record: TrialStore,
): Searching<K> {
  const until = read.minutes === null ? Number.POSITIVE_INFINITY : performance.now() + 60_000 * read.minutes;
  let best = null as { record: TrialRecord; task: TrainedTask | null } | null;
  const keep = (one: TrialRecord, task: TrainedTask | null = null): boolean => {
    if (best && !better(one, best.record)) return false;
    best = { record: one, task };
    return true;
  };
  return {
    keep: (one) => void keep(one),
    taskOf: (one) => (best?.record === one ? best.task : null),
    end: () => {},
    async run(trial) {
      read.signal?.throwIfAborted();
      if (best && performance.now() >= until) return null;
      const begun = performance.now();
      const { task, ...found } = await runTrial({ ...trial, kind }, data, read.signal);
      read.signal?.throwIfAborted(); // one that was cut short is no result
      const one = { trial, ...found, seconds: (performance.now() - begun) / 1000 };
      if (keep(one, task)) await record.saveBest(task);
      return one;
    },
  };
}

/** Trials that a runner has run, many at once; when one fails, or the signal aborts, all end. */
function elsewhere<K extends TunedKind>(read: ReturnType<typeof readTune>, runner: TrialRunner): Searching<K> {
  const before = read.minutes === null ? null : Date.now() + 60_000 * read.minutes;
  const stop = new AbortController();
  const onAbort = () => stop.abort(read.signal?.reason);
  read.signal?.addEventListener("abort", onAbort, { once: true });
  return {
    keep: () => {},
    taskOf: () => null,
    end() {
      read.signal?.removeEventListener("abort", onAbort);
      stop.abort(new Error("the search has ended"));
    },
    async run(trial) {
      read.signal?.throwIfAborted();
      const found = await runner(trial, { signal: stop.signal, before });
      return found && { trial, score: found.score, figures: found.figures, seconds: found.seconds };
    },
  };
}

/** Longer trainings first, then larger scores; of equal ones the earlier. */
const better = (a: TrialRecord, b: TrialRecord): boolean =>
  a.trial.epochs !== b.trial.epochs ? a.trial.epochs > b.trial.epochs : a.score > b.score;

/** Trials in the order of groups and rungs, whenever they were done; not complete where there was no time for all. */
interface Ran {
  readonly trials: TrialRecord[];
  readonly complete: boolean;
}

/** Runs all groups of settings: with a runner at once, else one after the other. */
async function inGroups<K extends TunedKind>(
  kind: K,
  read: ReturnType<typeof readTune>,
  run: (trial: Trial & { kind: K }) => Promise<TrialRecord | null>,
): Promise<Ran> {
  const firsts = Array.from({ length: Math.ceil(read.trials / groupSize) }, (_, k) => k * groupSize);
  const groups = await each(firsts, read.runner !== null, async (first) => {
    const found = await inRungs(kind, read, first, run);
    return { value: found, more: found.complete };
  });
  return { trials: groups.flatMap(({ trials }) => trials), complete: groups.every(({ complete }) => complete) };
}

/** Runs a group of settings through its rungs. */
async function inRungs<K extends TunedKind>(
  kind: K,
  { trials, search, epochs, seed, validationSplit: fraction, space, fixed, runner }: ReturnType<typeof readTune>,
  first: number,
  run: (trial: Trial & { kind: K }) => Promise<TrialRecord | null>,
): Promise<Ran> {
  const rungs =
    search === "random" ? [epochs] : [...new Set([9, 3, 1].map((by) => Math.max(1, Math.round(epochs / by))))];
  let group = Array.from({ length: Math.min(groupSize, trials - first) }, (_, k) => first + k);
  const done: TrialRecord[] = [];
  for (const passes of rungs) {
    const found = await each(group, runner !== null, async (k) => {
      const { settings, seed: own } = drawTrial(space, seed, k);
      const held = { fraction, seed };
      const one = await run({ kind, trial: k, settings, fixed, seed: own, epochs: passes, held });
      return { value: one, more: one !== null };
    });
    const there = found.filter((one) => one !== null);
    done.push(...there);
    if (there.length < group.length) return { trials: done, complete: false };
    const ranked = there.sort((a, b) => b.score - a.score || a.trial.trial - b.trial.trial);
    group = ranked.slice(0, Math.ceil(group.length / 3)).map(({ trial }) => trial.trial);
  }
  return { trials: done, complete: true };
}

/** Does something with each of a list: at once, or one after the other as long as there is more to do. */
async function each<T, R>(
  list: readonly T[],
  atOnce: boolean,
  act: (one: T) => Promise<{ value: R; more: boolean }>,
): Promise<R[]> {
  if (atOnce) return (await Promise.all(list.map(act))).map(({ value }) => value);
  const found: R[] = [];
  for (const one of list) {
    const { value, more } = await act(one);
    found.push(value);
    if (!more) break;
  }
  return found;
}

const groupSize = 9; // settings that are compared with each other

function readTune(kind: TunedKind, options: TuneOptions) {
  if (!Object.hasOwn(usualSpaces, kind))
    throw new DataError(problem("tune", `one of ${Object.keys(usualSpaces).join(", ")}`, JSON.stringify(kind)));
  const { onTrial: _, space, fixed, folder, signal, runner, ...rest } = options;
  const read = readOptions("tune", rest, {
    trials: wholeFrom(1)(18),
    search: oneOf(["halving", "random"], "halving"),
    epochs: wholeFrom(1)(27),
    minutes: orNull(above0(1)),
    seed: wholeFrom(0)(1),
    validationSplit: below1(0.2),
  });
  const other = readOptions("tune", { signal }, { signal: anything as Field<AbortSignal | undefined> });
  return {
    ...read,
    ...other,
    space: space ?? usualSpaces[kind],
    fixed: fixed ?? {},
    folder: folder ?? null,
    runner: runner ?? null,
  };
}
