import { FormatError, problem } from "../../errors.ts";
import { writeFileAtomic } from "../../files/atomic-write.ts";
import { isNumber, isRecord } from "../shared/task-file.ts";
import type { TrainedTask, Trial, TrialResult } from "./trial.ts";

interface Done extends TrialResult {
  readonly trial: Trial;
  readonly seconds: number;
}

/** Trials that a folder keeps; without one nothing is written. */
export interface TrialStore {
  /** The same trial, where it was done before. */
  find(trial: Trial): Done | null;
  /** Writes a trial that is done. */
  add(done: Done): Promise<void>;
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
      known.set(keyOf(done.trial), JSON.stringify(done));
      waiting ??= writing = writing.then(write);
      await waiting;
    },
    saveBest: (task) => task.save(`${folder}/best.keras`),
  };
}

const keyOf = (trial: Trial): string => JSON.stringify(trial);

function parsed(line: string, where: string): Done {
  let value: unknown = null;
  try {
    value = JSON.parse(line);
  } catch {} // said below
  if (isRecord(value) && isRecord(value.trial) && isNumber(value.score) && isRecord(value.figures))
    return value as unknown as Done;
  const next = "Remove the line to run that trial again, or give another folder.";
  throw new FormatError(problem(where, "a trial as JSON", line.slice(0, 40), next));
}
