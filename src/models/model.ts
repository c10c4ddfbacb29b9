import type { Backend } from "../backends/backend.ts";
import { chooseBackend, fusedOps } from "../backends/choose.ts";
import { DataError, FormatError, problem, ShapeError } from "../errors.ts";
import { type ConfigValue, Layer, type Layers, type SymbolicTensor } from "../layers/index.ts";
import { type ArrayLike, NdArray } from "../tensor/nd-array.ts";
import { type DType, type PartialShape, sizeOf } from "../tensor/shape.ts";
import { type BatchStream, isBatchStream, rowBatches, streamBatches } from "../train/batches.ts";
import { type Callback, checkCallback } from "../train/callbacks.ts";
import type { History } from "../train/history.ts";
import { type Trainer, trainLoop, type Watch } from "../train/loop.ts";
import { averagingCallback, type Optimizer, optimizerOf, optimizerSize, withAverage } from "../train/optimizers.ts";
import { required, wholeFrom } from "../train/options.ts";
import { ProgressLine } from "../train/progress.ts";
import type { Network } from "../train/step.ts";
import { BatchSessions } from "./batch-sessions.ts";
import { type Compiled, type CompileOptions, judgementsOf, sizedJudgements } from "./compiled.ts";
import {
  newOptimizerState,
  type OptimizerState,
  PredictSession,
  type Rows,
  type StepKind,
  StepSession,
} from "./engine.ts";
import { type Graph, graphOf } from "./graph.ts";
import type {
  Batch,
  BatchOptions,
  EvaluateOptions,
  FitOptions,
  ModelOptions,
  ValidationArrays,
} from "./model-options.ts";
import { networkOf } from "./network.ts";
import { Parameters } from "./parameters.ts";
import { type Arrays, type InputPlace, inputRows, type OutputPlace, sliceRows, trainingRows } from "./rows.ts";
import {
  batchArrays,
  evaluateAll,
  evaluateStream,
  everyRow,
  firstOf,
  joined,
  rateOf,
  screen,
  shapeOf,
  streamOf,
} from "./run.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";
import { StepReport } from "./step-report.ts";
import { type SummaryOptions, summaryOf } from "./summary.ts";
import { trainedModel } from "./trained-model.ts";

/** What predictions look like: one array, or one for each output of a model with several. */
export type Predicted<Out> = Out extends readonly unknown[] ? NdArray[] : NdArray;

/** Where training's batches come from and what is done with each. */
interface Source<B> extends Omit<Trainer<B>, "model" | "validate"> {
  readonly judge: ((watch?: Watch) => Promise<Record<string, number>>) | null;
  free(): void;
}

/** Any model, of one output or several. */
export type Models = Model<SymbolicTensor> | Model<SymbolicTensor[]>;

/** What sequential and functional models share: compile, fit, evaluate, predict, summary, weights. A model is a layer too. */
export abstract class Model<Out extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor> extends Layer<Out> {
  abstract readonly layers: readonly Layers[];
  readonly seed: number;
  /** A picture in words of the last training step: instructions, memory, time to trace. Set by `fit`. */
  step: StepReport | null = null;
  compiled: Compiled | null = null;
  /** Files saved beside the model and found again in it: a tokenizer, labels, a scaler. By path. */
  readonly assets = new Map<string, Uint8Array>();
  #parameters: Parameters | null = null;
  #backend: Backend | null = null;
  #optimizer: OptimizerState | null = null;
  #batches: BatchSessions | null = null;
  readonly #predictors = new Map<string, PredictSession>();
  #busy = false;

  constructor(options: ModelOptions, defaultName: string) {
    super({ name: options.name ?? defaultName, trainable: options.trainable });
    this.seed = options.seed ?? 1;
  }

  /** What comes in and goes out, one place for each input and output; null until shapes are known. */
  abstract readonly inputs: readonly InputPlace[] | null;
  abstract readonly outputs: readonly OutputPlace[] | null;
  /** Names of the outputs, known before their shapes. */
  abstract readonly outputNames: readonly string[];
  /** Whether `predict` gives a list. */
  abstract readonly severalOutputs: boolean;

