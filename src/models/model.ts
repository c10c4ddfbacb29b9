import type { Backend } from "../backends/backend.ts";
import { chooseBackend, fusedOps } from "../backends/choose.ts";
import { DataError, problem, ShapeError } from "../errors.ts";
import type { CallContext, Layer, Weight } from "../layers/layer.ts";
import { type ArrayLike, NdArray } from "../tensor/nd-array.ts";
import type { DType, PartialShape } from "../tensor/shape.ts";
import { sizeOf } from "../tensor/shape.ts";
import { alignWords, type Tensor } from "../tensor/tensor.ts";
import type { Callback } from "../train/callbacks.ts";
import type { History } from "../train/history.ts";
import { type LoopOptions, trainLoop } from "../train/loop.ts";
import { type Loss, type LossLike, lossOf } from "../train/losses.ts";
import { type Metric, type MetricLike, metricOf, sizedMetrics, weighted } from "../train/metrics.ts";
import {
  averagingCallback,
  initialSlots,
  type Optimizer,
  type OptimizerLike,
  optimizerOf,
  withAverage,
} from "../train/optimizers.ts";
import { ProgressLine } from "../train/progress.ts";
import { rateAt } from "../train/schedules.ts";
import type { Network } from "../train/step.ts";
import { checkInput, checkSampleWeight, checkTargets } from "./check-data.ts";
import { type OptimizerState, PredictSession, type Rows, StepSession } from "./engine.ts";
import type { Parameters } from "./parameters.ts";
import { StepReport } from "./step-report.ts";
import { type SummaryOptions, summaryOf } from "./summary.ts";

export interface ModelOptions {
  name?: string;
  /** Weights, shuffling and dropout follow from it: the same seed gives the same bits. Default 1. */
  seed?: number;
}

export interface CompileOptions {
  optimizer?: OptimizerLike;
  loss: LossLike;
  metrics?: readonly MetricLike[];
  /** Metrics in which sample weights count. */
  weightedMetrics?: readonly MetricLike[];
  /** `js`, ...; the fastest that loads here by default. */
  backend?: string;
  /** Stops at the first number that is not finite and names the instruction and layer that made it. Slow. */
  checkNumbers?: boolean;
}

export interface FitOptions {
  /** Default 1. */
  epochs?: number;
  /** Default 32. */
  batchSize?: number;
  /** The last share of the rows, kept from training: 0.2. */
  validationSplit?: number;
  validationData?: readonly [x: ArrayLike, y: ArrayLike];
  /** New order of the training rows every epoch. Default true. */
  shuffle?: boolean;
  /** 0 silent, 1 progress line, 2 one line per epoch. Default 1. */
  verbose?: 0 | 1 | 2;
  callbacks?: readonly Callback[];
  /** Ends training after the step under way. */
  signal?: AbortSignal;
  seed?: number;
  initialEpoch?: number;
  /** A weight for each row's loss. */
  sampleWeight?: ArrayLike;
  /** Where progress goes; standard output by default. */
  write?: (text: string) => void;
}

export interface EvaluateOptions {
  batchSize?: number;
  verbose?: 0 | 1 | 2;
  sampleWeight?: ArrayLike;
  write?: (text: string) => void;
}

interface Compiled {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  readonly options: CompileOptions;
}

/** What sequential (and later functional) models share: compile, fit, evaluate, predict, summary, weights. */
export abstract class Model {
  abstract readonly className: string;
  abstract readonly layers: readonly Layer[];
  readonly name: string;
  readonly seed: number;
  /** A picture in words of the last training step: instructions, memory, time to trace. Set by `fit`. */
  step: StepReport | null = null;
  compiled: Compiled | null = null;
  /** Files saved beside the model and found again in it: a tokenizer, labels, a scaler. By path. */
  readonly assets = new Map<string, Uint8Array>();
  protected parameters: Parameters | null = null;
  #backend: Backend | null = null;
  #optimizer: OptimizerState | null = null;
  readonly #predictors = new Map<string, PredictSession>();
  #busy = false;

