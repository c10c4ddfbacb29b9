import { FormatError, problem } from "../../errors.ts";
import { writeFileAtomic } from "../../files/atomic-write.ts";
import { isNumber, isRecord } from "../shared/task-file.ts";
import type { TrainedTask, Trial, TrialRecord } from "./trial.ts";

/** Trials that a folder keeps; without one nothing is written. */
export interface TrialStore {
  /** The same trial, where it was done before. */
  find(trial: Trial): TrialRecord | null;
  /** Writes a trial that is done. */
  add(done: TrialRecord): Promise<void>;
  /** Writes the best task so far. */
  saveBest(task: TrainedTask): Promise<void>;
}

/** Reads `trials.jsonl` of a folder, which is made where it is missing. Throws FormatError naming a line that is damaged. */
export async function openRecord(folder: string | null): Promise<TrialStore> {
  if (folder === null) return { find: () => null, add: async () => {}, saveBest: async () => {} };
  const { mkdir, readFile } = await import("node:fs/promises");
  await mkdir(folder, { recursive: true });
  const path = `${folder}/trials.jsonl`;
  const text = await readFile(path, "utf8").catch(() => ""); // none yet
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  let writing: Promise<void> = Promise.resolve(); // one at a time: trials that end together would overwrite each other
  let waiting: Promise<void> | null = null; // what comes meanwhile is written together
  const write = async () => {
    waiting = null;
    await writeFileAtomic(path, new TextEncoder().encode([...known.values(), ""].join("\n")));
  };
  const known = new Map(lines.map((line, k) => [keyOf(parsed(line, `${path}: line ${k + 1}`).trial), line]));
  return {
    find: (trial) => {
      const line = known.get(keyOf(trial));
      return line === undefined ? null : parsed(line, path);
    },
    async add(done) {
      known.set(keyOf(done.trial), written(done));
      waiting ??= writing = writing.then(write);
      await waiting;
    },
    saveBest: (task) => task.save(`${folder}/best.keras`),
  };
}

const keyOf = (trial: Trial): string => JSON.stringify(trial);

/** A line of the file: numbers that JSON has not, as a perplexity that is infinite, are their names. */
const written = ({ trial, score, figures, seconds }: TrialRecord): string =>
  JSON.stringify({ trial, score: named(score), figures: mapped(figures, named), seconds });

const named = (value: number): number | string => (Number.isFinite(value) ? value : String(value));
const names = ["NaN", "Infinity", "-Infinity"];
const isWritten = (v: unknown): v is number | string => isNumber(v) || names.some((name) => name === v);

const isFigures = (v: unknown): v is Record<string, number | string> =>
  isRecord(v) && Object.values(v).every(isWritten);

const mapped = <A, B>(values: Readonly<Record<string, A>>, to: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));

function parsed(line: string, where: string): TrialRecord {
  let value: unknown = null;
  try {
    value = JSON.parse(line);
  } catch {} // said below
  if (isRecord(value) && isRecord(value.trial) && isWritten(value.score) && isFigures(value.figures)) {
    const { score, figures } = value;
    return { ...value, score: Number(score), figures: mapped(figures, Number) } as unknown as TrialRecord;
  }
  const next = "Remove the line to run that trial again, or give another folder.";
  throw new FormatError(problem(where, "a trial as JSON", line.slice(0, 40), next));
}