  /** The shape of one batch of the first input, the batch null; null until it is known. */
  get inputShape(): PartialShape | null {
    return this.inputs?.[0].shape ?? null;
  }
  get outputShape(): PartialShape | null {
    return this.outputs?.[0].shape ?? null;
  }
  override get inputDtype(): DType {
    return this.inputs?.[0].dtype ?? "f32";
  }
  override get idLimit(): number | undefined {
    return this.inputs?.[0].reader?.idLimit;
  }
  override get sublayers(): readonly Layers[] {
    return this.layers;
  }
  get backendName(): string | null {
    return this.#backend?.name ?? null;
  }
  /** Nested models are written with all they hold by formats/. */
  config(): Record<string, ConfigValue> {
    return {};
  }
  /** The layer of a name. Throws DataError where there is none. */
  getLayer(name: string): Layers {
    const found = this.layers.find((layer) => layer.name === name);
    if (found) return found;
    const names = this.layers.map((layer) => layer.name).join(", ");
    throw new DataError(problem(this.label, `a layer named ${names}`, `"${name}"`));
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
    this.compiled = { optimizer, judgements: judgementsOf(options, this.outputNames), options };
    this.#optimizer?.memory.free();
    this.#optimizer = null;
    this.#release();
    this.#parameters?.detach();
    this.#backend = null;
    if (!this.#parameters) return;
    // Layers may have been frozen or freed since: trainable weights come first, in another order then.
    this.#parameters = new Parameters(this.ownedWeights(), this.seed);
    this.#parameters.changed();
  }

  /**
   * Trains on x [N, ...] and targets y [N, ...], or on batches [x, y, sampleWeight?] from a generator function or an
   * (async) iterable. Prints Keras's progress lines and returns the History. Rejects with ShapeError or DataError when the
   * data do not suit the model.
   *
   *   const history = await model.fit(x, y, { epochs: 5, batchSize: 64, validationSplit: 0.2 });
   *   await model.fit(async function* () { for await (const rows of file) yield batchOf(rows); }, { epochs: 5 });
   */
  fit(x: Arrays, y: Arrays, options?: FitOptions): Promise<History>;
  fit(batches: BatchStream<Batch>, options?: FitOptions): Promise<History>;
  fit(x: Arrays | BatchStream<Batch>, y?: Arrays | FitOptions, options?: FitOptions): Promise<History> {
    return this.#alone("fit", () =>
      isBatchStream(x)
        ? this.#fit((y ?? {}) as FitOptions, (given) => this.#streamSource(x as BatchStream<Batch>, given))
        : this.#fit(options ?? {}, (given) => this.#rowSource(x as Arrays, y as Arrays, given)),
    );
  }