  constructor(options: ModelOptions, defaultName: string) {
    this.name = options.name ?? defaultName;
    this.seed = options.seed ?? 1;
  }

  /** Declares all weights for an input shape with the batch as null: `model.build([null, 200])`. */
  abstract build(input: PartialShape): void;
  /** The shape of one batch of input, the batch null; null until it is known. */
  abstract readonly inputShape: PartialShape | null;
  abstract readonly outputShape: PartialShape | null;
  abstract readonly inputDtype: DType;
  /** The layer that reads the input. */
  abstract readonly firstLayer: Layer | undefined;
  /** The forward formula; `context` gives weights and randomness. */
  abstract forward(x: Tensor, context: CallContext): Tensor;

  get built(): boolean {
    return this.parameters !== null;
  }
  get backendName(): string | null {
    return this.#backend?.name ?? null;
  }

  /**
   * Chooses how to train. Throws DataError for a name nobody knows.
   *
   *   model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
   */
  compile(options: CompileOptions): void {
    if (options.loss === undefined)
      throw new DataError(problem("compile", "a loss", "none", 'For yes/no answers: loss "binaryCrossentropy".'));
    const optimizer = optimizerOf(options.optimizer ?? "rmsprop");
    const metrics = [
      ...(options.metrics ?? []).map(metricOf),
      ...(options.weightedMetrics ?? []).map((m) => weighted(metricOf(m))),
    ];
    this.compiled = { optimizer, loss: lossOf(options.loss), metrics, options };
    this.#optimizer?.memory.free();
    this.#optimizer = null;
    this.#release();
    this.parameters?.detach();
    this.#backend = null;
  }

