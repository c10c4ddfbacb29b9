import { type BackendName, chooseBackend, fusedOps, withRoom } from "../backends/choose.ts";
import { problem, ShapeError } from "../errors.ts";
import { type OwnedWeight, runLayer } from "../layers/layer.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { BatchSessions } from "../train/fit/batch-sessions.ts";
import { onNaNField } from "../train/fit/no-number.ts";
import type { Rows } from "../train/fit/rows.ts";
import { everyRow, newOptimizerState, rateOf } from "../train/fit/session.ts";
import { SingleSteps } from "../train/fit/single-steps.ts";
import { networkOf } from "../train/network.ts";
import { type OptimizerLike, optimizerOf } from "../train/optimizers/named.ts";
import { checkNames, readOptions } from "../train/options.ts";
import { Parameters } from "../train/parameters.ts";
import { Turns } from "../train/turns.ts";
import type { AnyModel } from "./model.ts";

export interface TrainStepOptions {
  /** The optimizer, by name or with options. Default `"adam"`. */
  optimizer?: OptimizerLike;
  /** Seed of dropout. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /**
   * Reaction to a loss that is not finite: `"error"` rejects with an error that names the step, and restores the weights from
   * before; `"continue"` returns the loss as it is and keeps the new weights. Default "error".
   */
  onNaN?: "error" | "continue";
}

/** Runs a model inside a formula of your own: its outputs for these inputs, with dropout as in training. */
export type RunModel = (model: AnyModel, ...inputs: Tensor[]) => Tensor[];

/**
 * A training step of your own: a formula from a batch's arrays to a loss, shape [], over the weights of one or several
 * models. Calling it takes one step and returns the loss. The models keep what they have learned. A loss that is no finite number
 * rejects with DataError, and the weights are those from before (`onNaN`).
 *
 *   const step = await trainStep([encoder, decoder], ([x, y], run) => {
 *     const [h] = run(encoder, x);
 *     const [p] = run(decoder, h);
 *     return ops.mean(ops.square(ops.sub(p, y)));
 *   });
 *   for (const [x, y] of batches) console.log(await step(x, y));
 */
export async function trainStep(
  models: readonly AnyModel[],
  formula: (inputs: Tensor[], run: RunModel) => Tensor,
  options: TrainStepOptions = {},
): Promise<(...arrays: ArrayLike[]) => Promise<number>> {
  checkNames("trainStep", options, ["optimizer", "seed", "backend", "onNaN"]);
  const { onNaN } = readOptions("trainStep", { onNaN: options.onNaN }, { onNaN: onNaNField });
  const { seed = 1 } = options;
  const optimizer = optimizerOf(options.optimizer ?? "adam");
  const backend = await chooseBackend(options.backend);
  for (const model of models) void model.weightStore; // weights exist, drawn by their own models
  const turns = new Turns();
  const store = new Parameters(
    models.flatMap((model): OwnedWeight[] => model.ownedWeights()),
    seed,
    turns,
  );
  const state = await withRoom(backend, () => newOptimizerState(backend, optimizer, store.trainableWords));
  const network = networkOf(store, (inputs, context) => {
    const loss = formula([...inputs], (model, ...given) => runLayer(model, given, context));
    context.addLoss(loss);
    return [];
  });
  const sessions = new BatchSessions(backend, fusedOps(), network, {
    train: { objectives: [], logNames: [], optimizer },
    evaluate: { objectives: [], logNames: [] },
  });
  let steps: SingleSteps | null = null;
  const step = async (arrays: readonly ArrayLike[]) => {
    const inputs = arrays.map((a, k) => asNdArray(a, { who: `trainStep: array ${k}` }));
    const count = inputs[0]?.shape[0] ?? 0;
    if (count === 0 || inputs.some((a) => a.shape[0] !== count)) {
      const found = inputs.map((a) => a.shape[0]).join(", ") || "none";
      throw new ShapeError(problem("trainStep", "arrays with the same number of rows, one or more", found));
    }
    const rows = { count, inputs, targets: [], sampleWeights: [] };
    const weights = await withRoom(backend, () => store.attach(backend, "trainStep"));
    const shared = { weights, optimizer: state.memory };
    const train = async (batch: Rows) => {
      const session = await withRoom(backend, () => sessions.of(batch, true, shared));
      session.reset();
      state.iterations += await session.run(everyRow(batch.count), state.iterations, seed, rateOf(optimizer));
      store.changed();
    };
    const sums = { loss: () => sessions.loss(), reset: () => sessions.reset() };
    steps ??= new SingleSteps(optimizer, store, { weights, state }, { train, ...sums });
    await steps.take("trainStep", rows, onNaN);
    return sessions.logs().loss;
  };
  return (...arrays) => turns.alone("trainStep", () => step(arrays), { changes: "weights" });
}
