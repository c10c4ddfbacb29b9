/// <reference lib="esnext.disposable" preserve="true" />
import type { Backend } from "../backends/backend.ts";
import { type BackendName, chooseBackend, fusedOps, withRoom } from "../backends/choose.ts";
import { CellstateError, DataError, FormatError, problem, ShapeError } from "../errors.ts";
import {
  type AnyLayer,
  type ConfigValue,
  Layer,
  type MaskRules,
  maskRules,
  type SymbolicTensor,
  type Weight,
} from "../layers/index.ts";
import { oneOf } from "../layers/options.ts";
import { keepIn } from "../layers/weights/weight-store.ts";
import { cast } from "../ops/elementwise.ts";
import { type ArrayLike, NdArray } from "../tensor/nd-array.ts";
import { type DType, type PartialShape, sizeOf } from "../tensor/shape.ts";
import { type BatchStream, isBatchStream } from "../train/batches.ts";
import { abortable, breatheWhenDue } from "../train/breathe.ts";
import type { Logs } from "../train/callbacks.ts";
import type { History } from "../train/history.ts";
import { onNaNField } from "../train/no-number.ts";
import { type Optimizer, optimizerOf, optimizerSize } from "../train/optimizers.ts";
import { checkNames, readOptions } from "../train/options.ts";
import type { Network } from "../train/step.ts";
import { BatchSessions } from "./batch-sessions.ts";
import { type Compiled, type CompileOptions, judgementsOf, sizedJudgements } from "./compiled.ts";
import { newOptimizerState, type OptimizerState, PredictSession, type Rows, type StepKind } from "./engine.ts";
import { type Graph, graphOf } from "./graph.ts";
import { batchSizeFor, compiledOf, inputsFor, rowsFor } from "./model-data.ts";
import {
  type Batch,
  type BatchOptions,
  type EvaluateOptions,
  type FitOptions,
  type ModelOptions,
  optionNames,
  type PredictOptions,
  type TrainBatchOptions,
} from "./model-options.ts";
import { networkOf } from "./network.ts";
import { type Pace, paceOf } from "./pace.ts";
import { isCarried, Parameters } from "./parameters.ts";
import { PredictSessions } from "./predict-sessions.ts";
import type { Arrays, InputPlace, OutputPlace } from "./rows.ts";
import { everyRow, joined, rateOf } from "./run.ts";
import { SingleSteps } from "./single-steps.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";
import type { StepReport } from "./step-report.ts";
import { type SummaryOptions, summaryOf } from "./summary.ts";
import { trainedModel } from "./trained-model.ts";
import { evaluateModel, fitRows, fitStream, type Inside } from "./training.ts";
import { type Manner, Turns } from "./turns.ts";

/** What predictions look like: one array, or one for each output of a model with several. */
export type Predicted<Out> = Out extends readonly unknown[] ? { [K in keyof Out]: NdArray } : NdArray;

/** What `using` calls; older browsers have no name for it. */
const disposal: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

const predicting = { queues: true, changes: "states" } as const;

/** Any model, of one output or several. */
export type AnyModel = Model<SymbolicTensor | SymbolicTensor[]>;
/** @deprecated Its name until 0.1; now `AnyModel`. */
export type Models = AnyModel;