  async #fit<B>(options: FitOptions, open: (options: FitOptions) => Promise<Source<B>>): Promise<History> {
    const { optimizer } = this.#needCompiled("fit");
    const { epochs = 1 } = options;
    if (!(Number.isInteger(epochs) && epochs >= 0))
      throw new DataError(
        problem("fit", "epochs as a whole number", String(epochs), "One epoch is one pass over all rows."),
      );
    for (const c of options.callbacks ?? []) checkCallback("fit: callbacks", c);
    const source = await open(options);
    const store = this.weightStore;
    const averaged = {
      weights: store.attach(await this.#ready()),
      slots: this.#optimizer!.memory,
      words: store.trainableWords,
      changed: () => store.changed(),
    };
    const averaging = averagingCallback(optimizer, averaged);
    const { judge } = source;
    try {
      return await trainLoop<B>(
        {
          ...source,
          model: trainedModel(this),
          ...(judge ? { validate: (watch) => withAverage(optimizer, averaged, () => judge(watch)) } : {}),
        },
        {
          epochs,
          initialEpoch: options.initialEpoch ?? 0,
          stepsPerEpoch: options.stepsPerEpoch,
          validationFreq: options.validationFreq,
          verbose: options.verbose ?? 1,
          callbacks: [...(averaging ? [averaging] : []), ...(options.callbacks ?? []).map((c) => this.#atRest(c))],
          signal: options.signal,
          ...screen(options.write),
        },
      );
    } finally {
      source.free();
    }
  }

  /** Training on arrays: they lie with the backend, batches are row numbers. */
  async #rowSource(x: Arrays, y: Arrays, options: FitOptions): Promise<Source<Int32Array>> {
    const { validationSplit = 0, validationData, seed = this.seed } = options;
    const compiled = this.#needCompiled("fit");
    const all = this.#rows("fit", x, y, options);
    const apart = isBatchStream(validationData) ? undefined : (validationData as ValidationArrays | undefined);
    const { train, validation } = this.#split(all, validationSplit, apart);
    const batchSize = this.#batchSize("fit", options.batchSize, train.count);
    if (validation) this.#batchSize("fit: validation", batchSize, validation.count);
    const { backend, weights, kind } = await this.#prepared(compiled);
    const optimizer = this.#optimizerState(backend, compiled.optimizer);
    const traced = performance.now();
    const session = new StepSession(backend, fusedOps(), this.network, train, batchSize, kind.train, {
      weights,
      optimizer: optimizer.memory,
    });
    this.step = new StepReport(session.compiled, performance.now() - traced, backend.precision === "f64" ? 8 : 4);
    const judge = await this.#judge(validation ?? streamOf(validationData), {
      ...options,
      batchSize,
    });
    const rate = rateOf(compiled.optimizer);
    return {
      batches: rowBatches({ rows: session.rows, batchSize, shuffle: options.shuffle ?? true, seed }),
      reset: () => session.reset(),
      logs: () => session.logs(),
      saveSums: () => session.saveSums(),
      restoreSums: (sums) => session.restoreSums(sums),
      train: async (rows) => {
        optimizer.iterations += await session.run(rows, optimizer.iterations, seed, rate);
        this.weightStore.changed();
      },
      judge: judge?.run ?? null,
      free: () => {
        session.free();
        judge?.free();
      },
    };
  }

  /** Training on batches that come one at a time. */
  async #streamSource(batches: BatchStream<Batch>, options: FitOptions): Promise<Source<Batch>> {
    const { validationData, seed = this.seed } = options;
    if (options.validationSplit || options.sampleWeight) {
      const found = options.validationSplit ? "validationSplit" : "sampleWeight";
      const next = "Give validationData, and weights as the third entry of each batch.";
      throw new DataError(problem("fit", "options that suit a stream of batches", found, next));
    }
    const compiled = this.#needCompiled("fit");
    if (!this.built) this.#build(await firstOf(batches));
    const { backend, weights, kind } = await this.#prepared(compiled);
    const optimizer = this.#optimizerState(backend, compiled.optimizer);
    const sessions = new BatchSessions(backend, fusedOps(), this.network, kind);
    const stream = streamOf(validationData);
    const arrays = !stream && validationData ? this.#validation(validationData as ValidationArrays) : null;
    const judge = await this.#judge(stream ?? arrays, options);
    const rate = rateOf(compiled.optimizer);
    return {
      batches: streamBatches(batches),
      reset: () => sessions.reset(),
      logs: () => sessions.logs(),
      saveSums: () => sessions.saveSums(),
      restoreSums: (sums) => sessions.restoreSums(sums),
      train: async (batch) => {
        const rows = this.#batchRows("fit", batch, options.classWeight);
        const session = sessions.of(rows, true, { weights, optimizer: optimizer.memory });
        optimizer.iterations += await session.run(everyRow(rows.count), optimizer.iterations, seed, rate);
        this.weightStore.changed();
      },
      judge: judge?.run ?? null,
      free: () => {
        sessions.free();
        judge?.free();
      },
    };
  }

  /** How validation data, rows or a stream, are judged; null without. */
  async #judge(data: Rows | BatchStream<Batch> | null, options: EvaluateOptions & { validationSteps?: number }) {
    if (!data) return null;
    const { backend, weights, kind } = await this.#prepared(this.#needCompiled("evaluate"));
    const steps = options.validationSteps;
    if (steps !== undefined) required("fit", "validationSteps", steps, wholeFrom(1)(1));
    if (!isBatchStream(data)) {
      const batch = this.#batchSize("fit: validation", options.batchSize, data.count);
      const session = new StepSession(backend, fusedOps(), this.network, data, batch, kind.judge, { weights });
      const run = (watch?: Watch) => evaluateAll(session, this.seed, { watch, steps });
      return { run, free: () => session.free(), batches: Math.ceil(session.rows / session.batchSize) };
    }
    const sessions = new BatchSessions(backend, fusedOps(), this.network, kind);
    const step = async (batch: Batch) => {
      const rows = this.#batchRows("evaluate", batch);
      const session = sessions.of(rows, false, { weights, optimizer: weights });
      await session.run(everyRow(rows.count), 0, this.seed, () => 0);
    };
    const run = (watch?: Watch) => evaluateStream(data as BatchStream<Batch>, sessions, step, { watch, steps });
    return { run, free: () => sessions.free(), batches: steps };
  }

  /**
   * Loss and metrics over x, y, or over a stream of batches, by name.
   *
   *   const { loss, accuracy } = await model.evaluate(x, y);
   */
  evaluate(x: Arrays, y: Arrays, options?: EvaluateOptions): Promise<Record<string, number>>;
  evaluate(batches: BatchStream<Batch>, options?: EvaluateOptions): Promise<Record<string, number>>;
  evaluate(x: Arrays | BatchStream<Batch>, y?: Arrays | EvaluateOptions, given?: EvaluateOptions) {
    const stream = isBatchStream(x);
    const options = ((stream ? y : given) ?? {}) as EvaluateOptions;
    return this.#alone("evaluate", async () => {
      this.#needCompiled("evaluate");
      if (stream && !this.built) this.#build(await firstOf(x as BatchStream<Batch>));
      const data = stream ? (x as BatchStream<Batch>) : this.#rows("evaluate", x as Arrays, y as Arrays, options);
      const judge = (await this.#judge(data, options))!;
      const { write, terminal, columns } = screen(options.write);
      const line = new ProgressLine({
        target: judge.batches,
        write,
        terminal,
        verbose: options.verbose ?? 1,
        now: () => performance.now() / 1000,
        columns,
      });
      let seen = 0;
      try {
        const logs = await judge.run({
          begin: async () => {},
          end: async (batch, sofar) => {
            seen = batch + 1;
            line.update(seen, sofar);
          },
        });
        line.finish(seen, logs);
        return logs;
      } finally {
        judge.free();
        if (this.fixedBatch !== null) this.weightStore.changed(); // carried states
      }
    });
  }

  /**
   * One training step on one batch: the loss and metrics of it, by name. For training loops of one's own.
   *
   *   for (const [x, y] of batches) console.log((await model.trainOnBatch(x, y)).loss);
   */
  async trainOnBatch(x: Arrays, y: Arrays, options: BatchOptions = {}): Promise<Record<string, number>> {
    return this.#alone("trainOnBatch", () => this.#onBatch("trainOnBatch", x, y, options, true));
  }

  /** The loss and metrics of one batch, nothing trained. */
  async testOnBatch(x: Arrays, y: Arrays, options: BatchOptions = {}): Promise<Record<string, number>> {
    return this.#alone("testOnBatch", () => this.#onBatch("testOnBatch", x, y, options, false));
  }

  /**
   * The model's output for x [N, ...], `batchSize` rows at a time; a list for a model of several outputs.
   *
   *   const p = await model.predict([[[1], [1], [1]]]);   // NdArray [1, 1]
   */
  async predict(x: Arrays, options: { batchSize?: number } = {}): Promise<Predicted<Out>> {
    return this.#alone("predict", async () => {
      const inputs = this.#inputs("predict", x);
      const rows = inputs[0].shape[0];
      const batch = this.#batchSize("predict", options.batchSize, rows);
      const parts: NdArray[][] = [];
      for (let from = 0; from < rows; from += batch)
        parts.push(await this.#predict(inputs.map((a) => a.slice(from, from + batch))));
      return this.#predicted(parts[0].map((_, k) => joined(parts.map((part) => part[k]))));
    });
  }

  /** The output for one batch, all rows at once. */
  async predictOnBatch(x: Arrays): Promise<Predicted<Out>> {
    return this.#alone("predictOnBatch", async () =>
      this.#predicted(await this.#predict(this.#inputs("predictOnBatch", x))),
    );
  }

  /** Prints the table of layers, shapes and parameters, and returns it. */
  summary(options: SummaryOptions = {}): string {
    const trained = () => this.weightStore.list.slice(0, this.weightStore.trainableCount).map((p) => p.shape);
    const kept = this.#optimizer ? optimizerSize(this.#optimizer.optimizer, trained()) : null;
    const text = summaryOf(this, kept, options);
    (options.print ?? console.log)(text);
    return text;
  }

  /**
   * The layers and what flows where, as plain data: `plotModel` of `cellstate/plot` draws it.
   *
   *   await writeFile("model.svg", await plotModel(model.graph()));
   */
  graph(): Graph {
    void this.weightStore; // says what to do where the model is not built
    return graphOf(this);
  }

  /** All weights in Keras's order: layer by layer, kernel, recurrent kernel, bias. */
  getWeights(): NdArray[] {
    const store = this.weightStore;
    return store.inOrder.map((p) => store.read(p));
  }

  /** Replaces all weights, in the order of `getWeights`. Throws ShapeError on the first that does not fit; then none is replaced. */
  setWeights(values: readonly ArrayLike[]): void {
    const store = this.weightStore;
    const all = store.inOrder;
    if (values.length !== all.length)
      throw new ShapeError(
        problem(
          "setWeights",
          `${all.length} arrays`,
          `${values.length}`,
          "getWeights() of a model of the same layers gives them in order.",
        ),
      );
    const before = all.map((p) => store.read(p));
    try {
      for (const [k, p] of all.entries()) store.write(p, values[k], "setWeights");
    } catch (error) {
      for (const [k, p] of all.entries()) store.write(p, before[k], "setWeights");
      throw error;
    }
  }

  /** Sets the carried states of stateful layers to zero: what comes next begins anew. */
  resetStates(): void {
    const store = this.weightStore;
    for (const p of store.list)
      if (p.weight.name === "rnn_state")
        store.write(p, new NdArray(new Float32Array(sizeOf(p.shape)), p.shape), "resetStates");
  }

  /** How many numbers the model has learned or will learn. */
  countParams(): number {
    return this.weightStore.list.reduce((n, p) => n + sizeOf(p.shape), 0);
  }

  /**
   * Writes the model in the format its path's ending names: `.keras` (all there is: architecture, weights, compile and
   * optimizer state, assets), `.h5`, `.weights.h5`, `.safetensors`, `.json` (tfjs), `.onnx`. The write is atomic.
   */
  async save(path: string, options: { assets?: Map<string, Uint8Array> } = {}): Promise<void> {
    const { saveModel } = await import("../formats/model-file.ts");
    await saveModel(this as unknown as Models, path, options.assets);
  }

  /** The parameters, made when first asked for; throws before the model is built. */
  get weightStore(): Parameters {
    if (!this.built) {
      const next = "Begin it with input(shape), call model.build([null, ...]), or fit it.";
      throw new DataError(problem(this.label, "a built model", "one without weights yet", next));
    }
    this.#parameters ??= new Parameters(this.ownedWeights(), this.seed);
    return this.#parameters;
  }

  /** Optimizer state on the host: one vector per slot over the trainable region, and the iterations; null before training. */
  get optimizerState(): { iterations: number; slots: Float32Array[] } | null {
    const state = this.#optimizer;
    if (!state) return null;
    const n = this.weightStore.trainableWords;
    return {
      iterations: state.iterations,
      slots: state.optimizer.slots.map((_, k) => state.memory.read(k * n, n, "f32") as Float32Array),
    };
  }

  /** Training steps taken since `compile`. */
  get iterations(): number {
    return this.#optimizer?.iterations ?? 0;
  }

  /** Puts back what `optimizerState` gave, so that training goes on where it stopped. */
  async restoreOptimizer(saved: { iterations: number; slots: readonly Float32Array[] }): Promise<void> {
    const { optimizer } = this.#needCompiled("restoreOptimizer");
    const state = this.#optimizerState(await this.#ready(), optimizer);
    state.iterations = saved.iterations;
    for (const [k, slot] of saved.slots.entries()) state.memory.write(k * this.weightStore.trainableWords, slot);
  }

  /** What a step moves weights by now. Setting it ends a schedule. */
  get learningRate(): number {
    const { optimizer } = this.#needCompiled("learningRate");
    return rateOf(optimizer)(this.#optimizer?.iterations ?? 0);
  }
  set learningRate(rate: number) {
    const { optimizer } = this.#needCompiled("learningRate");
    if (!(Number.isFinite(rate) && rate >= 0))
      throw new DataError(problem("learningRate", "a number of 0 or more", String(rate)));
    optimizer.learningRate = rate;
  }

  /** Weights, optimizer state and steps taken, as bytes: training goes on from them bit for bit. */
  snapshot(): Uint8Array {
    const state = this.optimizerState;
    const weights = this.getWeights().map((w) => Float32Array.from(w.data));
    return encodeSnapshot({ iterations: state?.iterations ?? 0, arrays: [...weights, ...(state?.slots ?? [])] });
  }

  /** Puts back what `snapshot` gave, into a model of the same layers. Throws FormatError for bytes of another. */
  async restore(bytes: Uint8Array): Promise<void> {
    const { iterations, arrays } = decodeSnapshot(bytes);
    const places = this.weightStore.inOrder;
    const slots = arrays.slice(places.length);
    const n = this.weightStore.trainableWords;
    const fits =
      places.every((p, k) => arrays[k]?.length === sizeOf(p.shape)) &&
      slots.every((slot) => slot.length === n) &&
      (slots.length === 0 || slots.length === this.compiled?.optimizer.slots.length);
    if (!fits) {
      const next = "Make the model with the same layers and optimizer, then restore.";
      throw new FormatError(problem("restore", `a snapshot of ${this.label}`, "one of another model", next));
    }
    this.setWeights(places.map((p, k) => new NdArray(arrays[k], p.shape)));
    if (this.compiled) await this.restoreOptimizer({ iterations, slots });
  }

  /** The number of rows every batch must have, because stateful layers keep a state for each; null where any will do. */
  get fixedBatch(): number | null {
    return this.inputs?.[0].shape[0] ?? null;
  }

  /** What step programs need of this model. */
  protected get network(): Network {
    return networkOf(this.weightStore, (inputs, context) => this.forwardAll(inputs, context));
  }

  #inputs(who: string, x: Arrays): NdArray[] {
    if (x === undefined || x === null)
      throw new DataError(problem(who, "an array x", String(x), "Give a nested array, a typed array or an NdArray."));
    const one = x instanceof NdArray || ArrayBuffer.isView(x) || Array.isArray(x);
    if (one && (x instanceof NdArray ? x.shape[0] : (x as readonly unknown[]).length) === 0)
      throw new DataError(
        problem(`${who}: x`, "at least one row", "none", "Look where the rows were lost: a filter, an empty file."),
      );
    if (!this.built) this.#build(x);
    return inputRows(who, x, this.inputs!);
  }

  /** Builds a model that was given no shape from its first data. */
  #build(x: Arrays): void {
    this.build([null, ...(x instanceof NdArray ? x.shape : shapeOf(x as ArrayLike)).slice(1)]);
  }

  #batchRows(who: string, batch: Batch, classWeight?: FitOptions["classWeight"]): Rows {
    const [x, y, sampleWeight] = batchArrays(who, batch);
    const rows = this.#rows(who, x, y, { sampleWeight, classWeight });
    this.#batchSize(who, rows.count, rows.count);
    return rows;
  }

  #validation([x, y, sampleWeight]: ValidationArrays): Rows {
    return this.#rows("fit: validationData", x, y, { sampleWeight });
  }

  #rows(who: string, x: Arrays, y: Arrays, options: Pick<FitOptions, "sampleWeight" | "classWeight">): Rows {
    if (y === undefined || y === null)
      throw new DataError(
        problem(who, "targets y", String(y), "Training and evaluation compare with targets: give them after x."),
      );
    const inputs = this.#inputs(who, x);
    const { judgements } = this.#needCompiled(who);
    return trainingRows(who, inputs, y, options, { inputs: this.inputs!, outputs: this.outputs!, judgements });
  }

  #split(all: Rows, split: number, given: ValidationArrays | undefined): { train: Rows; validation: Rows | null } {
    if (given) return { train: all, validation: this.#validation(given) };
    if (split === 0) return { train: all, validation: null };
    const at = Math.floor(all.count * (1 - split));
    if (!(split > 0 && split < 1) || at === 0 || at === all.count) {
      throw new DataError(
        problem(
          "fit",
          "a validationSplit that leaves rows on both sides",
          `${split} of ${all.count} rows`,
          "Set less aside, 0.2 for one, or give more rows.",
        ),
      );
    }
    return { train: sliceRows(all, 0, at), validation: sliceRows(all, at, all.count) };
  }

  /** The batch size asked for, or 32; a stateful model has one of its own. */
  #batchSize(who: string, asked: number | undefined, rows: number): number {
    const fixed = this.fixedBatch;
    const size = asked ?? fixed ?? 32;
    if (!(Number.isInteger(size) && size > 0))
      throw new DataError(
        problem(who, "batchSize as a whole number above 0", String(asked), "32 is a good beginning."),
      );
    if (fixed === null) return size;
    if (size !== fixed || rows % fixed !== 0) {
      const next = "A stateful model keeps one state for each row of its batch: give whole batches of that size.";
      throw new DataError(problem(who, `batches of ${fixed} rows`, `batchSize ${size}, ${rows} rows`, next));
    }
    return size;
  }

  async #onBatch(who: string, x: Arrays, y: Arrays, options: BatchOptions, train: boolean) {
    const compiled = this.#needCompiled(who);
    const rows = this.#rows(who, x, y, options);
    this.#batchSize(who, rows.count, rows.count);
    const { backend, weights, kind } = await this.#prepared(compiled);
    const optimizer = this.#optimizerState(backend, compiled.optimizer);
    this.#batches ??= new BatchSessions(backend, fusedOps(), this.network, kind);
    const session = this.#batches.of(rows, train, { weights, optimizer: optimizer.memory });
    session.reset();
    const steps = await session.run(everyRow(rows.count), optimizer.iterations, this.seed, rateOf(compiled.optimizer));
    if (train) optimizer.iterations += steps;
    this.weightStore.changed();
    return session.logs();
  }

  async #predict(inputs: readonly NdArray[]): Promise<NdArray[]> {
    const backend = await this.#ready();
    const weights = this.weightStore.attach(backend);
    const key = inputs.map((a) => String(a.shape)).join(";");
    let session = this.#predictors.get(key);
    if (!session) {
      if (this.#predictors.size >= 8) this.#releasePredictors();
      session = new PredictSession(backend, fusedOps(), this.network, inputs, weights);
      this.#predictors.set(key, session);
    }
    const outputs = await session.run(inputs, this.seed);
    if (this.fixedBatch !== null) this.weightStore.changed(); // carried states
    return outputs;
  }

  #predicted(outputs: NdArray[]): Predicted<Out> {
    return (this.severalOutputs ? outputs : outputs[0]) as Predicted<Out>;
  }

  async #prepared(compiled: Compiled) {
    const backend = await this.#ready();
    const weights = this.weightStore.attach(backend);
    const judgements = sizedJudgements(compiled.judgements, this.outputs!);
    const judge: StepKind = { judgements, outputNames: this.outputNames };
    return { backend, weights, kind: { judge, train: { ...judge, optimizer: compiled.optimizer } } };
  }

  #release(): void {
    this.#releasePredictors();
    this.#batches?.free();
    this.#batches = null;
  }

  #releasePredictors(): void {
    for (const session of this.#predictors.values()) session.free();
    this.#predictors.clear();
  }

  async #ready(): Promise<Backend> {
    const options = this.compiled?.options;
    this.#backend ??= await chooseBackend(options?.backend, { checkNumbers: options?.checkNumbers });
    return this.#backend;
  }

  #optimizerState(backend: Backend, optimizer: Optimizer): OptimizerState {
    this.#optimizer ??= newOptimizerState(backend, optimizer, this.weightStore.trainableWords);
    return this.#optimizer;
  }

  #needCompiled(who: string): Compiled {
    if (this.compiled) return this.compiled;
    throw new DataError(
      problem(who, "a compiled model", "one that is not", 'First: model.compile({ optimizer: "adam", loss: ... }).'),
    );
  }

  /** A callback that may use the model: nothing else runs while it does. */
  #atRest(callback: Callback): Callback {
    const quiet = new Map<string, (...given: unknown[]) => Promise<unknown>>();
    const resting =
      (hook: (...given: unknown[]) => unknown) =>
      async (...given: unknown[]) => {
        this.#busy = false;
        try {
          return await hook.apply(callback, given);
        } finally {
          this.#busy = true;
        }
      };
    return new Proxy(callback, {
      get: (target, name: string) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== "function" || !name.startsWith("on")) return value;
        if (!quiet.has(name)) quiet.set(name, resting(value as never));
        return quiet.get(name);
      },
    });
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
