import { DataError, problem, ShapeError } from "../errors.ts";
import { dense, type Layer, type Layers } from "../layers/index.ts";
import type { Model } from "../models/model.ts";
import type { Arrays } from "../models/rows.ts";
import { sequential } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { type Callback, earlyStopping } from "../train/callbacks.ts";
import { type ClassificationReport, classificationReport } from "../train/classification-report.ts";
import type { History } from "../train/history.ts";
import { adam, type OptimizerLike } from "../train/optimizers.ts";
import { from0to1, oneOf, orNull, readOptions, wholeFrom } from "../train/options.ts";
import { classWeights, type Label, labelIds, labelsOf, stratifiedSplit } from "./labels.ts";
import { sameRun } from "./same-run.ts";
import { isList, readField, type TaskData } from "./task-file.ts";

/** How a classifier is trained; what is left out follows from the number of rows. */
export interface ClassifierFitOptions {
  /** At most so many passes; early stopping may end before. */
  epochs?: number;
  batchSize?: number;
  /** The share of each class's rows that is kept from training to stop by. 0 under 50 rows, 0.04 of many texts, else 0.1. */
  validation?: number;
  /** Epochs without a smaller validation loss before training ends; the best weights are put back. */
  patience?: number;
  /** `"balanced"` makes every class count alike; or a weight by label. Default: every row counts alike. */
  classWeight?: "balanced" | Readonly<Record<string, number>>;
  /** With `backupAndRestore("backup")` an interrupted training goes on where it was, to the same bits. */
  callbacks?: readonly Callback[];
  /** 0 silent, 1 progress line, 2 one line per epoch. Default 1. */
  verbose?: 0 | 1 | 2;
  signal?: AbortSignal;
  /** Where progress goes; standard output by default. */
  write?: (text: string) => void;
}

/** How a classifier's model is compiled and ends. */
export interface ClassifierOptions {
  /** `"sigmoid"` (default for two classes) ends in one number, `"softmax"` in one for each class. */
  output?: "sigmoid" | "softmax";
  /** Adam with a rate of 0.002 by default; for many texts one that begins at 0.01 and falls to 0 along a cosine. */
  optimizer?: OptimizerLike;
  /** Weights, split, order and dropout follow from it. Default 1. */
  seed?: number;
  /** `js`, `wasm`, `native`; the fastest that loads here by default. */
  backend?: string;
}

export interface Prediction {
  /** The class with the largest probability. */
  readonly label: Label;
  readonly probability: number;
  /** By label. */
  readonly probabilities: Readonly<Record<string, number>>;
}

export interface Evaluation {
  /** Mean cross-entropy, probabilities kept 1e-7 away from 0 and 1, as Keras does. */
  readonly loss: number;
  readonly accuracy: number;
  /** Precision, recall and F1 by class, and the accuracy of always giving the commonest answer. */
  readonly report: ClassificationReport;
}

/** How a task trains when it is not told. */
export interface Defaults {
  epochs: number;
  batchSize: number;
  validation?: number;
  /** For so many training steps in all. */
  optimizer?: (steps: number) => OptimizerLike;
}

/** What a task adds to a classifier: how raw rows become arrays. `Row` is one raw row, `X` a list of them. */
export abstract class Classifier<Row> {
  abstract readonly task: string;
  readonly options: ClassifierOptions;
  #model: Model | null = null;
  #labels: readonly Label[] = [];

  constructor(options: ClassifierOptions) {
    const { output } = options ?? {};
    readOptions("output", { output }, { output: orNull(oneOf(["sigmoid", "softmax"], "sigmoid")) });
    this.options = options;
  }