/** What writes models to files: formats/ is one. */
export interface ModelWriter {
  saveModel(model: AnyModel, path: string | URL, assets?: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

let modelWriter = async (): Promise<ModelWriter> => {
  throw new CellstateError(problem("save", "a program that imports cellstate", "one that imports a part of it"));
};

/** Says who writes models to files, loaded when a model is saved. `index.ts` says so once: models do not know of formats. */
export function useModelWriter(load: () => Promise<ModelWriter>): void {
  modelWriter = load;
}

/** What sequential and functional models share: compile, fit, evaluate, predict, summary, weights. A model is a layer too. */
export abstract class Model<Out extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor> extends Layer<Out> {
  abstract readonly layers: readonly AnyLayer[];
  readonly seed: number;
  /** Whose rules say where masks go. */
  readonly masks: MaskRules;
  /** A picture in words of the last training step: instructions, memory, time to trace. Set by `fit`. */
  step: StepReport | null = null;
  compiled: Compiled | null = null;
  /** Why a loaded model is not compiled although its file says how: the part of it that this version lacks. Null otherwise. */
  notCompiled: string | null = null;
  /** Files saved beside the model and found again in it: a tokenizer, labels, a scaler. By path. */
  readonly assets = new Map<string, Uint8Array>();
  /** Batches predicted: each draws anew where a layer draws at prediction. */
  #batchesPredicted = 0;
  #parameters: Parameters | null = null;
  #backend: Backend | null = null;
  #optimizer: OptimizerState | null = null;
  #batches: BatchSessions | null = null;
  #steps: SingleSteps | null = null;
  readonly #predictors = new PredictSessions();
  readonly #turns = new Turns();
  #disposed = false;

  constructor(options: ModelOptions, defaultName: string) {
    super({ name: options.name, trainable: options.trainable });
    this.name ||= defaultName;
    this.seed = options.seed ?? 1;
    this.masks = oneOf(options.masks ?? "keras-3.15", maskRules, defaultName, "masks");
  }

  override get callNames(): readonly string[] {
    return ["mask"];
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
  override get sublayers(): readonly AnyLayer[] {
    return this.layers;
  }
  get backendName(): BackendName | null {
    return this.#backend?.name ?? null;
  }
  /** Nested models are written with all they hold by formats/. */
  config(): Record<string, ConfigValue> {
    return {};
  }
  /** The layer of a name. Throws DataError where there is none. */
  getLayer(name: string): AnyLayer {
    const found = this.layers.find((layer) => layer.name === name);
    if (found) return found;
    const names = this.layers.map((layer) => layer.name).join(", ");
    throw new DataError(problem(this.label, `a layer named ${names}`, `"${name}"`));
  }

  /**
   * Chooses how to train. Throws DataError for an unknown name, and while the model is busy.
   *
   *   model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
   */
  compile(options: CompileOptions): void {
    this.#inUse();
    this.#turns.idle("compile");
    this.#parameters?.refresh("compile");
    if (options.loss === undefined)
      throw new DataError(problem("compile", "a loss", "none", 'For yes/no answers: loss "binaryCrossentropy".'));
    const optimizer = optimizerOf(options.optimizer ?? "rmsprop");
    this.compiled = { optimizer, judgements: judgementsOf(options, this.outputNames), options };
    this.notCompiled = null;
    this.#optimizer?.memory.free();
    this.#optimizer = null;
    this.#release();
    this.#parameters?.detach();
    this.#backend = null;
    if (!this.#parameters) return;
    // Layers may have been frozen or freed since: trainable weights come first, in another order then.
    this.#parameters = new Parameters(this.ownedWeights(), this.seed, this.#turns);
    this.#parameters.refresh("compile");
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
  fit(x: Arrays | BatchStream<Batch>, y?: Arrays | FitOptions, options: FitOptions = {}): Promise<History> {
    const work = async () => {
      const stream = isBatchStream(x);
      const given = stream ? ((y ?? options) as FitOptions) : options;
      checkNames("fit", given, optionNames.fit);
      const { validationData } = given;
      const read = isBatchStream(validationData)
        ? { ...given, validationData: this.#turns.between(validationData as BatchStream<Batch>) }
        : given;
      return stream
        ? fitStream(this, this.#inside, this.#turns.between(x as BatchStream<Batch>), read)
        : fitRows(this, this.#inside, x as Arrays, y as Arrays, read);
    };
    return this.#turns.alone("fit", work, { changes: "weights" });
  }

  /**
   * Loss and metrics over x, y, or over a stream of batches, by name.
   *
   *   const { loss, accuracy } = await model.evaluate(x, y);
   */
  evaluate(x: Arrays, y: Arrays, options?: EvaluateOptions): Promise<Logs>;
  evaluate(batches: BatchStream<Batch>, options?: EvaluateOptions): Promise<Logs>;
  evaluate(x: Arrays | BatchStream<Batch>, y?: Arrays | EvaluateOptions, given?: EvaluateOptions) {
    const stream = isBatchStream(x);
    const options = ((stream ? (y ?? given) : given) ?? {}) as EvaluateOptions;
    const work = async () => {
      checkNames("evaluate", options, optionNames.evaluate);
      compiledOf(this, "evaluate");
      const data = stream
        ? this.#turns.between(x as BatchStream<Batch>)
        : rowsFor(this, "evaluate", x as Arrays, y as Arrays, options);
      await breatheWhenDue();
      return evaluateModel(this, this.#inside, data, options);
    };
    return this.#asked("evaluate", options.signal, work, { changes: "states" });
  }

  /**
   * One training step on one batch: the loss and metrics of it, by name. For training loops of one's own. Rejects with
   * DataError where the loss is no finite number: the weights are then those from before, and the batch has not counted
   * (`onNaN: "continue"` goes on, as Keras does).
   *
   *   for (const [x, y] of batches) console.log((await model.trainOnBatch(x, y)).loss);
   */
  async trainOnBatch(x: Arrays, y: Arrays, options: TrainBatchOptions = {}): Promise<Logs> {
    const work = () => this.#onBatch("trainOnBatch", x, y, options, true);
    return this.#turns.alone("trainOnBatch", work, { changes: "weights" });
  }

  /** The loss and metrics of one batch, nothing trained. */
  async testOnBatch(x: Arrays, y: Arrays, options: BatchOptions = {}): Promise<Logs> {
    const work = () => this.#onBatch("testOnBatch", x, y, options, false);
    return this.#turns.alone("testOnBatch", work, { changes: "states" });
  }

  /**
   * The model's output for x [N, ...], `batchSize` rows at a time; a list for a model of several outputs. Predictions asked for
   * at once follow one another. Where a backend computes in this thread, a batch is computed in groups of rows, with the same bits,
   * so that the event loop gets its turn. Rejects with the reason of an aborted `signal`.
   *
   *   const p = await model.predict([[[1], [1], [1]]]);   // NdArray [1, 1]
   */
  async predict(x: Arrays, options: PredictOptions = {}): Promise<Predicted<Out>> {
    const work = async () => {
      checkNames("predict", options, optionNames.predict);
      const { signal } = options;
      const inputs = inputsFor(this, "predict", x);
      await breatheWhenDue();
      const rows = inputs[0].shape[0];
      const batch = batchSizeFor(this, "predict", options.batchSize, rows);
      const whole = this.fixedBatch !== null || this.mixesRows;
      let pace = paceOf(await this.#ready(), inputs, this.weightStore, { signal, whole });
      const group = pace?.rowsOf(Math.min(batch, rows));
      if (pace && (await this.#predictor(inputs.map((a) => a.slice(0, group)))).draws) pace = null;
      const parts: NdArray[][] = [];
      for (let from = 0; from < rows; from += batch) {
        const end = Math.min(rows, from + batch);
        for (let at = from, next = at; at < end; at = next) {
          next = Math.min(end, at + (pace?.rowsOf(end - from) ?? batch));
          parts.push(
            await this.#predict(
              inputs.map((a) => a.slice(at, next)),
              pace,
            ),
          );
          await breatheWhenDue();
          signal?.throwIfAborted();
        }
      }
      return this.#predicted(parts[0].map((_, k) => joined(parts.map((part) => part[k]))));
    };
    return this.#asked("predict", options?.signal, work, predicting);
  }

  /** The output for one batch, all rows at once. */
  async predictOnBatch(x: Arrays): Promise<Predicted<Out>> {
    const work = async () => {
      const outputs = this.#predicted(await this.#predict(inputsFor(this, "predictOnBatch", x)));
      await breatheWhenDue(); // a text is written by thousands of these
      return outputs;
    };
    return this.#turns.alone("predictOnBatch", work, predicting);
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

  /**
   * All weights in Keras's order: layer by layer, kernel, recurrent kernel, bias. Carried states are none of them. Throws
   * DataError while the model trains; a callback may read them.
   */
  override getWeights(): NdArray[] {
    const store = this.weightStore;
    return store.learned.map((p) => store.read(p));
  }

  /**
   * Replaces all weights, in the order of `getWeights`. Predictions asked for before still answer with the old ones, those
   * asked for after with the new. Throws ShapeError on the first that does not fit, and DataError while the model trains or is
   * evaluated; then none is replaced.
   */
  override setWeights(values: readonly ArrayLike[]): void {
    const all = this.weightStore.learned;
    if (values.length !== all.length) {
      const next = "getWeights() of a model of the same layers gives them in order.";
      throw new ShapeError(problem("setWeights", `${all.length} arrays`, `${values.length}`, next));
    }
    this.weightStore.writeAll(all, values, "setWeights");
  }

  /** Sets the carried states of stateful layers to zero, in turn as `setWeights`: the next batch starts from zero states. */
  resetStates(): void {
    const states = this.weightStore.list.filter((p) => isCarried(p.weight));
    const zeros = states.map(({ shape }) => new NdArray(new Float32Array(sizeOf(shape)), shape));
    this.weightStore.writeAll(states, zeros, "resetStates");
  }

  /**
   * Gives back at once what the model holds: weights, optimizer state, programs, on the backend and here. Nobody needs it: a
   * model that is dropped is given back in time. Layers that another model has too keep their weights there. Throws DataError
   * while the model is busy; afterwards the model is of no use, and says so.
   *
   *   using model = await loadModel("imdb.keras"); // disposed of where the block ends
   */
  dispose(): void {
    this.#turns.idle("dispose");
    this.#disposed = true;
    this.#release();
    this.#optimizer?.memory.free();
    this.#optimizer = null;
    this.#parameters?.dispose();
    this.#parameters = null;
    this.#backend = null;
  }

  [disposal](): void {
    this.dispose();
  }

  /** How many numbers the model has learned or will learn. */
  countParams(): number {
    return this.weightStore.learned.reduce((n, p) => n + sizeOf(p.shape), 0);
  }

  /**
   * Writes the model in the format its path's ending names: `.keras` (all there is: architecture, weights, compile and
   * optimizer state, assets), `.h5`, `.weights.h5`, `.safetensors`, `.json` (tfjs), `.onnx`. The write is atomic. A `file:` URL
   * is taken for the path it means. It waits for predictions under way, and rejects with DataError while the model trains or
   * is evaluated.
   */
  async save(path: string | URL, options: { assets?: Map<string, Uint8Array> } = {}): Promise<void> {
    const work = async () => (await modelWriter()).saveModel(this, path, options.assets);
    return this.#turns.alone("save", work, { queues: true });
  }

  /**
   * What `loadWeights` does, in turn: predictions asked for before it answer with the old weights, those after it with the new.
   * `read` may take its time; what it gives writes the weights, all or, where it throws, none.
   */
  async readWeights(who: string, read: () => Promise<() => void>): Promise<void> {
    const work = async () => {
      const fill = await read();
      this.weightStore.writeTogether(fill);
    };
    return this.#turns.alone(who, work, { queues: true });
  }

  /** Says to the layers, once they are built, that this model has their numbers. */
  protected keepWeights(): void {
    const at = (weight: Weight) => this.weightStore.placeOf(weight);
    const read = (weight: Weight, who: string) => this.weightStore.read(at(weight), who);
    const write = (weights: readonly Weight[], values: readonly ArrayLike[], who: string) =>
      this.weightStore.writeAll(weights.map(at), values, who);
    keepIn(
      { read, write },
      this.ownedWeights().map(({ weight }) => weight),
    );
  }

  /** The parameters, made when first asked for; throws before the model is built. */
  get weightStore(): Parameters {
    this.#inUse();
    if (!this.built) {
      const next = "Begin it with input(shape), call model.build([null, ...]), or fit it.";
      throw new DataError(problem(this.label, "a built model", "one without weights yet", next));
    }
    this.#parameters ??= new Parameters(this.ownedWeights(), this.seed, this.#turns);
    return this.#parameters;
  }

  /**
   * Optimizer state on the host: one vector per slot over the trainable region, and the iterations; null before training.
   * Throws DataError while the model trains.
   */
  get optimizerState(): { iterations: number; slots: Float32Array[] } | null {
    this.#turns.reading("optimizerState");
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

  /** Puts back what `optimizerState` gave, so that training goes on where it stopped. Rejects with DataError while the model trains. */
  async restoreOptimizer(saved: { iterations: number; slots: readonly Float32Array[] }): Promise<void> {
    const work = async () => {
      const { optimizer } = compiledOf(this, "restoreOptimizer");
      const backend = await this.#ready();
      const state = await withRoom(backend, () => this.#optimizerState(backend, optimizer));
      state.iterations = saved.iterations;
      this.weightStore.writes++;
      for (const [k, slot] of saved.slots.entries()) state.memory.write(k * this.weightStore.trainableWords, slot);
    };
    return this.#turns.alone("restoreOptimizer", work, { queues: true });
  }

  /** What a step moves weights by now. Setting it ends a schedule; in a training, the next steps that are sent off have it. */
  get learningRate(): number {
    const { optimizer } = compiledOf(this, "learningRate");
    return rateOf(optimizer)(this.#optimizer?.iterations ?? 0);
  }
  set learningRate(rate: number) {
    const { optimizer } = compiledOf(this, "learningRate");
    if (!(Number.isFinite(rate) && rate >= 0))
      throw new DataError(problem("learningRate", "a number of 0 or more", String(rate)));
    optimizer.learningRate = rate;
  }

  /** Weights, optimizer state and steps taken, as bytes: training goes on from them bit for bit. Throws DataError while the model trains. */
  snapshot(): Uint8Array {
    const state = this.optimizerState;
    const store = this.weightStore;
    const weights = store.inOrder.map((p) => Float32Array.from(store.read(p, "snapshot").data)); // carried states too
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
    const weights = places.map((p, k) => new NdArray(arrays[k], p.shape));
    this.weightStore.writeAll(places, weights, "restore");
    if (this.compiled) await this.restoreOptimizer({ iterations, slots });
  }

  /** The number of rows every batch must have, because stateful layers keep a state for each; null where any will do. */
  get fixedBatch(): number | null {
    return this.inputs?.[0].shape[0] ?? null;
  }

  /** What step programs need of this model. */
  protected get network(): Network {
    const { masks } = this;
    return networkOf(this.weightStore, (inputs, context) =>
      this.forwardAll(inputs, { ...context, masks }).map((y) => cast(y, "f32")),
    );
  }

  async #onBatch(who: string, x: Arrays, y: Arrays, options: TrainBatchOptions, train: boolean) {
    checkNames(who, options, train ? optionNames.trainBatch : optionNames.batch);
    const { onNaN } = readOptions(who, { onNaN: options.onNaN }, { onNaN: onNaNField });
    const compiled = compiledOf(this, who);
    const rows = rowsFor(this, who, x, y, options);
    batchSizeFor(this, who, rows.count, rows.count);
    const { backend, weights, network, kind, optimizer } = await this.#inside.ready();
    const state = await withRoom(backend, optimizer);
    this.#batches ??= new BatchSessions(backend, fusedOps(), network, kind);
    const batches = this.#batches;
    const run = async (batch: Rows) => {
      const session = await withRoom(backend, () => batches.of(batch, train, { weights, optimizer: state.memory }));
      session.reset();
      const steps = await session.run(everyRow(batch.count), state.iterations, this.seed, rateOf(compiled.optimizer));
      if (train) state.iterations += steps;
      if (train) this.weightStore.changed();
      else this.weightStore.carried();
    };
    if (!train) await run(rows);
    else {
      const sums = { loss: () => batches.loss(), reset: () => batches.reset() };
      this.#steps ??= new SingleSteps(
        compiled.optimizer,
        this.weightStore,
        { weights, state },
        { train: run, ...sums },
      );
      await this.#steps.take(who, rows, onNaN);
    }
    return batches.logs();
  }

  async #predict(inputs: readonly NdArray[], pace: Pace | null = null): Promise<NdArray[]> {
    const session = await this.#predictor(inputs);
    const step = this.#batchesPredicted++;
    const run = () => session.run(inputs, this.seed, step);
    const outputs = await (pace ? pace.group(inputs[0].shape[0], run) : run());
    this.weightStore.carried();
    return outputs;
  }

  /** The program for inputs of these shapes. */
  async #predictor(inputs: readonly NdArray[]): Promise<PredictSession> {
    const backend = await this.#ready();
    const attach = () => this.weightStore.attach(backend, "predict");
    const weights = this.weightStore.attached ? attach() : await withRoom(backend, attach);
    const make = () => new PredictSession(backend, fusedOps(), this.network, inputs, weights);
    return this.#predictors.find(inputs) ?? this.#predictors.keep(inputs, await withRoom(backend, make));
  }

  #predicted(outputs: NdArray[]): Predicted<Out> {
    return (this.severalOutputs ? outputs : outputs[0]) as Predicted<Out>;
  }

  /** What training sees of this model from inside. */
  get #inside(): Inside {
    return {
      ready: async () => {
        const compiled = compiledOf(this, "fit");
        const backend = await this.#ready();
        const weights = await withRoom(backend, () => this.weightStore.attach(backend, "fit"));
        const judgements = sizedJudgements(compiled.judgements, this.outputs!);
        const judge: StepKind = { judgements, outputNames: this.outputNames };
        return {
          backend,
          weights,
          network: this.network,
          kind: { judge, train: { ...judge, optimizer: compiled.optimizer } },
          optimizer: () => this.#optimizerState(backend, compiled.optimizer),
        };
      },
      seen: trainedModel(this),
      atRest: (callback) => this.#turns.atRest(callback),
    };
  }

  #inUse(): void {
    if (!this.#disposed) return;
    const next = "Make or load it again; save() keeps what it has learned.";
    throw new DataError(
      problem(this.label, "a model in use", "one given back by dispose()", next).as("CELLSTATE_DISPOSED"),
    );
  }

  #release(): void {
    this.#predictors.free();
    this.#batches?.free();
    this.#batches = null;
    this.#steps = null;
  }

  /** Work in its turn, of which a signal can take it. */
  #asked<T>(who: string, signal: AbortSignal | undefined, work: () => Promise<T>, manner: Manner): Promise<T> {
    const begin = (begun: () => void) => async () => {
      begun();
      signal?.throwIfAborted();
      return work();
    };
    return abortable(signal, (begun) => this.#turns.alone(who, begin(begun), manner));
  }

  async #ready(): Promise<Backend> {
    this.#inUse();
    const options = this.compiled?.options;
    this.#backend ??= await chooseBackend(options?.backend, { checkNumbers: options?.checkNumbers });
    return this.#backend;
  }

  #optimizerState(backend: Backend, optimizer: Optimizer): OptimizerState {
    this.#optimizer ??= newOptimizerState(backend, optimizer, this.weightStore.trainableWords);
    return this.#optimizer;
  }
}
