import { CellstateError, DataError, FormatError, option, problem, sentence } from "../../errors.ts";
import type { Callback, Logs, TrainedModel } from "../callbacks/callback.ts";
import type { Split } from "./blocks/blocked-steps.ts";
import { decodeCheckpoint, encodeCheckpoint, type Saved, startOver } from "./checkpoint.ts";
import type { History } from "./history.ts";

/** Position of a training. */
export interface TrainingPosition {
  epoch: number;
  /** Steps done of the epoch. */
  step: number;
  /** Steps done of all epochs. */
  steps: number;
  /** The pass over the data, and the batches taken of it: other than epoch and step where epochs end before the data. */
  pass: number;
  batch: number;
}

/** Loss and metric sums, the rows that went into them, and what they come to: no batch may follow that says it again. */
export interface Sums {
  readonly rows: number;
  readonly values: Float32Array;
  readonly logs: Logs;
}

/** A training that can be interrupted: all that must be restored for it to continue as if it had not been. */
export interface Training {
  readonly trainer: {
    readonly model: TrainedModel;
    readonly batches: { readonly description: string };
    saveSums(): Sums;
    restoreSums(sums: Sums): void;
    readonly split?: Split;
    readonly bf16?: "floats" | "tiles";
  };
  readonly callbacks: readonly Callback[];
  readonly history: History;
  readonly place: TrainingPosition;
  /** Steps the model had taken before this training. */
  readonly begun: number;
  logs: Logs;
  stop: boolean;
}

/** Of what is saved. One more with every change of it; what was saved before it was counted has none. Version 2 has blocks. */
const version = 2;

interface SavedTraining {
  readonly version: number;
  /** Absent: 1, and version 1. */
  readonly blocks?: number;
  /** Order of sums of bfloat16. Absent: as floats, or none. */
  readonly bf16?: "tiles";
  readonly begun: number;
  readonly batches: string;
  readonly place: TrainingPosition;
  readonly stop: boolean;
  readonly logs: Logs;
  readonly epochs: readonly number[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** null while it follows a schedule, which the steps taken decide. */
  readonly learningRate: number | null;
  readonly model: Uint8Array;
  /** Amid an epoch only. */
  readonly sums: Sums | null;
  readonly callbacks: readonly Saved[];
}

export function saveTraining(training: Training): Uint8Array {
  const { trainer, begun, place, stop, logs, history, callbacks } = training;
  const { model, batches } = trainer;
  const blocks = trainer.split?.blocks ?? 1;
  const saved: SavedTraining = {
    ...(blocks > 1 ? { version, blocks } : { version: 1 }),
    ...(trainer.bf16 === "tiles" ? { bf16: trainer.bf16 } : {}),
    begun,
    batches: batches.description,
    place,
    stop,
    logs,
    epochs: history.epoch,
    history: history.history,
    learningRate: model.scheduled ? null : model.learningRate,
    model: model.snapshot(),
    sums: place.step > 0 ? trainer.saveSums() : null,
    callbacks: callbacks.map((c) => c.state?.() ?? null),
  };
  return encodeCheckpoint(saved as unknown as Saved);
}

export async function resumeTraining(bytes: Uint8Array, training: Training): Promise<void> {
  const { trainer, place, history, callbacks } = training;
  const saved = readTraining(bytes);
  const { batches } = trainer;
  if (saved.callbacks.length !== callbacks.length)
    throw other(`${saved.callbacks.length} callbacks`, `${callbacks.length}`);
  // Callbacks first: one that knows what training began with says which option differs.
  for (const [k, c] of callbacks.entries()) if (saved.callbacks[k] !== null) restoreCallback(c, saved.callbacks[k]);
  if (saved.begun !== training.begun) {
    const next = "It has a checkpoint of another fit: use a separate folder for each fit.";
    const expected = `a model that has taken ${saved.begun} steps`;
    throw new DataError(problem("fit", expected, `one that has taken ${training.begun}`, next));
  }
  await resumeBlocks(saved.blocks ?? 1, trainer.split);
  const { bf16: order = "floats" } = saved;
  const { bf16: here = "floats" } = trainer;
  if (order !== here) {
    const next = sentence`Set CELLSTATE_BF16=${order}, on a processor ${order === "tiles" ? "with AMX" : "of any kind"}, to get the same bits. ${startOver}`;
    throw new DataError(problem("fit", `sums of bfloat16 by ${order}, as training began`, `by ${here}`, next));
  }
  const amid = saved.place.batch > 0 || saved.place.step > 0;
  if (amid && saved.batches !== batches.description) throw other(`data of ${saved.batches}`, batches.description);
  await trainer.model.restore(saved.model);
  if (saved.learningRate !== null) trainer.model.learningRate = saved.learningRate;
  if (saved.sums) trainer.restoreSums(saved.sums);
  Object.assign(place, saved.place);
  history.epoch.splice(0, history.epoch.length, ...saved.epochs);
  for (const [name, values] of Object.entries(saved.history)) history.history[name] = [...values];
  training.logs = { ...saved.logs };
  training.stop = saved.stop;
}

function readTraining(bytes: Uint8Array): SavedTraining {
  const saved = decodeCheckpoint(bytes);
  const found = isObject(saved) ? saved.version : undefined;
  if (found !== 1 && found !== version) {
    const newer = typeof found === "number" && found > version;
    const next = newer
      ? sentence`A newer Cellstate wrote it: update this one. ${startOver}`
      : sentence`An earlier Cellstate wrote it: finish that training with it. ${startOver}`;
    throw new FormatError(
      problem("checkpoint", `version 1 or ${version}`, newer ? `${found}` : "an earlier one", next),
    );
  }
  const wrong = Object.entries(forms).find(([key, fits]) => !fits((saved as Saveds)[key]));
  if (wrong) throw crafted(`"${wrong[0]}" of another form`);
  return saved as unknown as SavedTraining;
}

type Saveds = { readonly [key: string]: Saved };
type Form = (value: Saved | undefined) => boolean;
const isObject = (value: Saved | undefined): value is Saveds =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array || value instanceof Float32Array);
const isNumber: Form = (value) => typeof value === "number";
const isCount: Form = (value) => Number.isInteger(value) && (value as number) >= 0;
const listOf =
  (form: Form): Form =>
  (value) =>
    Array.isArray(value) && value.every(form);