  /**
   * Trains on x [N, ...] and targets y [N, ...]. Prints Keras's progress lines and returns the History.
   * Rejects with ShapeError or DataError when the data do not suit the model; nothing is trained then.
   *
   *   const history = await model.fit(x, y, { epochs: 5, batchSize: 64, validationSplit: 0.2 });
   */
  async fit(x: ArrayLike, y: ArrayLike, options: FitOptions = {}): Promise<History> {
    return this.#alone("fit", async () => {
      const compiled = this.#needCompiled("fit");
      const { epochs = 1, batchSize = 32, validationSplit = 0, seed = this.seed } = options;
      if (!(Number.isInteger(epochs) && epochs >= 0))
        throw new DataError(problem("fit", "epochs as a whole number", String(epochs)));
      if (!(Number.isInteger(batchSize) && batchSize > 0))
        throw new DataError(problem("fit", "batchSize as a whole number above 0", String(batchSize)));
      const all = this.#rows("fit", x, y, options.sampleWeight ?? null);
      const { train, validation } = this.#split(all, validationSplit, options.validationData);
      const backend = await this.#ready();
      const weights = this.parameters!.attach(backend);
      const optimizer = this.#optimizerState(backend, compiled.optimizer);
      const kind = { loss: compiled.loss, metrics: sizedMetrics(compiled.metrics, this.outputShape!) };
      const traced = performance.now();
      const session = new StepSession(
        backend,
        fusedOps(),
        this.network,
        train,
        batchSize,
        { ...kind, optimizer: compiled.optimizer },
        { weights, optimizer: optimizer.memory },
      );
      this.step = new StepReport(session.compiled, performance.now() - traced, backend.precision === "f64" ? 8 : 4);
      const judge =
        validation && new StepSession(backend, fusedOps(), this.network, validation, batchSize, kind, { weights });
      const rate = (step: number) => rateAt(compiled.optimizer.learningRate, step);
      const averaged = { weights, slots: optimizer.memory, words: this.parameters!.trainableWords };
      const averaging = averagingCallback(compiled.optimizer, averaged);
      try {
        return await trainLoop(
          {
            rows: session.rows,
            batchSize: session.batchSize,
            reset: () => session.reset(),
            logs: () => session.logs(),
            run: async (rows) => {
              optimizer.iterations += await session.run(rows, optimizer.iterations, seed, rate);
            },
            ...(judge
              ? { validate: () => withAverage(compiled.optimizer, averaged, () => evaluateAll(judge, seed)) }
              : {}),
          },
          {
            epochs,
            initialEpoch: options.initialEpoch ?? 0,
            shuffle: options.shuffle ?? true,
            seed,
            verbose: options.verbose ?? 1,
            callbacks: [...(averaging ? [averaging] : []), ...(options.callbacks ?? [])],
            signal: options.signal,
            ...screen(options.write),
          },
        );
      } finally {
        session.free();
        judge?.free();
      }
    });
  }

  /** Loss and metrics over x, y, by name: `const { loss, accuracy } = await model.evaluate(x, y)`. */
  async evaluate(x: ArrayLike, y: ArrayLike, options: EvaluateOptions = {}): Promise<Record<string, number>> {
    return this.#alone("evaluate", async () => {
      const compiled = this.#needCompiled("evaluate");
      const rows = this.#rows("evaluate", x, y, options.sampleWeight ?? null);
      const backend = await this.#ready();
      const weights = this.parameters!.attach(backend);
      const kind = { loss: compiled.loss, metrics: sizedMetrics(compiled.metrics, this.outputShape!) };
      const session = new StepSession(backend, fusedOps(), this.network, rows, options.batchSize ?? 32, kind, {
        weights,
      });
      const { write, terminal, columns } = screen(options.write);
      const steps = Math.ceil(session.rows / session.batchSize);
      const line = new ProgressLine({
        target: steps,
        write,
        terminal,
        verbose: options.verbose ?? 1,
        now: () => performance.now() / 1000,
        columns,
      });
      try {
        const logs = await evaluateAll(session, this.seed, (step, sofar) => line.update(step, sofar));
        line.finish(steps, logs);
        return logs;
      } finally {
        session.free();
      }
    });
  }

  /**
   * The model's output for x [N, ...], `batchSize` rows at a time.
   *
   *   const p = await model.predict([[[1], [1], [1]]]);   // NdArray [1, 1]
   */
  async predict(x: ArrayLike, options: { batchSize?: number } = {}): Promise<NdArray> {
    return this.#alone("predict", async () => {
      const input = this.#input("predict", x);
      const batch = options.batchSize ?? 32;
      const parts: Float32Array[] = [];
      let shape: readonly number[] = [];
      for (let from = 0; from < input.shape[0]; from += batch) {
        const part = await this.#predict(input.slice(from, from + batch));
        parts.push(part.data);
        shape = part.shape;
      }
      const out = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
      let at = 0;
      for (const p of parts) {
        out.set(p, at);
        at += p.length;
      }
      return new NdArray(out, [input.shape[0], ...shape.slice(1)]);
    });
  }

  /** The output for one batch, all rows at once. */
  async predictOnBatch(x: ArrayLike): Promise<NdArray> {
    return this.#alone("predictOnBatch", async () => {
      const part = await this.#predict(this.#input("predictOnBatch", x));
      return new NdArray(part.data, part.shape);
    });
  }

  /** Prints the table of layers, shapes and parameters, and returns it. */
  summary(options: SummaryOptions = {}): string {
    const text = summaryOf(this, this.#optimizer ? this.#optimizer.optimizer.slots.length : null, options);
    (options.print ?? console.log)(text);
    return text;
  }

  /** All weights in Keras's order: layer by layer, kernel, recurrent kernel, bias. */
  getWeights(): NdArray[] {
    const parameters = this.#needBuilt("getWeights");
    return parameters.inOrder.map((p) => parameters.read(p));
  }

  /** Replaces all weights, in the order of `getWeights`. Throws ShapeError on the first that does not fit; then none is replaced. */
  setWeights(values: readonly ArrayLike[]): void {
    const parameters = this.#needBuilt("setWeights");
    const all = parameters.inOrder;
    if (values.length !== all.length)
      throw new ShapeError(problem("setWeights", `${all.length} arrays`, `${values.length}`));
    const before = all.map((p) => parameters.read(p));
    try {
      for (const [k, p] of all.entries()) parameters.write(p, values[k], "setWeights");
    } catch (error) {
      for (const [k, p] of all.entries()) parameters.write(p, before[k], "setWeights");
      throw error;
    }
  }

  /** How many numbers the model has learned or will learn. */
  countParams(): number {
    return this.#needBuilt("countParams").list.reduce((n, p) => n + sizeOf(p.shape), 0);
  }

  /** Writes the model as `.keras`: architecture, weights, compile and optimizer state. The write is atomic. */
  async save(path: string, options: { assets?: Map<string, Uint8Array> } = {}): Promise<void> {
    const { saveKeras } = await import("../formats/keras.ts");
    await saveKeras(this, path, options.assets);
  }

  /** The parameters, for formats; throws before the model is built. */
  get weightStore(): Parameters {
    return this.#needBuilt("save");
  }

  /** Optimizer state on the host: one vector per slot over the trainable region, and the iterations; null before training. */
  get optimizerState(): { iterations: number; slots: Float32Array[] } | null {
    const state = this.#optimizer;
    if (!state) return null;
    const n = this.parameters!.trainableWords;
    return {
      iterations: state.iterations,
      slots: state.optimizer.slots.map((_, k) => state.memory.read(k * n, n, "f32") as Float32Array),
    };
  }

  /** Puts back what `optimizerState` gave, so that training goes on where it stopped. */
  async restoreOptimizer(saved: { iterations: number; slots: readonly Float32Array[] }): Promise<void> {
    const { optimizer } = this.#needCompiled("restoreOptimizer");
    const state = this.#optimizerState(await this.#ready(), optimizer);
    state.iterations = saved.iterations;
    for (const [k, slot] of saved.slots.entries()) state.memory.write(k * this.parameters!.trainableWords, slot);
  }

  /** What step programs need of this model. */
  protected get network(): Network {
    const parameters = this.parameters!;
    const index = new Map<Weight, number>(parameters.list.map((p, k) => [p.weight, k]));
    return {
      parameters: parameters.list,
      trainableCount: parameters.trainableCount,
      trainableWords: parameters.trainableWords,
      words: Math.max(parameters.words, alignWords(1)),
      forward: ([x], leaves, training) => {
        let streams = 0;
        return this.forward(x, { training, weight: (w) => leaves[index.get(w)!], stream: () => streams++ });
      },
    };
  }

  #rows(who: string, x: ArrayLike, y: ArrayLike, sampleWeight: ArrayLike | null): Rows {
    if (y === undefined || y === null) throw new DataError(problem(who, "targets y", String(y)));
    const input = this.#input(who, x);
    const targets = checkTargets(y, who, input.shape[0], this.compiled!.loss, this.outputShape!);
    return {
      inputs: [input],
      targets,
      sampleWeight: sampleWeight && checkSampleWeight(sampleWeight, who, input.shape[0]),
    };
  }

  #input(who: string, x: ArrayLike): NdArray {
    if (x === undefined || x === null) throw new DataError(problem(who, "an array x", String(x)));
    if ((x instanceof NdArray ? x.shape[0] : x.length) === 0)
      throw new DataError(problem(`${who}: x`, "at least one row", "none"));
    if (!this.built) this.build([null, ...(x instanceof NdArray ? x.shape : checkShape(x)).slice(1)]);
    return checkInput(x, who, this.inputShape!, this.inputDtype, this.firstLayer);
  }

  #split(all: Rows, split: number, given: FitOptions["validationData"]): { train: Rows; validation: Rows | null } {
    if (given) {
      const [x, y] = given;
      return { train: all, validation: this.#rows("fit: validationData", x, y, null) };
    }
    if (split === 0) return { train: all, validation: null };
    const n = all.targets.shape[0];
    const at = Math.floor(n * (1 - split));
    if (!(split > 0 && split < 1) || at === 0 || at === n) {
      throw new DataError(problem("fit", "a validationSplit that leaves rows on both sides", `${split} of ${n} rows`));
    }
    const part = (from: number, to: number): Rows => ({
      inputs: all.inputs.map((a) => a.slice(from, to)),
      targets: all.targets.slice(from, to),
      sampleWeight: all.sampleWeight?.slice(from, to) ?? null,
    });
    return { train: part(0, at), validation: part(at, n) };
  }

  async #predict(input: NdArray): Promise<{ data: Float32Array; shape: readonly number[] }> {
    const backend = await this.#ready();
    const key = String(input.shape);
    let session = this.#predictors.get(key);
    if (!session) {
      if (this.#predictors.size >= 8) this.#release();
      session = new PredictSession(backend, fusedOps(), this.network, [input], this.parameters!.attach(backend));
      this.#predictors.set(key, session);
    }
    return session.run([input], this.seed);
  }

  #release(): void {
    for (const session of this.#predictors.values()) session.free();
    this.#predictors.clear();
  }

  async #ready(): Promise<Backend> {
    const options = this.compiled?.options;
    this.#backend ??= await chooseBackend(options?.backend, { checkNumbers: options?.checkNumbers });
    return this.#backend;
  }

  #optimizerState(backend: Backend, optimizer: Optimizer): OptimizerState {
    if (this.#optimizer) return this.#optimizer;
    const words = this.parameters!.trainableWords;
    const memory = backend.allocate(Math.max(1, optimizer.slots.length * words));
    const initial = initialSlots(optimizer, words);
    if (initial) memory.write(0, initial);
    this.#optimizer = { optimizer, memory, iterations: 0 };
    return this.#optimizer;
  }

  #needCompiled(who: string): Compiled {
    if (this.compiled) return this.compiled;
    throw new DataError(
      problem(who, "a compiled model", "one that is not", 'First: model.compile({ optimizer: "adam", loss: ... }).'),
    );
  }

  #needBuilt(who: string): Parameters {
    if (this.parameters) return this.parameters;
    throw new DataError(
      problem(
        who,
        "a built model",
        "one without weights yet",
        "Begin it with input(shape), call model.build([null, ...]), or fit it.",
      ),
    );
  }

  /** One thing at a time: two at once would mix their steps. */
  async #alone<T>(who: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy)
      throw new DataError(problem(who, "the model at rest", "one that is busy", "Await the call before."));
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }
}