  /** Raw rows as given, checked. Throws DataError. */
  protected abstract rowsOf(rows: unknown, who: string): Row[];
  /** Learns from the training rows alone what `encode` needs; `given` counts those kept aside too. */
  protected abstract learn(rows: readonly Row[], given: number): void;
  /** Rows as the model reads them: an array for each of its inputs. */
  protected abstract encode(rows: readonly Row[], who: string): Arrays;
  /** Layers from the input up to the last dense layer. */
  protected abstract layers(classes: number): Layers[];
  protected abstract defaults(rows: number): Defaults;

  /** The whole model; a task whose model is no row of layers makes it here. */
  protected network(classes: number, head: Layer, seed: number): Model {
    return sequential([...this.layers(classes), head], { seed });
  }

  /** The model underneath, for all that a task does not do. Throws DataError before `fit`. */
  get model(): Model {
    return this.#model ?? this.#untrained("model");
  }
  /** The classes, in the order of the model's outputs. Empty before `fit`. */
  get labels(): readonly Label[] {
    return this.#labels;
  }

  protected async fitRows(given: unknown, labels: readonly Label[], options: ClassifierFitOptions): Promise<History> {
    const who = `${this.task}.fit`;
    const rows = this.rowsOf(given, who);
    checkLengths(rows.length, labels, who);
    const known = labelsOf(labels, who);
    const ids = labelIds(labels, known, who);
    const usual = this.defaults(rows.length);
    const read = readOptions(who, withoutFree(options), {
      epochs: wholeFrom(1)(usual.epochs),
      batchSize: wholeFrom(1)(usual.batchSize),
      validation: from0to1(usual.validation ?? (rows.length < 50 ? 0 : 0.1)),
      patience: orNull(wholeFrom(0)(0)),
    });
    const { seed = 1, backend } = this.options;
    const split = stratifiedSplit(ids, known.length, read.validation, seed);
    const pick = (list: readonly number[]) => list.map((row) => rows[row]);
    const targets = (list: readonly number[]) => Int32Array.from(list, (row) => ids[row]);
    this.learn(pick(split.training), rows.length);
    const x = this.encode(pick(split.training), who);
    const model = this.#build(known.length, seed);
    const steps = read.epochs * Math.ceil(split.training.length / read.batchSize);
    model.compile({
      optimizer: this.options.optimizer ?? usual.optimizer?.(steps) ?? adam({ learningRate: 0.002 }),
      loss: this.#single(known) ? "binaryCrossentropy" : "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
      backend,
    });
    const validates = split.validation.length > 0;
    const stop = earlyStopping({
      patience: read.patience ?? Math.max(3, Math.round(read.epochs / 10)),
      restoreBestWeights: true,
    });
    const history = await model.fit(x, targets(split.training), {
      epochs: read.epochs,
      batchSize: read.batchSize,
      seed,
      classWeight: options.classWeight && classWeights(options.classWeight, targets(split.training), known, who),
      callbacks: [
        sameRun(who, { ...this.options, ...read, classWeight: options.classWeight }, { rows, labels }),
        validates ? stop : {},
        ...(options.callbacks ?? []),
      ],
      ...(validates
        ? { validationData: [this.encode(pick(split.validation), who), targets(split.validation)] as const }
        : {}),
      verbose: options.verbose,
      signal: options.signal,
      write: options.write,
    });
    this.#model = model;
    this.#labels = known;
    return history;
  }

