import type { History } from "./history.ts";

export type Logs = Readonly<Record<string, number>>;

/** What a callback may see and do. */
export interface TrainingState {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly history: History;
  /** Ends training after the current epoch (or batch, when set there). */
  stopTraining: boolean;
}

/** Called by `fit`. `epoch` and `batch` count from 0. A callback with `onBatchEnd` makes every step a crossing of its own. */
export interface Callback {
  onTrainBegin?(state: TrainingState): void | Promise<void>;
  onEpochBegin?(epoch: number, state: TrainingState): void | Promise<void>;
  onBatchEnd?(batch: number, logs: Logs, state: TrainingState): void | Promise<void>;
  onEpochEnd?(epoch: number, logs: Logs, state: TrainingState): void | Promise<void>;
  onTrainEnd?(logs: Logs, state: TrainingState): void | Promise<void>;
}
