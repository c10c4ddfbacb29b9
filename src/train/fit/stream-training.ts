import { fusedOps, withRoom } from "../../backends/choose.ts";
import { DataError, problem } from "../../errors.ts";
import { BatchSessions } from "./batch-sessions.ts";
import { type BatchStream, streamBatches } from "./batches.ts";
import type { Split } from "./blocks/blocked-steps.ts";
import { evaluationOf } from "./evaluate.ts";
import type { Batch, FitOptions } from "./fit-options.ts";
import { guardedTraining, rhythmOf } from "./last-good.ts";
import { batchRowsFor, buildFrom, compiledOf, copyRows, type Rows, validationRows } from "./rows.ts";
import type { Runtime } from "./runtime.ts";
import { everyRow, rateOf } from "./session.ts";
import { firstOf, streamOf } from "./streams.ts";
import type { Training } from "./training.ts";

/** Training on batches that come one at a time. */
export async function streamTraining(
  runtime: Runtime,
  batches: BatchStream<Batch>,
  options: FitOptions,
  guarded: boolean,
  split: Split,
): Promise<Training<Batch>> {
  const { model } = runtime;
  const { validationData, seed = model.seed } = options;
  if (options.validationSplit || options.sampleWeight) {
    const found = options.validationSplit ? "validationSplit" : "sampleWeight";
    const next = "Give validationData, and weights as the third entry of each batch.";
    throw new DataError(problem("fit", "options that suit a stream of batches", found, next));
  }
  const { optimizer } = compiledOf(model, "fit");
  if (!model.built) buildFrom(model, "fit", await firstOf(batches));

  const prepared = await runtime.ready("fit");
  const { backend, weights, network, kind } = prepared;
  const state = await withRoom(backend, prepared.optimizer);
  const sessions = new BatchSessions(backend, fusedOps(), network, kind, split);
  const stream = streamOf(validationData);
  const validation = stream ?? (validationData ? validationRows(model, validationData as Batch) : null);
  const batchSize = options.validationBatchSize ?? options.batchSize;
  const evaluation = validation && (await evaluationOf(runtime, validation, { ...options, batchSize }));
  const rate = rateOf(optimizer);
  const steps = {
    train: async (rows: Rows) => {
      const shared = { weights, optimizer: state.memory };
      const session = await withRoom(backend, () => sessions.of(rows, true, shared));
      state.iterations += await session.run(everyRow(rows.count), state.iterations, seed, rate);
      model.weightStore.changed();
    },
    steps: (rows: Rows) => [rows],
    keep: copyRows, // a generator may fill the same arrays again
    loss: () => sessions.loss(),
    reset: () => sessions.reset(),
  };
  const { train, end } = guardedTraining(
    guarded,
    optimizer,
    model.weightStore,
    { weights, state },
    { ...steps, ...rhythmOf(split) },
  );
  return {
    batches: streamBatches(batches),
    reset: () => sessions.reset(),
    logs: () => sessions.logs(),
    saveSums: () => sessions.saveSums(),
    restoreSums: (sums) => sessions.restoreSums(sums),
    train: (batch) => train(batchRowsFor(model, "fit", batch, options.classWeight)),
    end,
    evaluation,
    free: () => {
      sessions.free();
      evaluation?.free();
    },
  };
}