  protected async evaluateRows(given: unknown, labels: readonly Label[], batchSize?: number): Promise<Evaluation> {
    const who = `${this.task}.evaluate`;
    const rows = this.rowsOf(given, who);
    checkLengths(rows.length, labels, who);
    const chances = await this.#chances(rows, who, batchSize); // [N, classes]
    const ids = labelIds(labels, this.#labels, who);
    const C = this.#labels.length;
    const sum = ids.reduce((total, k, row) => total - Math.log(clipped(chances.data[row * C + k])), 0);
    const report = classificationReport(ids, chances.argmax(), { labels: this.#labels.map(String) });
    return { loss: sum / ids.length, accuracy: report.accuracy, report };
  }

  protected async predictRows(given: unknown, batchSize?: number): Promise<{ rows: Row[]; answers: Prediction[] }> {
    const who = `${this.task}.predict`;
    const rows = this.rowsOf(given, who);
    const chances = await this.#chances(rows, who, batchSize);
    const best = chances.argmax();
    const answers = rows.map((_, i) => {
      const row = chances.row(i).data;
      const probabilities = Object.fromEntries(this.#labels.map((label, k) => [String(label), row[k]]));
      return { label: this.#labels[best.data[i]], probability: row[best.data[i]], probabilities };
    });
    return { rows, answers };
  }

  /** What every classifier keeps in its file. */
  protected get kept(): TaskData {
    return { labels: this.#labels, output: this.#single(this.#labels) ? "sigmoid" : "softmax" };
  }

  /** Takes up what a file held. */
  protected adopt(model: Model, data: TaskData): this {
    const isLabel = (v: unknown): v is Label => typeof v === "string" || typeof v === "number";
    this.#labels = readField(data, "labels", "a list of labels", isList(isLabel));
    this.#model = model;
    const width = model.outputShape?.at(-1);
    if (width !== this.#labels.length && !(width === 1 && this.#labels.length === 2)) {
      throw new ShapeError(
        problem(`${this.task}: labels`, `as many as the model's ${width} outputs`, `${this.#labels.length}`),
      );
    }
    return this;
  }

  #build(classes: number, seed: number): Model {
    const { output } = this.options;
    if (output === "sigmoid" && classes !== 2) {
      const next = 'output: "softmax" tells several classes apart.';
      throw new DataError(problem(`${this.task}: output`, "two classes for a sigmoid", `${classes}`, next));
    }
    const single = classes === 2 && output !== "softmax";
    const head = single ? dense(1, { activation: "sigmoid" }) : dense(classes, { activation: "softmax" });
    return this.network(classes, head, seed);
  }

  /** Whether the model ends in one number. */
  #single(labels: readonly Label[]): boolean {
    const width = this.#model?.outputShape?.at(-1);
    return width === undefined ? labels.length === 2 && this.options.output !== "softmax" : width === 1;
  }

  /** Probabilities [N, classes], also where the model gives only the second one's. */
  async #chances(rows: readonly Row[], who: string, batchSize = 256): Promise<NdArray> {
    const model = this.#model ?? this.#untrained(who.split(".")[1]);
    const p = await model.predict(this.encode(rows, who), { batchSize });
    if (p.shape[1] !== 1) return p;
    const both = new Float32Array(2 * rows.length);
    p.data.forEach((v, i) => {
      both[2 * i] = 1 - v;
      both[2 * i + 1] = v;
    });
    return new NdArray(both, [rows.length, 2]);
  }

  #untrained(method: string): never {
    const next = "Call fit first, or load a saved one.";
    throw new DataError(problem(`${this.task}.${method}`, "a trained task", "one that saw no data", next));
  }
}

const clipped = (p: number) => Math.min(1 - 1e-7, Math.max(1e-7, p));

/** The numbers among the options; the rest are checked by whoever uses them. */
function withoutFree(options: ClassifierFitOptions): object {
  if (typeof options !== "object" || options === null) return options;
  const { classWeight, callbacks, verbose, signal, write, ...numbers } = options;
  return numbers;
}

function checkLengths(rows: number, labels: readonly Label[], who: string): void {
  if (rows === 0) throw new DataError(problem(who, "at least one row", "none", "Look where the rows were lost."));
  if (!(Array.isArray(labels) || ArrayBuffer.isView(labels))) {
    const next = "Give labels beside the rows, or rows that hold their label.";
    throw new DataError(problem(who, "a list of labels", labels === null ? "null" : typeof labels, next));
  }
  if (labels.length !== rows)
    throw new ShapeError(problem(who, `${rows} labels, one a row`, `${labels.length}`, "Cut both from the same rows."));
}
