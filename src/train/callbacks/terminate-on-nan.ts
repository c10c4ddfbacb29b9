import type { Callback } from "./callback.ts";

/**
 * Ends training at the first batch whose loss is no finite number, as Keras's TerminateOnNaN.
 *
 *   await model.fit(x, y, { callbacks: [terminateOnNaN()] });
 */
export function terminateOnNaN(): Callback {
  return {
    onTrainBatchEnd(batch, { loss }, state) {
      if (Number.isFinite(loss)) return;
      state.write(`Batch ${batch}: Invalid loss, terminating training\n`);
      state.stopTraining = true;
    },
  };
}