async function evaluateAll(
  session: StepSession,
  seed: number,
  onStep?: (step: number, logs: Record<string, number>) => void,
): Promise<Record<string, number>> {
  session.reset();
  const rows = Int32Array.from({ length: session.rows }, (_, i) => i);
  const { breathe } = await import("../train/loop.ts");
  const chunk = session.batchSize;
  for (let from = 0, step = 1; from < rows.length; from += chunk, step++) {
    await session.run(rows.subarray(from, Math.min(rows.length, from + chunk)), 0, seed, () => 0);
    onStep?.(step, session.logs());
    await breathe();
  }
  return session.logs();
}

function checkShape(x: ArrayLike): readonly number[] {
  const shape: number[] = [];
  let at: unknown = x;
  while (Array.isArray(at) || ArrayBuffer.isView(at)) {
    shape.push((at as { length: number }).length ?? 0);
    at = (at as unknown as unknown[])[0];
  }
  return shape;
}

/** Standard output where there is one, the console otherwise. */
function screen(write?: (text: string) => void): Pick<LoopOptions, "write" | "terminal" | "columns"> {
  if (write) return { write, terminal: false };
  const out = typeof process === "undefined" ? undefined : process.stdout;
  if (!out?.write) return { write: (text) => console.log(text.replace(/\n$/, "")), terminal: false };
  return { write: (text) => void out.write(text), terminal: out.isTTY === true, columns: out.columns };
}
