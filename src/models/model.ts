/// <reference lib="esnext.disposable" preserve="true" />
import type { BackendName } from "../backends/choose.ts";
import { DataError, problem, ShapeError } from "../errors.ts";
import {
  type AnyLayer,
  type ConfigValue,
  Layer,
  type MaskRules,
  maskRules,
  type SymbolicTensor,
  type Weight,
} from "../layers/index.ts";
import { roundedLayers, runLayer, setComputing } from "../layers/layer.ts";
import { oneOf } from "../layers/options.ts";
import { keepIn } from "../layers/weights/weight-store.ts";
import { cast } from "../ops/elementwise.ts";
import { type ArrayLike, NdArray } from "../tensor/nd-array.ts";
import { type DType, type PartialShape, sizeOf } from "../tensor/shape.ts";
import type { Logs } from "../train/callbacks/index.ts";
import { type Compiled, type CompileOptions, computingOf, objectivesOf } from "../train/compiled.ts";
import { type BatchStream, isBatchStream } from "../train/fit/batches.ts";
import { abortable, breatheWhenDue } from "../train/fit/breathe.ts";
import { evaluate } from "../train/fit/evaluate.ts";
import { fit } from "../train/fit/fit.ts";
import {
  type Batch,
  type BatchOptions,
  type EvaluateOptions,
  type FitOptions,
  type ModelOptions,
  optionNames,
  type PredictOptions,
  type TrainBatchOptions,
} from "../train/fit/fit-options.ts";
import type { History } from "../train/fit/history.ts";
import type { Answer, Inspections, Question } from "../train/fit/inspection.ts";
import { compiledOf, rowsFor } from "../train/fit/rows.ts";
import { Runtime } from "../train/fit/runtime.ts";
import { rateOf } from "../train/fit/session.ts";
import type { Network } from "../train/fit/step.ts";
import type { StepReport } from "../train/fit/step-report.ts";
import type { Arrays, InputPlace, OutputPlace, TrainableModel } from "../train/fit/trainable-model.ts";
import { networkOf } from "../train/network.ts";
import { optimizerOf } from "../train/optimizers/named.ts";
import { checkNames } from "../train/options.ts";
import { isCarried, Parameters } from "../train/parameters.ts";
import { type Manner, Turns } from "../train/turns.ts";
import { adviseCalls } from "./elsewhere.ts";
import { type Graph, graphOf } from "./graph.ts";
import { Predictor } from "./predictor.ts";
import { encodeSnapshot, weightsIn } from "./snapshot.ts";
import { type SummaryOptions, summaryOf } from "./summary.ts";
import { modelWriter, type SaveOptions } from "./writer.ts";

/** Predictions: one array, or one for each output of a model with several. */
export type Predicted<Out> = Out extends readonly unknown[] ? { [K in keyof Out]: NdArray } : NdArray;

/** The method that `using` calls; older browsers lack the symbol. */
const disposal: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

const predicting = { queues: true, changes: "states" } as const;

/** Any model, of one output or several. */
export type AnyModel = Model<SymbolicTensor | SymbolicTensor[]>;
/** @deprecated Its name until 0.1; now `AnyModel`. */
export type Models = AnyModel;

