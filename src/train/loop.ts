import { Random } from "../tensor/random.ts";
import type { Callback, TrainingState } from "./callbacks.ts";
import { History } from "./history.ts";
import { ProgressLine } from "./progress.ts";

/** What the loop needs of a model: steps over rows, sums it can read, and an evaluation. */
export interface Trainer {
  /** Rows of the training data. */
  readonly rows: number;
  readonly batchSize: number;
  /** Forgets the sums of loss and metrics. */
  reset(): void;
  /** Trains on consecutive batches of the given rows, in order; the last batch may be short. */
  run(rows: Int32Array): Promise<void>;
  /** The running means of the epoch so far. */
  logs(): Record<string, number>;
  /** Loss and metrics on the validation data, if any. */
  validate?(): Promise<Record<string, number>>;
}

export interface LoopOptions {
  epochs: number;
  initialEpoch: number;
  shuffle: boolean;
  seed: number;
  verbose: 0 | 1 | 2;
  callbacks: readonly Callback[];
  signal?: AbortSignal;
  /** Where progress is written; standard output by default. */
  write: (text: string) => void;
  terminal: boolean;
  columns?: number;
}

const crossing = 0.012; // seconds: long enough to hide its cost, short enough to keep the event loop alive

/**
 * The fit loop: epochs of shuffled batches, in crossings of several steps sized by the time a step takes. An AbortSignal
 * ends it after the crossing under way.
 */
export async function trainLoop(trainer: Trainer, options: LoopOptions): Promise<History> {
  const { rows, batchSize } = trainer;
  const { epochs, callbacks, signal, verbose } = options;
  const steps = Math.ceil(rows / batchSize);
  const history = new History();
  const state: TrainingState = { epochs, stepsPerEpoch: steps, history, stopTraining: false };
  const begun = now();
  const perBatch = callbacks.some((c) => c.onBatchEnd);
  let secondsPerStep = 0;
  let lastBreath = now();
  let logs: Record<string, number> = {};
  for (const c of callbacks) await c.onTrainBegin?.(state);
  for (let epoch = options.initialEpoch; epoch < epochs && !state.stopTraining && !signal?.aborted; epoch++) {
    for (const c of callbacks) await c.onEpochBegin?.(epoch, state);
    if (verbose > 0 && epochs > 1) options.write(`Epoch ${epoch + 1}/${epochs}\n`);
    const line = new ProgressLine({
      target: steps,
      write: options.write,
      terminal: options.terminal,
      verbose,
      now,
      columns: options.columns,
    });
    const order = epochOrder(rows, options.shuffle, options.seed, epoch);
    trainer.reset();
    let step = 0;
    while (step < steps && !state.stopTraining && !signal?.aborted) {
      const fitting = secondsPerStep > 0 ? Math.floor(crossing / secondsPerStep) : 1;
      const count = perBatch ? 1 : Math.min(steps - step, Math.max(1, Math.min(fitting, 1024)));
      const from = now();
      await trainer.run(order.subarray(step * batchSize, Math.min(rows, (step + count) * batchSize)));
      secondsPerStep = (now() - from) / count;
      step += count;
      if (verbose === 1 && options.terminal) line.update(step, trainer.logs());
      if (perBatch) {
        const batchLogs = trainer.logs();
        for (const c of callbacks) await c.onBatchEnd?.(step - 1, batchLogs, state);
      }
      if (now() - lastBreath > crossing) {
        await breathe();
        lastBreath = now();
      }
    }
    logs = trainer.logs();
    const whole = step === steps;
    if (whole && trainer.validate && !signal?.aborted) {
      for (const [name, value] of Object.entries(await trainer.validate())) logs[`val_${name}`] = value;
    }
    line.finish(step, logs);
    history.record(epoch, logs);
    for (const c of callbacks) await c.onEpochEnd?.(epoch, logs, state);
    history.stopped = !whole || (epoch + 1 < epochs && (state.stopTraining || signal?.aborted === true));
  }
  history.seconds = now() - begun;
  for (const c of callbacks) await c.onTrainEnd?.(logs, state);
  return history;
}

/** The rows of an epoch in the order they are seen; the same for the same seed and epoch, however training began. */
function epochOrder(rows: number, shuffle: boolean, seed: number, epoch: number): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  return shuffle ? new Random(seed, 1_000_003 + epoch).shuffle(order) : order;
}

const now = (): number => performance.now() / 1000;

/** Lets timers, signals and pages have their turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
