import type { Backend, Executable, Memory } from "../../backends/backend.ts";
import { sharesPadding, withRoom } from "../../backends/choose.ts";
import type { Compiled } from "../../graph/compile.ts";
import { UniqueNames } from "../../layers/unique-names.ts";
import type { Region } from "../../program/program.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import type { Logs } from "../callbacks/index.ts";
import type { Objective } from "../compiled.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { initialSlots } from "../optimizers/variables.ts";
import type { BlockedSteps, Feeding, Split, SplitSteps } from "./blocks/blocked-steps.ts";
import { profileAtEnd } from "./profile.ts";
import type { Sums as SavedSums } from "./resume.ts";
import type { Rows } from "./rows.ts";
import { type ArrayKind, compileStep, type Network, type StepOptions } from "./step.ts";

/** Loss and optimizer of a session. */
export interface StepKind {
  readonly objectives: readonly Objective[];
  /** The model's outputs by name, as logs call them; two may have the same. */
  readonly logNames: readonly string[];
  readonly optimizer?: Optimizer;
}

/** Steps per crossing that the feed region has room for. */
const most = 1024;

/** Loss and metric sums since they were last set to zero, and the rows that went into them. */
export interface Sums {
  memory: Memory;
  rows: number;
}

/**
 * A data set made resident on a backend, with the programs that step over it: one for whole batches, one for the short
 * last batch. Weights and optimizer state are the model's; loss and metric sums are this session's, or shared by several.
 */
export class StepSession {
  rows: number;
  readonly batchSize: number;
  readonly sums: Sums;
  readonly #parts = new Map<number, { compiled: Compiled; executable: Executable; feed: Memory; report: () => void }>();
  readonly #build: (batch: number) => Compiled;
  readonly #backend: Backend;
  readonly #shared: Partial<Record<Region, Memory>>;
  readonly #kind: StepKind;
  readonly #first: Compiled;
  readonly #options: Omit<StepOptions, "batch">;
  readonly #split: Split | undefined;
  #blocked: BlockedSteps | undefined;
  /** Whether `free` frees the sums too. */
  ownsSums: boolean;

  constructor(
    backend: Backend,
    fused: boolean,
    network: Network,
    data: Rows,
    batchSize: number,
    kind: StepKind,
    shared: { weights: Memory; optimizer?: Memory; sums?: Sums; split?: Split },
  ) {
    this.rows = data.count;
    this.batchSize = Math.min(batchSize, this.rows);
    this.#backend = backend;
    this.#kind = kind;
    const shape = (a: NdArray): ArrayKind => ({ shape: a.shape, dtype: a.dtype });
    this.#split = kind.optimizer && shared.split;
    const options: Omit<StepOptions, "batch"> = {
      objectives: kind.objectives,
      optimizer: kind.optimizer,
      target: {
        supports: (op: string, attrs: never) => backend.supports(op, attrs),
        fused,
        sharePadding: sharesPadding(),
      },
      network,
      inputs: data.inputs.map(shape),
      targets: data.targets.map((a) => a && shape(a)),
      sampleWeights: data.sampleWeights.map((a) => a && shape(a)),
    };
    this.#options = options;
    this.#build = (batch) => compileStep({ ...options, batch });
    this.#first = this.#build(this.batchSize);
    const { sizes } = this.#first.program;
    this.ownsSums = !shared.sums;
    this.sums = shared.sums ?? { memory: backend.allocate(sizes.state), rows: 0 };
    this.#shared = {
      weights: shared.weights,
      ...(shared.optimizer ? { optimizer: shared.optimizer } : {}),
      state: this.sums.memory,
      data: backend.allocate(sizes.data),
      gradients: backend.allocate(sizes.gradients),
    };
    if (!this.#split?.make) this.#load(this.batchSize, this.#first);
    this.replace(data);
  }

  /** Puts other rows of the same shapes in the place of those there. */
  replace(data: Rows): void {
    const { bindings } = this.compiled.program;
    const write = (name: string, a: NdArray | null) => {
      if (a && bindings[name]) this.#shared.data!.write(bindings[name].offset, a.data);
    };
    for (const [k, a] of data.inputs.entries()) write(`x ${k}`, a);
    for (const [k, a] of data.targets.entries()) write(`y ${k}`, a);
    for (const [k, a] of data.sampleWeights.entries()) write(`sampleWeight ${k}`, a);
  }

  /** The programs and arrays of one whole-batch step. */
  get compiled(): Compiled {
    return this.#first;
  }

