import { display, type Forms, formsOf } from "../../tensor/in-notebook.ts";

/**
 * Result of `fit`, as in Keras: the epochs and, by name, one number per epoch.
 *
 *   const { history } = await model.fit(x, y, { epochs: 3 });
 *   history.loss;        // 0.69, 0.66, 0.61
 */
export class History {
  /** Numbers of the epochs, from 0. */
  readonly epoch: number[] = [];
  /** By name (`loss`, `accuracy`, `val_loss`, …), one number for each epoch. */
  readonly history: Record<string, number[]> = {};
  /** True when an AbortSignal or a callback ended training before the last epoch. */
  stopped = false;
  /** The epoch (from 0) whose weights an `earlyStopping` put back when training ended; null where none did. */
  restoredEpoch: number | null = null;
  /** Seconds of the whole fit. */
  seconds = 0;

  /** Its curves, as the last line of a notebook's cell. */
  [display](): Promise<Forms> {
    return formsOf(this);
  }

  /** Adds the numbers of an epoch; `fit` calls it. */
  record(epoch: number, logs: Readonly<Record<string, number>>): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      this.history[name] ??= [];
      this.history[name].push(value);
    }
  }
}
