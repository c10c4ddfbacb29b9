import { DataError, FormatError, problem } from "../errors.ts";
import type { Callback, Logs, TrainedModel } from "./callbacks/callback.ts";
import { decodeCheckpoint, encodeCheckpoint, type Saved } from "./checkpoint.ts";
import type { History } from "./history.ts";

/** Where training stands. */
export interface Place {
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

/** A training that can be interrupted: all that must be put back for it to go on as if it had not been. */
export interface Training {
  readonly trainer: {
    readonly model: TrainedModel;
    readonly batches: { readonly description: string };
    saveSums(): Sums;
    restoreSums(sums: Sums): void;
  };
  readonly callbacks: readonly Callback[];
  readonly history: History;
  readonly place: Place;
  /** Steps the model had taken before this training. */
  readonly begun: number;
  logs: Logs;
  stop: boolean;
}

/** Of what is saved. One more with every change of it; what was saved before it was counted has none. */
const version = 1;

interface SavedTraining {
  readonly version: number;
  readonly begun: number;
  readonly batches: string;
  readonly place: Place;
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
  const saved: SavedTraining = {
    version,
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
  for (const [k, c] of callbacks.entries()) if (saved.callbacks[k] !== null) c.restore?.(saved.callbacks[k]);
  if (saved.begun !== training.begun) {
    const next = "A checkpoint of another fit lies there: give each fit a folder of its own.";
    const expected = `a model that has taken ${saved.begun} steps`;
    throw new DataError(problem("fit", expected, `one that has taken ${training.begun}`, next));
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
  const saved = decodeCheckpoint(bytes) as unknown as SavedTraining;
  if (saved.version === version) return saved;
  const newer = saved.version > version;
  const next = newer
    ? "A newer Cellstate wrote it: update this one. Delete it to begin anew."
    : "An earlier Cellstate wrote it: end that training there. Delete it to begin anew.";
  throw new FormatError(
    problem("checkpoint", `version ${version}`, newer ? `${saved.version}` : "an earlier one", next),
  );
}

const other = (expected: string, received: string) => {
  const next = "Training was interrupted: fit as before to go on with it, or delete its checkpoint to begin anew.";
  return new DataError(problem("fit", expected, received, next));
};
