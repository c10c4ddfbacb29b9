import type { ArrayLike, NdArray } from "../../tensor/nd-array.ts";
import type { Saved } from "../fit/checkpoint.ts";
import type { History } from "../fit/history.ts";

/** Loss and metrics by name. A callback may add to those of an epoch: what it adds is shown and recorded. */
export interface Logs {
  /** Mean loss over the rows, penalties included. */
  loss: number;
  [name: string]: number;
}
/** Of no batch. */
export const noLogs = (): Logs => ({ loss: Number.NaN });

/** The model in training, as callbacks see it. */
export interface TrainedModel {
  /** Of the model. */
  readonly name: string;
  /** The current learning rate. Setting it ends a schedule. */
  learningRate: number;
  /** Whether the learning rate follows a schedule. */
  readonly scheduled: boolean;
  /** Steps taken since the model was compiled. */
  readonly iterations: number;
  /** One name for each array of `getWeights`: `lstm/kernel`. */
  readonly weightNames: readonly string[];
  /** All weights, as `model.getWeights()`. */
  getWeights(): NdArray[];
  /** Replaces all weights, as `model.setWeights(values)`. */
  setWeights(values: readonly ArrayLike[]): void;
  /** Writes the model, or its weights alone, as the ending of the path says. */
  save(path: string | URL): Promise<void>;
  /** Weights, optimizer state and steps taken, bit for bit. */
  snapshot(): Uint8Array;
  /** Restores the result of `snapshot`. */
  restore(bytes: Uint8Array): Promise<void>;
}

/** The state of training, and what a callback may do. */
export interface TrainingState {
  /** The model in training. */
  readonly model: TrainedModel;
  /** The number of epochs requested. */
  readonly epochs: number;
  /** The epoch under way, from 0; while things are settled after one, the next. */
  readonly epoch: number;
  /** Steps done of that epoch. */
  readonly step: number;
  /** Steps done since training began, before an interruption too. */
  readonly steps: number;
  /** Steps of an epoch; undefined while unknown. */
  readonly stepsPerEpoch: number | undefined;
  /** The epochs before the one under way. */
  readonly history: History;
  /** Whether some epochs end with an evaluation on validation data. */
  readonly validates: boolean;
  /** Whether an AbortSignal ended training. */
  readonly aborted: boolean;
  /** Ends training after the current epoch (or batch, when set there). */
  stopTraining: boolean;
  /** Says something to the user, where progress is shown. */
  write(text: string): void;
  /** Everything that training continues from, bit for bit; to be called from `onSettled`. */
  checkpoint(): Uint8Array;
  /** Continues from such bytes; to be called from `onTrainBegin`. Throws FormatError or DataError where they do not suit. */
  resume(bytes: Uint8Array): Promise<void>;
}

/**
 * Called by `fit`, each hook in the order of the list and awaited. `epoch` and `batch` count from 0. A callback with a
 * hook for batches makes every step a crossing of its own, unless its `batchStride` says otherwise.
 */
export interface Callback {
  /** Batch hooks and `onSettled` are called once in this number of steps. Default 1 with batch hooks, else never. */
  readonly batchStride?: number;
  /** `onSettled` is called after the first step or epoch that ends this number of seconds after its last call, and not after every epoch. */
  readonly settleSeconds?: number;
  /** It writes files: of processes that train together only the first calls its hooks. */
  readonly writes?: true;
  /** Before the first epoch. */
  onTrainBegin?(state: TrainingState): void | Promise<void>;
  /** Before the first step of an epoch. */
  onEpochBegin?(epoch: number, state: TrainingState): void | Promise<void>;
  /** Before every step, whatever the stride. */
  onTrainBatchBegin?(batch: number, state: TrainingState): void | Promise<void>;
  /** `logs` are the means of the epoch so far. */
  onTrainBatchEnd?(batch: number, logs: Logs, state: TrainingState): void | Promise<void>;
  /** Before an evaluation on validation data. */
  onTestBegin?(state: TrainingState): void | Promise<void>;
  /** Before each of its batches. */
  onTestBatchBegin?(batch: number, state: TrainingState): void | Promise<void>;
  /** After each of its batches; `logs` are the means so far. */
  onTestBatchEnd?(batch: number, logs: Logs, state: TrainingState): void | Promise<void>;
  /** After it; `logs` are its loss and metrics. */
  onTestEnd?(logs: Logs, state: TrainingState): void | Promise<void>;
  /** After an epoch and its evaluation; `logs` are its loss and metrics, `val_` before those of validation. */
  onEpochEnd?(epoch: number, logs: Logs, state: TrainingState): void | Promise<void>;
  /** After an epoch, or a batch, is over for every callback, and when an AbortSignal ends one: a checkpoint taken now is whole. */
  onSettled?(state: TrainingState): void | Promise<void>;
  /** After the last epoch, with its `logs`. */
  onTrainEnd?(logs: Logs, state: TrainingState): void | Promise<void>;
  /** State that the callback needs to continue after an interruption. */
  state?(): Saved;
  /** Restores the result of `state`; called after `onTrainBegin`. */
  restore?(saved: Saved): void;
}
