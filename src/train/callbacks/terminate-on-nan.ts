import type { Callback } from "./callback.ts";

/**
 * Ends training at the first batch whose loss is no finite number, as Keras's TerminateOnNaN: without an error, and with the
 * weights of that batch.
 *
 *   await model.fit(x, y, { callbacks: [terminateOnNaN()] });
 */
export function terminateOnNaN(): Callback {
  const callback: Callback = {
    onTrainBatchEnd(batch, { loss }, state) {
      if (Number.isFinite(loss)) return;
      state.write(`Batch ${batch}: Invalid loss, terminating training\n`);
      state.stopTraining = true;
    },
  };
  enders.add(callback);
  return callback;
}

const enders = new WeakSet<Callback>();

/** Whether a callback ends training where the loss is no number, so that `fit` need not. */
export const endsOnNaN = (callback: Callback): boolean => enders.has(callback);