const byName =
  (form: Form): Form =>
  (value) =>
    isObject(value) && Object.values(value).every(form);

/** Checks each part of a saved training: a right checksum does not say who computed it. */
const forms: Readonly<Record<Exclude<keyof SavedTraining, "version">, Form>> = {
  blocks: (value) => value === undefined || (isCount(value) && (value as number) >= 1),
  bf16: (value) => value === undefined || value === "tiles",
  begun: isCount,
  batches: (value) => typeof value === "string",
  place: (value) => isObject(value) && ["epoch", "step", "steps", "pass", "batch"].every((key) => isCount(value[key])),
  stop: (value) => typeof value === "boolean",
  logs: byName(isNumber),
  epochs: listOf(isCount),
  history: byName(listOf(isNumber)),
  learningRate: (value) => value === null || isNumber(value),
  model: (value) => value instanceof Uint8Array,
  sums: (value) =>
    value === null ||
    (isObject(value) && isCount(value.rows) && value.values instanceof Float32Array && byName(isNumber)(value.logs)),
  callbacks: (value) => Array.isArray(value),
};

/** A training keeps its number of blocks, whatever the number of processes is now. */
async function resumeBlocks(blocks: number, split: Split | undefined): Promise<void> {
  if (!split || split.blocks === blocks) return;
  if (split.asked) {
    const next = sentence`Leave ${option("blocks")} out to resume, or ${option("resume", false, "delete its checkpoint")} to start over.`;
    throw new DataError(
      problem("fit", sentence`${option("blocks", blocks)}, as training began`, `${split.blocks}`, next),
    );
  }
  (await import("./blocks/split.ts")).withBlocks(split, blocks);
}

/** A callback that finds its state of another form says so in whatever words; these say what it was about. */
function restoreCallback(callback: Callback, saved: Saved): void {
  try {
    callback.restore?.(saved);
  } catch (error) {
    if (error instanceof CellstateError) throw error;
    throw crafted(`a callback's state of another form (${(error as Error).message})`, error);
  }
}

const crafted = (found: string, cause?: unknown) =>
  new FormatError(problem("checkpoint", "a training as it was saved", found, startOver), { cause });

const other = (expected: string, received: string) => {
  const next = sentence`Training was interrupted: call fit as before to resume, or ${option("resume", false, "delete its checkpoint")} to start over.`;
  return new DataError(problem("fit", expected, received, next));
};
