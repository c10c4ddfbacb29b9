import { DataError, invalidOption, option, problem, ShapeError, sentence } from "../../errors.ts";
import { type AnyLayer, dense, type Layer } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { callbackList } from "../../train/callbacks/check-callback.ts";
import { earlyStopping } from "../../train/callbacks/index.ts";
import { type ClassificationReport, classificationReport } from "../../train/classification-report.ts";
import type { BackendName } from "../../train/compiled.ts";
import { breatheWhenDue } from "../../train/fit/breathe.ts";
import type { History } from "../../train/fit/history.ts";
import type { Arrays } from "../../train/fit/trainable-model.ts";
import { adam } from "../../train/optimizers/index.ts";
import type { OptimizerLike } from "../../train/optimizers/named.ts";
import { anything, type Field, flag, from0to1, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { readBundled } from "../shared/bundled.ts";
import { fitFields } from "../shared/fit-fields.ts";
import { inTurn } from "../shared/in-turn.ts";
import { sameLength } from "../shared/same-length.ts";
import { sameRun } from "../shared/same-run.ts";
import { type TableReading, tableReading } from "../shared/table-reading.ts";
import { isList, plainOptions, readField, type TaskData } from "../shared/task-file.ts";
import { untrained } from "../shared/untrained.ts";
import type { CurveAreas } from "./curve-areas.ts";
import type { AskOptions, ClassifierFitOptions } from "./fit-options.ts";
import type { ClassifierSplit } from "./hold-out.ts";
import { checkLengths } from "./labelled-rows.ts";
import { classWeights, type Label, labelIds, labelsOf } from "./labels.ts";

export type { AskOptions, ClassifierFitOptions };

/** Compile options and output layer of a classifier's model. */
export interface ClassifierOptions {
  /**
   * `"sigmoid"` ends in one number, for two classes; `"softmax"` in one for each class. Default: `"sigmoid"` for two classes,
   * otherwise `"softmax"`.
   */
  output?: "sigmoid" | "softmax";
  /**
   * The optimizer, by name or with options. Default: Adam with learning rate 0.002; from 200 texts on one that falls
   * from 0.02 to 0 along a cosine, from 0.01 of many texts.
   */
  optimizer?: OptimizerLike;
  /** Seed of weights, validation split, shuffling and dropout. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /** Columns and options for reading rows from files, kept with the model for the next ones: the command line's options. Default: none. */
  reading?: TableReading;
}

/** The answer for one row. */
export interface Prediction {
  /** The class with the largest probability. */
  readonly label: Label;
  /** Of that class, 0 to 1. */
  readonly probability: number;
  /** By label. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/** Results on labelled rows. */
export interface Evaluation extends CurveAreas {
  /** Mean cross-entropy, probabilities kept 1e-7 away from 0 and 1, as Keras does. */
  readonly loss: number;
  /** Fraction of rows predicted right, 0 to 1. */
  readonly accuracy: number;
  /** Fraction of rows whose class is among the k most probable ones, for k = 1, 2, …, at most 10. */
  readonly topAccuracy: readonly number[];
  /** Precision, recall and F1 by class, and the accuracy of always predicting the most common class. */
  readonly report: ClassificationReport;
}

/** Weights by the number of a class; undefined: every row counts alike. */
export type Weights = Readonly<Record<number, number>> | undefined;

/** Default training options of a task. */
export interface Defaults {
  epochs: number;
  batchSize: number;
  validationSplit?: number;
  patience?: number;
  /** For a total number of training steps. */
  optimizer?: (steps: number) => OptimizerLike;
}

/** Fields that every classifier has beside its own. */
export const classifierFields = {
  output: oneOf(["sigmoid", "softmax"], "sigmoid"),
  optimizer: anything,
  seed: wholeFrom(0)(1),
  backend: anything,
  reading: orNull(tableReading),
};

/** The state of a classifier after `fit`, all of one training. */
interface Trained<Learned> {
  readonly model: Model;
  readonly labels: readonly Label[];
  readonly learned: Learned;
  /** Above this, the one output of two classes means the second. */
  readonly threshold: number;
}

/** Base of the classifiers. `Row` is one raw row, `Learned` what the encoding of rows learns from data. */
export abstract class Classifier<Row, Learned> {
  /** The kind of task, as files have it. */
  abstract readonly task: string;
  /** The options it was made with. */
  readonly options: ClassifierOptions;
  /**
   * Rows that the last `fit` trained on, and those it validated on; null before. `tooFew` are the rows of a validation part too small to
   * judge by: with the default `validationSplit` nothing is held out then.
   */
  split: ClassifierSplit | null = null;
  #trained: Trained<Learned> | null = null;
  readonly #inTurn = inTurn();

  constructor(options: ClassifierOptions) {
    this.options = options;
  }

  /** Raw rows as given, checked. Throws DataError. */
  protected abstract rowsOf(rows: unknown, who: string): Row[];
  /** Rows as the model reads them: an array for each of its inputs. `places` are their places among all rows. */
  protected abstract encode(rows: readonly Row[], learned: Learned, who: string, places?: readonly number[]): Arrays;
  /** The length that each row is read at. */
  protected abstract lengths(rows: readonly Row[], learned: Learned): number[];
  /** Layers from the input up to the last dense layer. */
  protected abstract layers(classes: number, learned: Learned): AnyLayer[];
  protected abstract defaults(rows: number): Defaults;

  /** The whole model; a task whose model is no row of layers makes it here. */
  protected network(classes: number, learned: Learned, head: Layer, seed: number): Model {
    return sequential([...this.layers(classes, learned), head], { seed });
  }

  /** The last step of a training from scratch, nothing by default; x and the ids of classes are those of the training rows. */
  protected async finish(_model: Model, _x: Arrays, _ids: Int32Array, _learned: Learned, _weights: Weights) {}

  /** The model underneath, for all that a task does not do. Throws DataError before `fit`. */
  get model(): Model {
    return this.#need("model").model;
  }
  /** The classes, in the order of the model's outputs. Empty before `fit`. */
  get labels(): readonly Label[] {
    return this.#trained?.labels ?? [];
  }
  /** The result of `learn`; null before `fit`. */
  protected get learned(): Learned | null {
    return this.#trained?.learned ?? null;
  }
  /** The same for a method that needs it. Throws DataError before `fit`. */
  protected known(method: string): Learned {
    return this.#need(method).learned;
  }

  /**
   * Trains, from scratch where it is not told to continue. `learn` learns from the training rows alone what `encode` needs; `given`
   * counts those kept aside too. A training from scratch that fails leaves the task what it was.
   */
  protected async fitRows(
    given: unknown,
    labels: readonly Label[],
    options: ClassifierFitOptions,
    learn: (rows: readonly Row[], given: number, classes: number) => Learned,
  ): Promise<History> {
    const who = `${this.task}.fit`;
    const rows = this.rowsOf(given, who);
    checkLengths(rows.length, labels, who);
    const before = options?.continue ? this.#need("fit") : null;
    const known = before?.labels ?? labelsOf(labels, who);
    const ids = labelIds(labels, known, who);
    const usual = this.defaults(rows.length);
    const read = readOptions(who, options, {
      epochs: wholeFrom(1)(usual.epochs),
      batchSize: wholeFrom(1)(usual.batchSize),
      validationSplit: from0to1(usual.validationSplit ?? (rows.length < 50 ? 0 : 0.1)),
      patience: orNull(wholeFrom(0)(0)),
      classWeight: anything,
      continue: flag(false),
      validationData: anything,
      ...fitFields,
    });
    const { seed = 1, backend } = this.options;
    const aside = options.validationData && this.#aside(options.validationData, known, `${who}: validationData`);
    const wishes = { validationSplit: options.validationSplit, usual: read.validationSplit, patience: read.patience };
    const { heldOut } = await import("./hold-out.ts"); // loaded when it is used, as curve-areas.ts is: pages that predict need neither
    const split = heldOut(who, ids, known.length, { ...wishes, others: aside !== undefined }, seed);
    const pick = (list: readonly number[]) => list.map((row) => rows[row]);
    const targets = (list: readonly number[]) => Int32Array.from(list, (row) => ids[row]);
    const weights = options.classWeight && classWeights(options.classWeight, targets(split.training), known, who);
    const learned = before?.learned ?? learn(pick(split.training), rows.length, known.length);
    const x = this.encode(pick(split.training), learned, who);
    const model = before?.model ?? this.#build(known.length, learned, seed);
    const { epochs, batchSize, validationSplit, patience } = read;
    const numbers = { epochs, batchSize, validationSplit, patience, ...(before ? { continue: true } : {}) };
    const steps = epochs * Math.ceil(split.training.length / batchSize);
    const asBefore = before && model.compiled && !model.scheduled;
    if (!asBefore)
      model.compile({
        optimizer: this.options.optimizer ?? usual.optimizer?.(steps) ?? adam({ learningRate: 0.002 }),
        loss: outputsOf(model) === 1 ? "binaryCrossentropy" : "sparseCategoricalCrossentropy",
        metrics: ["accuracy"],
        backend,
      });
    const judged = aside ?? { rows: pick(split.validation), ids: targets(split.validation) };
    const validates = judged.rows.length > 0;
    const stop = earlyStopping({
      patience: patience ?? usual.patience ?? Math.max(3, Math.round(epochs / 10)),
      restoreBestWeights: true,
    });
    const history = await model.fit(x, targets(split.training), {
      epochs,
      batchSize,
      seed,
      classWeight: weights,
      callbacks: [
        sameRun(who, { ...this.options, ...numbers, classWeight: options.classWeight }, { rows, labels }),
        validates ? stop : {},
        ...callbackList(`${who}: callbacks`, options.callbacks),
      ],
      ...(validates ? { validationData: [this.encode(judged.rows, learned, who), judged.ids] as const } : {}),
      verbose: options.verbose,
      signal: options.signal,
      write: options.write,
      onNaN: options.onNaN,
    });
    if (!before) await this.finish(model, x, targets(split.training), learned, weights);
    this.#trained = { model, labels: known, learned, threshold: before?.threshold ?? 0.5 };
    const sizes = { training: split.training.length, validation: judged.rows.length };
    this.split = { ...sizes, tooFew: split.tooFew, heldOut: split.validation };
    return history;
  }

  #aside([given, labels]: NonNullable<ClassifierFitOptions["validationData"]>, known: readonly Label[], who: string) {
    const rows = this.rowsOf(given, who);
    checkLengths(rows.length, labels, who);
    return { rows, ids: labelIds(labels, known, who) };
  }

  protected async evaluateRows(
    given: unknown,
    labels: readonly Label[],
    options: AskOptions = {},
  ): Promise<Evaluation> {
    const who = `${this.task}.evaluate`;
    const rows = this.rowsOf(given, who);
    checkLengths(rows.length, labels, who);
    const trained = this.#need("evaluate");
    const ids = labelIds(labels, trained.labels, who);
    const chances = await this.#chances(trained, rows, who, options); // [N, classes]
    const C = trained.labels.length;
    const sum = ids.reduce((total, k, row) => total - Math.log(clipped(chances.data[row * C + k])), 0);
    const found = await decidedBy(chances, trained, options.thresholds, who);
    const report = classificationReport(ids, found, { labels: trained.labels.map(String) });
    const { curveAreas, topAccuracy } = await import("./curve-areas.ts");
    const more = { ...curveAreas(ids, chances), topAccuracy: topAccuracy(ids, chances) };
    return { loss: sum / ids.length, accuracy: report.accuracy, ...more, report };
  }

  protected async predictRows(
    given: unknown,
    options: AskOptions = {},
  ): Promise<{ rows: Row[]; answers: Prediction[] }> {
    const who = `${this.task}.predict`;
    const rows = this.rowsOf(given, who);
    const trained = this.#need("predict");
    const chances = await this.#chances(trained, rows, who, options);
    const best = await decidedBy(chances, trained, options.thresholds, who);
    const answers = rows.map((_, i) => {
      const row = chances.row(i).data;
      const probabilities = Object.fromEntries(trained.labels.map((label, k) => [String(label), row[k]]));
      return { label: trained.labels[best[i]], probability: row[best[i]], probabilities };
    });
    return { rows, answers };
  }

  /** The data that every classifier stores in its file. */
  protected get kept(): TaskData {
    const { model, labels } = this.#need("save");
    return { labels, output: outputsOf(model) === 1 ? "sigmoid" : "softmax", options: plainOptions(this.options) };
  }

  /** Takes up what a file held. */
  protected adopt(model: Model, data: TaskData, learned: Learned): this {
    const isLabel = (v: unknown): v is Label => typeof v === "string" || typeof v === "number";
    const labels = readField(data, "labels", "a list of labels", isList(isLabel));
    const width = outputsOf(model);
    if (width !== labels.length && !(width === 1 && labels.length === 2)) {
      throw new ShapeError(
        problem(`${this.task}: labels`, `as many as the model's ${width} outputs`, `${labels.length}`),
      );
    }
    const threshold = width === 1 ? (readBundled(data)?.threshold ?? 0.5) : 0.5;
    this.#trained = { model, labels, learned, threshold };
    return this;
  }

  #build(classes: number, learned: Learned, seed: number): Model {
    const { output } = this.options;
    if (output === "sigmoid" && classes !== 2) {
      const next = sentence`${option("output", "softmax")} is for several classes.`;
      throw new DataError(invalidOption(this.task, "output", "two classes for a sigmoid", `${classes}`, next));
    }
    const single = classes === 2 && output !== "softmax";
    const head = single ? dense(1, { activation: "sigmoid" }) : dense(classes, { activation: "softmax" });
    return this.network(classes, learned, head, seed);
  }

  /** Probabilities [N, classes], also where the model gives only the second one's. */
  async #chances(
    { model, learned }: Trained<Learned>,
    rows: readonly Row[],
    who: string,
    options: AskOptions,
  ): Promise<NdArray> {
    const { signal } = readOptions(who, options, {
      signal: anything as Field<AbortSignal | undefined>,
      thresholds: anything,
    });
    const classes = model.outputShape!.at(-1)!;
    const width = classes === 1 ? 2 : classes;
    const all = new Float32Array(width * rows.length);
    for (const places of sameLength(this.lengths(rows, learned), chunk)) {
      signal?.throwIfAborted();
      const x = this.encode(
        places.map((row) => rows[row]),
        learned,
        who,
        places,
      );
      const p = await this.#inTurn(() => model.predict(x, { batchSize: model.fixedBatch ?? chunk, signal }));
      for (const [i, row] of places.entries()) {
        const second = p.data[i];
        all.set(classes > 1 ? p.data.subarray(i * width, (i + 1) * width) : [1 - second, second], row * width);
      }
      await breatheWhenDue();
    }
    return new NdArray(all, [rows.length, width]);
  }

  #need(method: string): Trained<Learned> {
    return this.#trained ?? untrained(`${this.task}.${method}`);
  }
}

/** The class of each row, by thresholds where there are some. */
async function decidedBy(
  chances: NdArray,
  { labels, threshold }: Pick<Trained<unknown>, "labels" | "threshold">,
  thresholds: AskOptions["thresholds"],
  who: string,
): Promise<Int32Array> {
  return thresholds
    ? (await import("./thresholds.ts")).byThresholds(chances, labels, thresholds, who)
    : decided(chances, threshold);
}

/** The class of each row of probabilities [N, classes]: the most probable one; of two, the second above the threshold. */
function decided(chances: NdArray, threshold: number): Int32Array {
  if (threshold === 0.5) return Int32Array.from(chances.argmax().data);
  return Int32Array.from({ length: chances.shape[0] }, (_, row) => (chances.data[2 * row + 1] > threshold ? 1 : 0));
}

/** Rows that are encoded and answered at a time. */
const chunk = 256;

const clipped = (p: number) => Math.min(1 - 1e-7, Math.max(1e-7, p));

/** One for a sigmoid, else a number for each class. */
const outputsOf = (model: Model): number | null | undefined => model.outputShape?.at(-1);
