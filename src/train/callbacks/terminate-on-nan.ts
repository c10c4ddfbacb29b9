import type { Callback } from "./callback.ts";

/**
 * Ends training at the first batch whose loss is not finite, as Keras's TerminateOnNaN: without an error, and with the
 * weights of that batch.
 *
 *   await model.fit(x, y, { callbacks: [terminateOnNaN()] });
 */
export function terminateOnNaN(): Callback {
  return {
    [ends]: true,
    onTrainBatchEnd(batch, { loss }, state) {
      if (Number.isFinite(loss)) return;
      state.write(`Batch ${batch}: Invalid loss, terminating training\n`);
      state.stopTraining = true;
    },
  } as Callback & Ending;
}

/** Seen through what a task wraps its callbacks in. */
const ends = Symbol("ends on NaN");
interface Ending {
  readonly [ends]?: true;
}

/** Whether a callback ends training where the loss is no number, so that `fit` need not. */
export const endsOnNaN = (callback: Callback): boolean => (callback as Callback & Ending)[ends] === true;