  reset(): void {
    resetSums(this.sums);
  }

  /** Steps over the rows in order, `batchSize` at a time; `rate(step)` is the learning rate of each. Returns the steps taken. */
  async run(rows: Int32Array, firstStep: number, seed: number, rate: (step: number) => number): Promise<number> {
    if (this.#split?.make) return this.#runInBlocks(this.#split.make, rows, firstStep, seed, rate);
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
    this.sums.rows += rows.length;
    return step - firstStep;
  }

  async #runInBlocks(
    make: SplitSteps,
    rows: Int32Array,
    firstStep: number,
    seed: number,
    rate: Feeding["rate"],
  ): Promise<number> {
    const given = { backend: this.#backend, options: this.#options, memories: this.#shared, split: this.#split! };
    this.#blocked ??= make(given);
    let step = firstStep;
    for (let at = 0; at < rows.length; at += this.batchSize, step++)
      await this.#blocked.step(rows.subarray(at, at + this.batchSize), { step, seed, rate });
    this.sums.rows += rows.length;
    return step - firstStep;
  }

  async #cross(
    rows: Int32Array,
    batch: number,
    firstStep: number,
    seed: number,
    rate: (step: number) => number,
  ): Promise<void> {
    const load = () => this.#load(batch, batch === this.batchSize ? this.#first : this.#build(batch));
    const { compiled, executable, feed } = this.#parts.get(batch) ?? (await withRoom(this.#backend, load));
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
  logs(): Logs {
    const { bindings } = this.compiled.program;
    const { objectives, logNames } = this.#kind;
    const rows = Math.max(1, this.sums.rows);
    const read = (name: string, size = 1) => this.sums.memory.read(bindings[name].offset, size, "f32");
    const logs: Logs = { loss: read("loss")[0] / rows };
    const several = objectives.filter(({ loss }) => loss).length > 1; // one loss alone is the whole, as in Keras
    objectives.forEach(({ loss }, k) => {
      if (several && loss) logs[`${logNames[k]}_loss`] = read(`loss ${k}`)[0] / rows;
    });
    const taken = new UniqueNames();
    objectives.forEach(({ metrics, weightedMetrics }, k) => {
      [...metrics, ...weightedMetrics].forEach((m, i) => {
        const name = taken.of(objectives.length > 1 ? `${logNames[k]}_${m.name}` : m.name);
        const sums = read(`metric ${k} ${i}`, m.size);
        if (m.results) for (const [at, value] of m.results(sums).entries()) logs[`${name}[${at}]`] = value;
        else logs[name] = m.result(sums);
      });
    });
    return logs;
  }

  /** The loss summed over the rows seen since `reset`. */
  loss(): number {
    return this.sums.memory.read(this.compiled.program.bindings.loss.offset, 1, "f32")[0];
  }

  /** The sums behind `logs`, to continue from later. */
  saveSums(): SavedSums {
    const { memory, rows } = this.sums;
    return { rows, values: Float32Array.from(memory.read(0, memory.words, "f32")), logs: this.logs() };
  }
  restoreSums({ rows, values }: SavedSums): void {
    this.sums.memory.write(0, values);
    this.sums.rows = rows;
  }

  free(): void {
    for (const { executable, feed, report } of this.#parts.values()) {
      report();
      executable.free();
      feed.free();
    }
    this.#blocked?.free();
    this.#shared.data?.free();
    this.#shared.gradients?.free();
    if (this.ownsSums) this.sums.memory.free();
  }
}

export function resetSums(sums: Sums): void {
  sums.rows = 0;
  sums.memory.write(0, new Float32Array(sums.memory.words));
}

/** Optimizer state of a model: memory that outlives a fit, and how many steps it has seen. */
export interface OptimizerState {
  readonly optimizer: Optimizer;
  readonly memory: Memory;
  iterations: number;
}

/** State for an optimizer over `words` words of trainable parameters, before its first step. */
export function newOptimizerState(backend: Backend, optimizer: Optimizer, words: number): OptimizerState {
  const memory = backend.allocate(Math.max(1, optimizer.slots.length * words));
  const begin = initialSlots(optimizer, words);
  if (begin) memory.write(0, begin);
  return { optimizer, memory, iterations: 0 };
}

/** The learning rate of each step, looked up at the step: callbacks may change it. */
export const rateOf = (optimizer: Optimizer) => (step: number) =>
  typeof optimizer.learningRate === "number" ? optimizer.learningRate : optimizer.learningRate(step);

/** Row numbers 0 to count − 1. */
export const everyRow = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
