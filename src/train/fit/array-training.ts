import { fusedOps, withRoom } from "../../backends/choose.ts";
import { checkShuffle, isBatchStream, rowBatches, stepsBefore } from "./batches.ts";
import type { Split } from "./blocks/blocked-steps.ts";
import { evaluationOf } from "./evaluate.ts";
import type { Batch, FitOptions } from "./fit-options.ts";
import { guardedTraining, rhythmOf } from "./last-good.ts";
import { batchSizeFor, compiledOf, rowsFor, splitRows, validationRows, weighByClass } from "./rows.ts";
import type { Runtime } from "./runtime.ts";
import { rateOf, StepSession } from "./session.ts";
import { StepReport } from "./step-report.ts";
import { streamOf } from "./streams.ts";
import type { Arrays } from "./trainable-model.ts";
import type { Training } from "./training.ts";

/** Training on arrays: they lie with the backend, batches are row numbers. */
export async function arrayTraining(
  runtime: Runtime,
  x: Arrays,
  y: Arrays,
  options: FitOptions,
  guarded: boolean,
  split: Split,
): Promise<Training<Int32Array>> {
  const { model } = runtime;
  const { validationSplit = 0, validationData, sampleWeight, classWeight, shuffle = true, seed = model.seed } = options;
  checkShuffle("fit", shuffle);
  const all = rowsFor(model, "fit", x, y, { sampleWeight });
  const { optimizer, objectives } = compiledOf(model, "fit");
  const apart = validationData && !isBatchStream(validationData) ? (validationData as Batch) : null;
  const halves = apart
    ? { train: all, validation: validationRows(model, apart) }
    : splitRows(all, isBatchStream(validationData) ? 0 : validationSplit);
  // After the split: rows kept for validation have no class weights, as in Keras.
  const train = classWeight ? weighByClass("fit", halves.train, classWeight, objectives) : halves.train;
  const batchSize = batchSizeFor(model, "fit", options.batchSize, train.count);
  const validationBatchSize = options.validationBatchSize ?? batchSize;
  if (halves.validation) batchSizeFor(model, "fit: validation", validationBatchSize, halves.validation.count);

  const prepared = await runtime.ready("fit");
  const { backend, weights, network, kind } = prepared;
  const state = await withRoom(backend, prepared.optimizer);
  const traced = performance.now();
  const shared = { weights, optimizer: state.memory, split };
  const session = await withRoom(
    backend,
    () => new StepSession(backend, fusedOps(), network, train, batchSize, kind.train, shared),
  );
  model.step = new StepReport(session.compiled, performance.now() - traced, backend.precision === "f64" ? 8 : 4);
  const validation = halves.validation ?? streamOf(validationData);
  const evaluation =
    validation && (await evaluationOf(runtime, validation, { ...options, batchSize: validationBatchSize }));
  const rate = rateOf(optimizer);
  const stepsPerEpoch = options.stepsPerEpoch ?? Math.ceil(session.rows / batchSize);
  const begun = stepsBefore(state.iterations, options.initialEpoch ?? 0, stepsPerEpoch);
  const steps = {
    train: async (rows: Int32Array) => {
      state.iterations += await session.run(rows, state.iterations, seed, rate);
      model.weightStore.changed();
    },
    steps: (rows: Int32Array) =>
      Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, k) =>
        rows.subarray(k * batchSize, (k + 1) * batchSize),
      ),
    keep: (rows: Int32Array) => rows, // row numbers of an order that does not change
    loss: () => session.loss(),
    reset: () => session.reset(),
  };
  return {
    batches: rowBatches({ rows: session.rows, batchSize, shuffle, seed, begun }),
    reset: () => session.reset(),
    logs: () => session.logs(),
    saveSums: () => session.saveSums(),
    restoreSums: (sums) => session.restoreSums(sums),
    ...guardedTraining(guarded, optimizer, model.weightStore, { weights, state }, { ...steps, ...rhythmOf(split) }),
    evaluation,
    free: () => {
      session.free();
      evaluation?.free();
    },
  };
}
