import type { Backend, Memory } from "../../../backends/backend.ts";
import type { Ranks } from "../../../backends/ranks.ts";
import type { Region } from "../../../program/program.ts";
import type { StepOptions } from "../step.ts";

/** The split of a training's batches: into blocks, and over processes. */
export interface Split {
  /** Blocks of a batch; a checkpoint brings its own. */
  blocks: number;
  /** Whether that number was asked for. */
  readonly asked: boolean;
  /** Null: this process trains alone. */
  readonly ranks: Ranks | null;
  /** Makes the steps; absent where there is one block. */
  make?: SplitSteps;
}

/** Makes steps in blocks. */
export type SplitSteps = (given: {
  readonly backend: Backend;
  readonly options: Omit<StepOptions, "batch">;
  readonly memories: Partial<Record<Region, Memory>>;
  readonly split: Split;
}) => BlockedSteps;

/** Of a step: its number, the seed of its draws, its learning rate. */
export interface Feeding {
  readonly step: number;
  readonly seed: number;
  readonly rate: (step: number) => number;
}

export interface BlockedSteps {
  step(rows: Int32Array, feeding: Feeding): Promise<void>;
  free(): void;
}
