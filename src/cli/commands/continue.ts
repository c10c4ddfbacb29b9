import type { Command } from "commander";
import { DataError, problem } from "../../errors.ts";
import { type Callback, learningRateScheduler, type TaskKind, type Tasks } from "../../index.ts";
import { openAnyTask } from "../readers/open-task.ts";
import type { TrainOptions } from "./train-options.ts";

/** The task of a file, to be trained further. Throws DataError for options that only a new one can have. */
export async function continued<K extends TaskKind>(
  file: string,
  kind: K,
  { backend }: TrainOptions,
  self: Command,
): Promise<Tasks[K]> {
  const given = self.options.filter((option) => self.getOptionValueSource(option.attributeName()) === "cli");
  const fixed = given.find((option) => !ofAnyTraining.includes(option.attributeName()));
  if (fixed) {
    const next = `Leave it out: ${file} has its own.`;
    throw new DataError(problem(fixed.long!, "an option of the training, beside --continue", "one of the model", next));
  }
  const { task } = await openAnyTask(file, [kind], { backend });
  return task as Tasks[K];
}

/** Throws DataError for `--continue` where a task cannot be trained further. */
export function refuseToContinue({ continue: file }: TrainOptions, what: string): void {
  if (file === undefined) return;
  const next = "Train it on all files at once, or go on with an interrupted training by --resume.";
  throw new DataError(problem("--continue", "a task that can be trained further", what, next));
}

/** A callback that sets the learning rate, where a trained model is given another. */
export function rateOf({ continue: file, learningRate }: TrainOptions): Callback[] {
  return file === undefined || learningRate === undefined ? [] : [learningRateScheduler(() => learningRate)];
}

/** Options, by attribute, that say how to train or how to read the files. */
const ofAnyTraining: readonly string[] = [
  ...["continue", "save", "resume", "checkpoint", "history", "log", "json", "quiet", "backend"],
  ...[
    "epochs",
    "batchSize",
    "validationSplit",
    "patience",
    "learningRate",
    "learningRateSchedule",
    "validationData",
    "classWeight",
    "shuffle",
  ],
  ...["encoding", "delimiter", "header", "comment", "quote", "decimal", "thousands", "missing"],
  ...["text", "label", "labelFrom", "group", "columns"],
  ...["date", "dateFormat", "timeZone", "duplicates"],
  ...["series", "wide", "known", "past", "static", "allowLeaks"],
];
