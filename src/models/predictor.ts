import type { Backend } from "../backends/backend.ts";
import { fusedOps, withRoom } from "../backends/choose.ts";
import type { Program } from "../program/program.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import { breatheWhenDue } from "../train/fit/breathe.ts";
import type { PredictOptions } from "../train/fit/fit-options.ts";
import { type Pace, paceOf, partOf } from "../train/fit/pace.ts";
import { joined, PredictSession, PredictSessions } from "../train/fit/predict-session.ts";
import { batchSizeFor, inputsFor } from "../train/fit/rows.ts";
import type { Runtime } from "../train/fit/runtime.ts";
import type { Arrays } from "../train/fit/trainable-model.ts";

/** Runs a model on inputs alone, with a program for each shape of batch, made at first use. */
export class Predictor {
  readonly #runtime: Runtime;
  readonly #sessions = new PredictSessions();
  /** Batches predicted: each takes new random numbers where a layer draws at prediction. */
  #batches = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The outputs for x, `batchSize` rows at a time; a batch in groups of rows where it would hold up the event loop. */
  async predict(x: Arrays, { batchSize, signal }: PredictOptions): Promise<NdArray[]> {
    const { model } = this.#runtime;
    const inputs = inputsFor(model, "predict", x);
    await breatheWhenDue();
    const rows = inputs[0].shape[0];
    const batch = batchSizeFor(model, "predict", batchSize, rows);
    const whole = model.fixedBatch !== null || model.mixesRows;
    let pace = paceOf(await this.#runtime.backend(), inputs, model.weightStore, { signal, whole });
    const group = pace?.rowsOf(Math.min(batch, rows));
    if (pace && (await this.#session(inputs.map((a) => a.slice(0, group)))).draws) pace = null;
    const parts: NdArray[][] = [];
    for (let from = 0; from < rows; from += batch) {
      const end = Math.min(rows, from + batch);
      for (let at = from, next = at; at < end; at = next) {
        next = Math.min(end, at + (pace?.rowsOf(end - from) ?? batch));
        const part = inputs.map((a) => a.slice(at, next));
        parts.push(await this.#run(part, pace, signal));
        await breatheWhenDue();
        signal?.throwIfAborted();
      }
    }
    return parts[0].map((_, k) => joined(parts.map((part) => part[k])));
  }

  /** The outputs for one batch, all rows at once. */
  async onBatch(x: Arrays): Promise<NdArray[]> {
    const outputs = await this.#run(inputsFor(this.#runtime.model, "predictOnBatch", x), null);
    await breatheWhenDue(); // a text is written by thousands of these
    return outputs;
  }

  free(): void {
    this.#sessions.free();
  }

  async #run(inputs: readonly NdArray[], pace: Pace | null, signal?: AbortSignal): Promise<NdArray[]> {
    const { model } = this.#runtime;
    const session = await this.#session(inputs);
    const step = this.#batches++;
    const run = () => session.run(inputs, model.seed, step, signal);
    const outputs = await (pace ? pace.group(inputs[0].shape[0], run) : run());
    model.weightStore.carried();
    return outputs;
  }

  /** The program for inputs of these shapes. */
  async #session(inputs: readonly NdArray[]): Promise<PredictSession> {
    const { model } = this.#runtime;
    const backend = await this.#runtime.backend();
    const attach = () => model.weightStore.attach(backend, "predict");
    const weights = model.weightStore.attached ? attach() : await withRoom(backend, attach);
    const known = this.#sessions.find(inputs);
    if (known) return known;
    const cut = await cutOf(backend);
    const make = () => new PredictSession(backend, fusedOps(), this.#runtime.network, inputs, weights, cut);
    return this.#sessions.keep(inputs, await withRoom(backend, make));
  }
}

/** The cut of programs that would hold up the event loop: where one row alone would, a stateful batch, a graph. */
async function cutOf(backend: Backend): Promise<((program: Program) => Program[]) | null> {
  if (!backend.blocks || backend.precision !== "f32") return null;
  const { inParts } = await import("../program/parts.ts");
  return (program) => inParts(program, partOf(backend));
}
