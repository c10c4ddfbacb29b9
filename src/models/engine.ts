import type { Backend, Executable, Memory } from "../backends/backend.ts";
import type { Compiled } from "../graph/compile.ts";
import type { Program, Region } from "../program/program.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Metric } from "../train/metrics.ts";
import type { Optimizer } from "../train/optimizers.ts";
import { type ArrayKind, compilePredict, compileStep, type Network, type StepOptions } from "../train/step.ts";
import { profileAtEnd } from "./profile.ts";

/** Rows of a data set that step programs index: inputs, targets and, sometimes, weights. */
export interface Rows {
  readonly inputs: readonly NdArray[];
  readonly targets: NdArray;
  readonly sampleWeight: NdArray | null;
}

type StepKind = Omit<StepOptions, "target" | "inputs" | "targets" | "sampleWeight" | "batch" | "network">;

/** Steps per crossing that the feed region has room for. */
const most = 1024;

/**
 * A data set made resident on a backend, with the programs that step over it: one for whole batches, one for the short
 * last batch. Weights and optimizer state are the model's; loss and metric sums are this session's.
 */
export class StepSession {
  readonly rows: number;
  readonly batchSize: number;
  readonly #parts = new Map<number, { compiled: Compiled; executable: Executable; feed: Memory; report: () => void }>();
  readonly #build: (batch: number) => Compiled;
  readonly #backend: Backend;
  readonly #shared: Partial<Record<Region, Memory>>;
  readonly #metrics: readonly Metric[];
  #seen = 0;

  constructor(
    backend: Backend,
    fused: boolean,
    network: Network,
    data: Rows,
    batchSize: number,
    kind: StepKind,
    shared: { weights: Memory; optimizer?: Memory },
  ) {
    this.rows = data.targets.shape[0];
    this.batchSize = Math.min(batchSize, this.rows);
    this.#backend = backend;
    this.#metrics = kind.metrics;
    const target = { supports: (op: string, attrs: never) => backend.supports(op, attrs), fused };
    const inputs: ArrayKind[] = data.inputs.map((a) => ({ shape: a.shape, dtype: a.dtype }));
    this.#build = (batch) =>
      compileStep({
        ...kind,
        target,
        network,
        inputs,
        targets: data.targets,
        sampleWeight: data.sampleWeight !== null,
        batch,
      });
    const first = this.#build(this.batchSize);
    const sizes = first.program.sizes;
    this.#shared = {
      ...shared,
      state: backend.allocate(sizes.state),
      data: backend.allocate(sizes.data),
      gradients: backend.allocate(sizes.gradients),
    };
    this.#load(this.batchSize, first);
    const write = (name: string, a: NdArray) => this.#shared.data!.write(first.program.bindings[name].offset, a.data);
    for (const [k, a] of data.inputs.entries()) write(`x ${k}`, a);
    write("y", data.targets);
    if (data.sampleWeight) write("sampleWeight", data.sampleWeight);
  }

  /** What one whole-batch step is made of. */
  get compiled(): Compiled {
    return this.#parts.get(this.batchSize)!.compiled;
  }

  reset(): void {
    this.#seen = 0;
    this.#shared.state!.write(0, new Float32Array(this.#shared.state!.words));
  }

  /** Steps over the rows in order, `batchSize` at a time; `rate(step)` is the learning rate of each. Returns the steps taken. */
  async run(rows: Int32Array, firstStep: number, seed: number, rate: (step: number) => number): Promise<number> {
    const whole = Math.floor(rows.length / this.batchSize);
    let step = firstStep;
    for (let from = 0; from < whole; from += most) {
      const times = Math.min(most, whole - from);
      await this.#cross(
        rows.subarray(from * this.batchSize, (from + times) * this.batchSize),
        this.batchSize,
        step,
        seed,
        rate,
      );
      step += times;
    }
    const rest = rows.subarray(whole * this.batchSize);
    if (rest.length > 0) {
      await this.#cross(rest, rest.length, step, seed, rate);
      step++;
    }
    this.#seen += rows.length;
    return step - firstStep;
  }

  async #cross(
    rows: Int32Array,
    batch: number,
    firstStep: number,
    seed: number,
    rate: (step: number) => number,
  ): Promise<void> {
    const { compiled, executable, feed } = this.#parts.get(batch) ?? this.#load(batch, this.#build(batch));
    const { bindings, sizes } = compiled.program;
    const times = rows.length / batch;
    // One block for the whole crossing; row numbers are i32 seen through the same words (programs of models are f32).
    const words = new Float32Array(times * sizes.feed);
    const ints = new Int32Array(words.buffer);
    for (let k = 0; k < times; k++) {
      const at = k * sizes.feed;
      ints.set(rows.subarray(k * batch, (k + 1) * batch), at + bindings.rows.offset);
      words[at + bindings.learningRate.offset] = rate(firstStep + k);
      words[at + bindings.iteration.offset] = firstStep + k + 1;
    }
    feed.write(0, words);
    await executable.run({ firstStep, times, seed });
  }

  #load(batch: number, compiled: Compiled) {
    const feed = this.#backend.allocate(compiled.program.sizes.feed * most);
    const executable = this.#backend.load(compiled.program, { ...this.#shared, feed });
    const part = { compiled, executable, feed, report: profileAtEnd(compiled.program.name, executable) };
    this.#parts.set(batch, part);
    return part;
  }

  /** Loss and metrics over the rows seen since `reset`. */
  logs(): Record<string, number> {
    const { bindings } = this.compiled.program;
    const state = this.#shared.state!;
    const logs: Record<string, number> = {
      loss: state.read(bindings.loss.offset, 1, "f32")[0] / Math.max(1, this.#seen),
    };
    this.#metrics.forEach((m, k) => {
      logs[m.name] = m.result(state.read(bindings[`metric ${k}`].offset, m.size, "f32"));
    });
    return logs;
  }

  free(): void {
    for (const { executable, feed, report } of this.#parts.values()) {
      report();
      executable.free();
      feed.free();
    }
    for (const region of ["state", "data", "gradients"] as const) this.#shared[region]?.free();
  }
}

/** A prediction program for one batch size. */
export class PredictSession {
  readonly #executable: Executable;
  readonly #report: () => void;
  readonly program: Program;

  constructor(backend: Backend, fused: boolean, network: Network, inputs: readonly ArrayKind[], weights: Memory) {
    const target = { supports: (op: string, attrs: never) => backend.supports(op, attrs), fused };
    this.program = compilePredict(target, network, inputs).program;
    this.#executable = backend.load(this.program, { weights });
    this.#report = profileAtEnd(this.program.name, this.#executable);
  }

  async run(inputs: readonly NdArray[], seed: number): Promise<{ data: Float32Array; shape: readonly number[] }> {
    const { bindings } = this.program;
    inputs.forEach((a, k) => {
      this.#executable.memory("data").write(bindings[`x ${k}`].offset, a.data);
    });
    await this.#executable.run({ firstStep: 0, times: 1, seed });
    const slot = bindings.prediction;
    return {
      data: this.#executable.memory("state").read(slot.offset, sizeOf(slot.shape), "f32") as Float32Array,
      shape: slot.shape,
    };
  }

  free(): void {
    this.#report();
    this.#executable.free();
  }
}

/** Optimizer state of a model: memory that outlives a fit, and how many steps it has seen. */
export interface OptimizerState {
  readonly optimizer: Optimizer;
  readonly memory: Memory;
  iterations: number;
}
