import type { Backend, Memory } from "../../backends/backend.ts";
import { type BackendName, chooseBackend, fusedOps, withRoom } from "../../backends/choose.ts";
import type { Logs } from "../callbacks/index.ts";
import { sizedObjectives } from "../compiled.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { optimizerSize } from "../optimizers/variables.ts";
import { readOptions } from "../options.ts";
import type { Turns } from "../turns.ts";
import { BatchSessions } from "./batch-sessions.ts";
import type { TrainBatchOptions } from "./fit-options.ts";
import { onNaNField } from "./no-number.ts";
import { batchSizeFor, compiledOf, type Rows, rowsFor } from "./rows.ts";
import { everyRow, newOptimizerState, type OptimizerState, rateOf, type StepKind } from "./session.ts";
import { SingleSteps } from "./single-steps.ts";
import type { Network } from "./step.ts";
import type { Arrays, TrainableModel } from "./trainable-model.ts";

/** A compiled model ready to step: all on one backend. */
export interface Prepared {
  readonly backend: Backend;
  readonly weights: Memory;
  readonly network: Network;
  readonly kind: { readonly train: StepKind; readonly evaluate: StepKind };
  /** The optimizer's state, made at first use. */
  optimizer(): OptimizerState;
}

/** Resources of a model's computation, made at first use and kept from call to call: backend, optimizer state, programs. */
export class Runtime {
  readonly model: TrainableModel;
  readonly turns: Turns;
  readonly #network: () => Network;
  /** The backend where `compile` names none. */
  asked: BackendName | undefined;
  #backend: Backend | null = null;
  #optimizer: OptimizerState | null = null;
  #batches: BatchSessions | null = null;
  #steps: SingleSteps | null = null;

  constructor(model: TrainableModel, turns: Turns, network: () => Network) {
    this.model = model;
    this.turns = turns;
    this.#network = network;
  }

  get network(): Network {
    return this.#network();
  }

  /** Null before anything was computed. */
  get chosen(): Backend | null {
    return this.#backend;
  }

  /** The backend that `compile` named, or the fastest that loads here. */
  async backend(): Promise<Backend> {
    const options = this.model.compiled?.options;
    this.#backend ??= await chooseBackend(options?.backend ?? this.asked, { checkNumbers: options?.checkNumbers });
    return this.#backend;
  }

  /** Weights on the backend and the options of `compile`. Throws DataError where the model is not compiled. */
  async ready(who: string): Promise<Prepared> {
    const { model } = this;
    const { optimizer, objectives } = compiledOf(model, who);
    const backend = await this.backend();
    const weights = await withRoom(backend, () => model.weightStore.attach(backend, who));
    const evaluate: StepKind = {
      objectives: sizedObjectives(objectives, model.outputs!),
      logNames: model.logNames,
    };
    return {
      backend,
      weights,
      network: this.network,
      kind: { evaluate, train: { ...evaluate, optimizer } },
      optimizer: () => this.#optimizerOn(backend, optimizer),
    };
  }

  /** Loss and metrics of one batch, after a step of training on it or none. */
  async onBatch(who: string, x: Arrays, y: Arrays, options: TrainBatchOptions, train: boolean): Promise<Logs> {
    const { model } = this;
    const { onNaN } = readOptions(who, { onNaN: options.onNaN }, { onNaN: onNaNField });
    const { optimizer } = compiledOf(model, who);
    const rows = rowsFor(model, who, x, y, options);
    batchSizeFor(model, who, rows.count, rows.count);
    const prepared = await this.ready(who);
    const { backend, weights, network, kind } = prepared;
    const state = await withRoom(backend, prepared.optimizer);
    this.#batches ??= new BatchSessions(backend, fusedOps(), network, kind);
    const batches = this.#batches;
    const run = async (batch: Rows) => {
      const session = await withRoom(backend, () => batches.of(batch, train, { weights, optimizer: state.memory }));
      session.reset();
      const steps = await session.run(everyRow(batch.count), state.iterations, model.seed, rateOf(optimizer));
      if (train) state.iterations += steps;
      if (train) model.weightStore.changed();
      else model.weightStore.carried();
    };
    if (!train) await run(rows);
    else {
      const sums = { loss: () => batches.loss(), reset: () => batches.reset() };
      this.#steps ??= new SingleSteps(optimizer, model.weightStore, { weights, state }, { train: run, ...sums });
      await this.#steps.take(who, rows, onNaN);
    }
    return batches.logs();
  }

  /** Training steps taken since `compile`. */
  get iterations(): number {
    return this.#optimizer?.iterations ?? 0;
  }

  /** Numbers that the optimizer keeps for weights of these shapes; null before training. */
  optimizerSize(trained: () => readonly (readonly number[])[]): number | null {
    return this.#optimizer ? optimizerSize(this.#optimizer.optimizer, trained()) : null;
  }

  /** One vector for each of the optimizer's slots over the trainable words, and the steps taken; null before training. */
  readOptimizer(): { iterations: number; slots: Float32Array[] } | null {
    const state = this.#optimizer;
    if (!state) return null;
    const n = this.model.weightStore.trainableWords;
    return {
      iterations: state.iterations,
      slots: state.optimizer.slots.map((_, k) => state.memory.read(k * n, n, "f32") as Float32Array),
    };
  }

  /** Restores the result of `readOptimizer`. */
  async writeOptimizer(saved: { iterations: number; slots: readonly Float32Array[] }): Promise<void> {
    const { weightStore } = this.model;
    const { optimizer } = compiledOf(this.model, "restoreOptimizer");
    const backend = await this.backend();
    const state = await withRoom(backend, () => this.#optimizerOn(backend, optimizer));
    state.iterations = saved.iterations;
    weightStore.writes++;
    for (const [k, slot] of saved.slots.entries()) state.memory.write(k * weightStore.trainableWords, slot);
  }

  /** Frees programs and optimizer state; the next call starts again, on the backend that `compile` names by then. */
  free(): void {
    this.#batches?.free();
    this.#batches = null;
    this.#steps = null;
    this.#optimizer?.memory.free();
    this.#optimizer = null;
    this.#backend = null;
  }

  #optimizerOn(backend: Backend, optimizer: Optimizer): OptimizerState {
    this.#optimizer ??= newOptimizerState(backend, optimizer, this.model.weightStore.trainableWords);
    return this.#optimizer;
  }
}