/** Any model: compile, fit, evaluate, predict, summary, weights. A model is a layer too. */
export abstract class Model<Out extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor>
  extends Layer<Out>
  implements TrainableModel
{
  /** The layers, in the order of their weights in files. */
  abstract readonly layers: readonly AnyLayer[];
  /** The seed of weights, order and dropout. */
  readonly seed: number;
  /** Whose rules say where masks go. */
  readonly masks: MaskRules;
  /** A picture in words of the last training step: instructions, memory, time to trace. Set by `fit`. */
  step: StepReport | null = null;
  /** Optimizer, losses and metrics, once the model is compiled; null before. */
  compiled: Compiled | null = null;
  /** The reason a loaded model is not compiled: the part of its file's compile options that this version lacks. Null otherwise. */
  notCompiled: string | null = null;
  /** Files saved beside the model and found again in it: a tokenizer, labels, a scaler. By path. */
  readonly assets = new Map<string, Uint8Array>();
  #parameters: Parameters | null = null;
  #rounded = 0;
  readonly #turns = new Turns();
  readonly #runtime = new Runtime(this, this.#turns, () => this.network);
  readonly #predictor = new Predictor(this.#runtime);
  #inspections: Inspections | null = null;
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

  /** One place for each input; null until shapes are known. */
  abstract readonly inputs: readonly InputPlace[] | null;
  /** One place for each output; null until shapes are known. */
  abstract readonly outputs: readonly OutputPlace[] | null;
  /** Names of the outputs, known before their shapes. */
  abstract readonly outputNames: readonly string[];
  /** Names of the outputs in logs: as in Keras, two outputs of one layer share its name. */
  get logNames(): readonly string[] {
    return this.outputNames;
  }
  /** Whether `predict` returns a list. */
  abstract readonly severalOutputs: boolean;

  /** The shape of one batch of the first input, the batch null; null until it is known. */
  get inputShape(): PartialShape | null {
    return this.inputs?.[0].shape ?? null;
  }
  /** The shape of one batch of the first output, the batch null; null until it is known. */
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
  /** The backend that computes; null before the first computation. */
  get backendName(): BackendName | null {
    return this.#runtime.chosen?.name ?? null;
  }
  /** The backend for a model that is not compiled; `compile` may name another. For readers of files: before the first computation. */
  computeOn(backend: BackendName): void {
    this.#runtime.asked = backend;
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
    this.compiled = { optimizer, objectives: objectivesOf(options, this.outputNames), options };
    setComputing(this, computingOf(options));
    this.notCompiled = null;
    this.#release();
    // Layers may have been frozen or freed since: trainable weights come first, in another order then.
    if (this.#parameters) this.#replaceParameters();
  }

  #replaceParameters(): void {
    this.#parameters?.detach();
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
    const stream = isBatchStream(x);
    const given = stream ? ((y ?? options) as FitOptions) : options;
    const between = <B>(data: B) =>
      isBatchStream(data) ? this.#turns.between(data as BatchStream<Batch>) : (data as Exclude<B, BatchStream<Batch>>);
    const work = async () => {
      checkNames("fit", given, optionNames.fit);
      if (roundedLayers(this)) (await modelWriter()).refuseTraining("fit");
      const read = { ...given, validationData: between(given.validationData) };
      return fit(this.#runtime, between(x), y as Arrays, read);
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
      return evaluate(this.#runtime, data, options);
    };
    return this.#asked("evaluate", options.signal, work, { changes: "states" });
  }

  /**
   * One training step on one batch: the loss and metrics of it, by name. For training loops of your own. Rejects with
   * DataError where the loss is no finite number: the weights are then those from before, and the batch has not counted
   * (`onNaN: "continue"` continues, as Keras does).
   *
   *   for (const [x, y] of batches) console.log((await model.trainOnBatch(x, y)).loss);
   */
  async trainOnBatch(x: Arrays, y: Arrays, options: TrainBatchOptions = {}): Promise<Logs> {
    const work = async () => {
      checkNames("trainOnBatch", options, optionNames.trainBatch);
      if (roundedLayers(this)) (await modelWriter()).refuseTraining("trainOnBatch");
      return this.#runtime.onBatch("trainOnBatch", x, y, options, true);
    };
    return this.#turns.alone("trainOnBatch", work, { changes: "weights" });
  }

  /** The loss and metrics of one batch, nothing trained. */
  async testOnBatch(x: Arrays, y: Arrays, options: BatchOptions = {}): Promise<Logs> {
    const work = async () => {
      checkNames("testOnBatch", options, optionNames.batch);
      return this.#runtime.onBatch("testOnBatch", x, y, options, false);
    };
    return this.#turns.alone("testOnBatch", work, { changes: "states" });
  }

  /**
   * The model's output for x [N, ...], `batchSize` rows at a time; a list for a model of several outputs. Predictions called
   * at once follow one another. Where a backend computes in this thread, a batch is computed in groups of rows, with the same bits,
   * so that the event loop gets its turn. Rejects with the reason of an aborted `signal`.
   *
   *   const p = await model.predict([[[1], [1], [1]]]);   // NdArray [1, 1]
   */
  async predict(x: Arrays, options: PredictOptions = {}): Promise<Predicted<Out>> {
    const work = async () => {
      checkNames("predict", options, optionNames.predict);
      return this.#predicted(await this.#predictor.predict(x, options));
    };
    return this.#asked("predict", options?.signal, work, predicting);
  }

  /** The answers to a question of `cellstate/explain` about one batch, in turn as a prediction; nothing is changed. */
  async inspect<About>(who: string, inputs: readonly NdArray[], question: Question<About>): Promise<Answer<About>> {
    const work = async () => {
      this.#inspections ??= new (await import("../train/fit/inspection.ts")).Inspections();
      return this.#inspections.ask(this.#runtime, inputs, question);
    };
    return this.#turns.alone(who, work, { queues: true });
  }

  /** The output for one batch, all rows at once. */
  async predictOnBatch(x: Arrays): Promise<Predicted<Out>> {
    const work = async () => this.#predicted(await this.#predictor.onBatch(x));
    return this.#turns.alone("predictOnBatch", work, predicting);
  }

  /**
   * Rounds weights to 8 bits, as Keras's `quantize`: those of dense layers unit by unit, of embeddings vector by vector, and of lstm, gru
   * and simpleRnn column by column; what they are multiplied with is rounded row by row while it is computed, so that a row's result does not
   * depend on its batch. The model then predicts and evaluates, and is saved as `.keras` or `.onnx`; it cannot be trained further. Rejects with
   * DataError while the model is busy, and where no layer can be quantized.
   *
   *   await model.quantize("int8");
   */
  async quantize(mode: "int8" = "int8"): Promise<void> {
    const work = async () => {
      const fill = (await modelWriter()).quantizeLayers(this, mode);
      this.keepWeights();
      this.weightStore.writeTogether(() => fill(this.weightStore));
    };
    this.#turns.idle("quantize");
    return this.#turns.alone("quantize", work, { queues: true });
  }

  /** Prints the table of layers, shapes and parameters, and returns it. */
  summary(options: SummaryOptions = {}): string {
    const trained = () => this.weightStore.list.slice(0, this.weightStore.trainableCount).map((p) => p.shape);
    const text = summaryOf(this, this.#runtime.optimizerSize(trained), options);
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
   * Replaces all weights, in the order of `getWeights`. Predictions called before still use the old ones, those
   * called after it the new. Throws ShapeError on the first that does not fit, and DataError while the model trains or is
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
   * Frees at once the memory of the model: weights, optimizer state, programs, on the backend and here. Optional: a
   * model that is dropped is given back in time. Layers that another model has too keep their weights there. Throws DataError
   * while the model is busy; afterwards the model is of no use, and says so.
   *
   *   using model = await loadModel("imdb.keras"); // disposed of where the block ends
   */
  dispose(): void {
    this.#turns.idle("dispose");
    this.#disposed = true;
    this.#release();
    this.#parameters?.dispose();
    this.#parameters = null;
  }

  [disposal](): void {
    this.dispose();
  }

  /** Total number of weights, trainable or not. */
  countParams(): number {
    return this.weightStore.learned.reduce((n, p) => n + sizeOf(p.shape), 0);
  }

  /**
   * Writes the model in the format its path's ending names: `.keras` (all there is: architecture, weights, compile and
   * optimizer state, assets), `.h5`, `.weights.h5`, `.safetensors`, `.json` (tfjs), `.onnx`. The write is atomic. A `file:` URL
   * is taken for the path it means. With `includeOptimizer: false` compile options and optimizer state are left out. It waits for predictions under way, and rejects with DataError while the model trains or
   * is evaluated.
   */
  async save(path: string | URL, options: SaveOptions = {}): Promise<void> {
    const work = async () => (await modelWriter()).saveModel(this, path, options);
    return this.#turns.alone("save", work, { queues: true });
  }

  /**
   * Loads weights in turn, for `loadWeights`: predictions called before it use the old weights, those after it with the new.
   * `read` may take its time; the function it returns writes the weights, all or, where it throws, none.
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

  /** The parameters, made at first use; throws before the model is built. */
  get weightStore(): Parameters {
    this.#inUse();
    if (!this.built) {
      const next = "Begin it with input(shape), call model.build([null, ...]), or fit it.";
      throw new DataError(problem(this.label, "a built model", "one without weights yet", next));
    }
    const rounded = roundedLayers(this);
    if (this.#parameters && this.#rounded !== rounded) {
      this.#release(); // this model was quantized, or another that shares layers
      this.#replaceParameters();
    }
    this.#rounded = rounded;
    this.#parameters ??= new Parameters(this.ownedWeights(), this.seed, this.#turns);
    return this.#parameters;
  }

  /**
   * Optimizer state on the host: one vector per slot over the trainable region, and the iterations; null before training.
   * Throws DataError while the model trains.
   */
  get optimizerState(): { iterations: number; slots: Float32Array[] } | null {
    this.#turns.reading("optimizerState");
    return this.#runtime.readOptimizer();
  }

  /** Training steps taken since `compile`. */
  get iterations(): number {
    return this.#runtime.iterations;
  }

  /**
   * Restores the result of `optimizerState`, so that training continues where it stopped. Rejects with DataError while the
   * model trains.
   */
  async restoreOptimizer(saved: { iterations: number; slots: readonly Float32Array[] }): Promise<void> {
    return this.#turns.alone("restoreOptimizer", () => this.#runtime.writeOptimizer(saved), { queues: true });
  }

  /** The current learning rate. Setting it ends a schedule; in a training, the next steps that are sent off have it. */
  get learningRate(): number {
    const { optimizer } = compiledOf(this, "learningRate");
    return rateOf(optimizer)(this.iterations);
  }
  set learningRate(rate: number) {
    const { optimizer } = compiledOf(this, "learningRate");
    if (!(Number.isFinite(rate) && rate >= 0))
      throw new DataError(problem("learningRate", "a number of 0 or more", String(rate)));
    optimizer.learningRate = rate;
  }

  /** Whether the learning rate follows a schedule. */
  get scheduled(): boolean {
    return typeof this.compiled?.optimizer.learningRate === "function";
  }

  /** One name for each array of `getWeights`: `lstm/kernel`. */
  get weightNames(): readonly string[] {
    return this.weightStore.learned.map((p) => `${p.layer.name}/${p.weight.name}`);
  }

  /**
   * Weights, optimizer state and steps taken, as bytes: training continues from them bit for bit. Throws DataError while
   * the model trains.
   */
  snapshot(): Uint8Array {
    const state = this.optimizerState;
    const store = this.weightStore;
    const weights = store.inOrder.map((p) => Float32Array.from(store.read(p, "snapshot").data)); // carried states too
    return encodeSnapshot({ iterations: state?.iterations ?? 0, arrays: [...weights, ...(state?.slots ?? [])] });
  }

  /** Restores the result of `snapshot`, into a model of the same layers. Throws FormatError for bytes of another. */
  async restore(bytes: Uint8Array): Promise<void> {
    const slotCount = this.compiled?.optimizer.slots.length ?? 0;
    const { iterations, slots, write } = weightsIn(bytes, this.weightStore, slotCount, this.label);
    write();
    if (this.compiled) await this.restoreOptimizer({ iterations, slots });
  }

  /** The number of rows every batch must have, because stateful layers keep a state for each; null where any will do. */
  get fixedBatch(): number | null {
    return this.inputs?.[0].shape[0] ?? null;
  }

  /** The parts of this model that step programs need. */
  protected get network(): Network {
    const { masks } = this;
    return networkOf(this.weightStore, (inputs, context) =>
      runLayer(this, inputs, { ...context, masks }).map((y) => cast(y, "f32")),
    );
  }

  #predicted(outputs: NdArray[]): Predicted<Out> {
    return (this.severalOutputs ? outputs : outputs[0]) as Predicted<Out>;
  }

  #inUse(): void {
    if (!this.#disposed) return;
    const next = "Make or load it again; save() keeps what it has learned.";
    throw new DataError(problem(this.label, "a model", "a disposed one", next).as("CELLSTATE_DISPOSED"));
  }

  #release(): void {
    this.#predictor.free();
    this.#inspections?.free();
    this.#runtime.free();
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
}
adviseCalls(Model.prototype);
