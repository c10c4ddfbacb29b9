import { DataError, invalidOption, suggest } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import { dense, type Layer } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { callbackList } from "../../train/callbacks/check-callback.ts";
import { earlyStopping } from "../../train/callbacks/index.ts";
import { breatheWhenDue } from "../../train/fit/breathe.ts";
import type { History } from "../../train/fit/history.ts";
import type { Arrays } from "../../train/fit/trainable-model.ts";
import { adam } from "../../train/optimizers/index.ts";
import { anything, type Field, from0to1, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import type { ClassifierFitOptions } from "../classify/fit-options.ts";
import type { Label } from "../classify/labels.ts";
import { TextClassifier, type TextClassifierOptions } from "../classify/text-classifier.ts";
import { readTextData, type TextLearned, textData } from "../classify/text-learned.ts";
import { checkThresholds } from "../classify/thresholds.ts";
import { fitFields, passedOn } from "../shared/fit-fields.ts";
import { heldOutOf } from "../shared/held-out.ts";
import { inTurn } from "../shared/in-turn.ts";
import { type ModelInput, tokensOf } from "../shared/model-input.ts";
import { sameRun } from "../shared/same-run.ts";
import {
  isList,
  isNumber,
  isText,
  openTask,
  plainOptions,
  readField,
  readPlainOptions,
  saveTask,
  type TaskSource,
} from "../shared/task-file.ts";
import { untrained } from "../shared/untrained.ts";
import { labelsIn, readRows, type TextWithLabels, targetsOf } from "./label-sets.ts";
import { bestThresholds, type MultiLabelEvaluation, scored } from "./scores.ts";

/** Options of `multiLabelClassifier`: those of `textClassifier`, and thresholds. */
export interface MultiLabelOptions extends Omit<TextClassifierOptions, "output" | "layers" | "linear"> {
  /**
   * The probability from which on a text has a label: by label, or `"f1"`: each label's is chosen by `fit` for the largest F1 on the validation
   * rows. Default: 0.5 for each.
   */
  thresholds?: "f1" | Readonly<Record<string, number>>;
}

/** Options of its `fit`; defaults follow from the number of rows. */
export interface MultiLabelFitOptions
  extends Pick<
    ClassifierFitOptions,
    "epochs" | "batchSize" | "validationSplit" | "patience" | "callbacks" | "verbose" | "signal" | "onNaN" | "write"
  > {
  /** Texts and their lists of labels to validate on, in place of a part of the others. Default: none. */
  validationData?: readonly [texts: readonly string[], labels: readonly (readonly Label[])[]];
}

/** The answer for one text. */
export interface MultiLabelPrediction {
  /** Its labels, the most probable one first; empty where no probability reaches its threshold. */
  readonly labels: readonly string[];
  /** By label, 0 to 1 each: they do not add up to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
}

const task = "multiLabelClassifier";

/** The part of a text classifier that reads texts, and its network up to the last layer. */
class TextReader extends TextClassifier {
  rows(given: unknown, who: string): string[] {
    return this.rowsOf(given, who);
  }
  learnedFrom(texts: readonly string[], given: number): TextLearned {
    return this.learn(texts, given);
  }
  arrays(texts: readonly string[], learned: TextLearned): Arrays {
    return this.encode(texts, learned);
  }
  net(labels: number, learned: TextLearned, head: Layer, seed: number): Model {
    return this.network(labels, learned, head, seed);
  }
  usual(rows: number) {
    return this.defaults(rows);
  }
}

interface Trained {
  readonly model: Model;
  readonly labels: readonly string[];
  readonly thresholds: readonly number[];
  readonly learned: TextLearned;
}

/** A classifier of texts that may have several labels, or none; made by `multiLabelClassifier`. */
export class MultiLabelClassifier {
  /** The kind of task, as files have it. */
  readonly task = task;
  /** The options it was made with. */
  readonly options: MultiLabelOptions;
  /** Rows that the last `fit` trained on, and those it validated on; `heldOut` are those of the training rows. Null before. */
  split: { readonly training: number; readonly validation: number; readonly heldOut: readonly number[] } | null = null;
  readonly #reader: TextReader;
  #trained: Trained | null = null;
  readonly #inTurn = inTurn();

  constructor(options: MultiLabelOptions = {}) {
    const { thresholds, ...rest } = options;
    this.#reader = new TextReader(rest);
    this.options = options;
    if (thresholds !== undefined && thresholds !== "f1") checkThresholds(thresholds, task);
  }

  /** The network underneath: a probability for each label. Throws DataError before `fit`. */
  get model(): Model {
    return this.#need("model").model;
  }
  /** The labels, in the order of the model's outputs. Empty before `fit`. */
  get labels(): readonly string[] {
    return this.#trained?.labels ?? [];
  }
  /** The probability from which on a text has a label, by label. */
  get thresholds(): Readonly<Record<string, number>> {
    const { labels, thresholds } = this.#need("thresholds");
    return Object.fromEntries(labels.map((label, k) => [label, thresholds[k]]));
  }

  /**
   * Trains from scratch on texts and their lists of labels, or on rows that hold both; one that fails leaves the task what it was. Throws
   * DataError naming the row that does not fit.
   *
   *   await topics.fit(["a goal in the last minute", "shares fell"], [["sport"], ["money", "news"]], { epochs: 20 });
   */
  fit(
    texts: readonly string[],
    labels: readonly (readonly Label[])[],
    options?: MultiLabelFitOptions,
  ): Promise<History>;
  fit(rows: readonly TextWithLabels[], options?: MultiLabelFitOptions): Promise<History>;
  async fit(
    given: readonly string[] | readonly TextWithLabels[],
    second?: readonly (readonly Label[])[] | MultiLabelFitOptions,
    third: MultiLabelFitOptions = {},
  ): Promise<History> {
    const who = `${task}.fit`;
    const read = readRows(given, second, who);
    const texts = this.#reader.rows(read.texts, who);
    const fitOptions = read.paired ? ((second ?? {}) as MultiLabelFitOptions) : third;
    const { seed = 1, backend, optimizer } = this.options;
    const usual = this.#reader.usual(texts.length);
    const fit = readOptions(who, fitOptions, {
      epochs: wholeFrom(1)(usual.epochs),
      batchSize: wholeFrom(1)(usual.batchSize),
      validationSplit: from0to1(usual.validationSplit ?? (texts.length < 50 ? 0 : 0.1)),
      patience: orNull(wholeFrom(0)(0)),
      validationData: anything,
      ...fitFields,
    });
    const labels = labelsIn(read.sets, who);
    const thresholds = this.#thresholdsOf(labels, null);
    const others = fitOptions.validationData && this.#othersOf(fitOptions.validationData, `${who}: validationData`);
    const held = others ? new Set<number>() : heldOutOf([...texts.keys()], texts.length, fit.validationSplit, seed);
    const rowsOf = (wanted: boolean) => [...texts.keys()].filter((row) => held.has(row) === wanted);
    const part = (rows: readonly number[]) => ({
      texts: rows.map((row) => texts[row]),
      targets: targetsOf(
        rows.map((row) => read.sets[row]),
        labels,
        who,
      ),
    });
    const training = part(rowsOf(false));
    const validation = others
      ? { texts: others.texts, targets: targetsOf(others.sets, labels, `${who}: validationData`) }
      : part(rowsOf(true));
    const learned = this.#reader.learnedFrom(training.texts, texts.length);
    const model = this.#reader.net(labels.length, learned, dense(labels.length, { activation: "sigmoid" }), seed);
    const { epochs, batchSize, validationSplit } = fit;
    const steps = epochs * Math.ceil(training.texts.length / batchSize);
    model.compile({
      optimizer: optimizer ?? usual.optimizer?.(steps) ?? adam({ learningRate: 0.002 }),
      loss: "binaryCrossentropy",
      ...(backend === undefined ? {} : { backend }),
    });
    const y = ({ targets, texts }: typeof training) => new NdArray(targets, [texts.length, labels.length]);
    const judged = validation.texts.length > 0;
    const patience = fit.patience ?? usual.patience ?? Math.max(3, Math.round(epochs / 10));
    const history = await model.fit(this.#reader.arrays(training.texts, learned), y(training), {
      epochs,
      batchSize,
      seed,
      callbacks: [
        sameRun(
          who,
          { ...this.options, epochs, batchSize, validationSplit, patience },
          { rows: texts, labels: read.sets, ...(others ? { others } : {}) },
        ),
        judged ? earlyStopping({ patience, restoreBestWeights: true }) : {},
        ...callbackList(`${who}: callbacks`, fitOptions.callbacks),
      ],
      ...(judged ? { validationData: [this.#reader.arrays(validation.texts, learned), y(validation)] as const } : {}),
      ...passedOn(fit),
    });
    const plain = { model, labels, learned, thresholds };
    const chosen =
      this.options.thresholds === "f1" && judged
        ? bestThresholds(validation.targets, await this.#chances(plain, validation.texts), labels.length)
        : thresholds;
    this.#trained = { ...plain, thresholds: chosen };
    this.split = { training: training.texts.length, validation: validation.texts.length, heldOut: rowsOf(true) };
    return history;
  }

  /**
   * Compares its labels with the right ones: F1 of all decisions, of each label, and the rows that are right as a whole.
   *
   *   const { micro, labels } = await topics.evaluate(texts, sets);
   */
  evaluate(
    texts: readonly string[],
    labels: readonly (readonly Label[])[],
    options?: MultiLabelAskOptions,
  ): Promise<MultiLabelEvaluation>;
  evaluate(rows: readonly TextWithLabels[], options?: MultiLabelAskOptions): Promise<MultiLabelEvaluation>;
  async evaluate(
    given: readonly string[] | readonly TextWithLabels[],
    second?: readonly (readonly Label[])[] | MultiLabelAskOptions,
    third: MultiLabelAskOptions = {},
  ): Promise<MultiLabelEvaluation> {
    const who = `${task}.evaluate`;
    const read = readRows(given, second, who);
    const options = readAsk(who, read.paired ? ((second ?? {}) as MultiLabelAskOptions) : third);
    const trained = this.#need("evaluate");
    const thresholds = this.#thresholdsOf(trained.labels, trained, options.thresholds);
    const texts = this.#reader.rows(read.texts, who);
    const targets = targetsOf(read.sets, trained.labels, who);
    return scored(targets, await this.#chances(trained, texts, options.signal), trained.labels, thresholds);
  }

  /** The labels of each text, with all probabilities. */
  async predict(texts: readonly string[], options: MultiLabelAskOptions = {}): Promise<MultiLabelPrediction[]> {
    const who = `${task}.predict`;
    const trained = this.#need("predict");
    const rows = this.#reader.rows(texts, who);
    const { labels } = trained;
    const asked = readAsk(who, options);
    const thresholds = this.#thresholdsOf(labels, trained, asked.thresholds);
    const chances = await this.#chances(trained, rows, asked.signal);
    return rows.map((_, row) => {
      const own = labels.map((_, k) => chances[row * labels.length + k]);
      const found = [...labels.keys()].filter((k) => own[k] >= thresholds[k]).sort((a, b) => own[b] - own[a]);
      const probabilities = Object.fromEntries(labels.map((label, k) => [label, own[k]]));
      return { labels: found.map((k) => labels[k]), probabilities };
    });
  }

  /**
   * A text as the model reads it, and the token of each step.
   *
   *   const { x, steps } = topics.modelInput("shares of the club");
   *   const { layers } = await trace(topics.model, x);
   */
  modelInput(text: string): ModelInput {
    const { learned } = this.#need("modelInput");
    const x = this.#reader.arrays(this.#reader.rows([text], `${task}.modelInput`), learned);
    return { x, steps: tokensOf((Array.isArray(x) ? x[0] : x) as NdArray, learned.tokenizer) };
  }

  /** Writes model, words, labels and thresholds as one `.keras` file, which opens in Keras. */
  async save(path: string | URL): Promise<void> {
    const { model, labels, thresholds, learned } = this.#need("save");
    const { data, files } = textData(learned);
    await saveTask(model, path, task, { labels, thresholds, options: plainOptions(this.options), ...data }, files);
  }

  /** See `loadMultiLabelClassifier`. */
  static async open(source: TaskSource, options: LoadOptions = {}): Promise<MultiLabelClassifier> {
    const { model, data, file } = await openTask(source, task, options);
    const labels = readField(data, "labels", "a list of labels", isList(isText));
    const fits = (v: unknown): v is number[] => isList(isNumber)(v) && v.length === labels.length;
    const thresholds = readField(data, "thresholds", `${labels.length} thresholds`, fits);
    const found = new MultiLabelClassifier({ ...readPlainOptions(data), backend: options.backend });
    found.#trained = { model, labels, thresholds, learned: readTextData(data, file) };
    return found;
  }

  /** Rows to validate on: a pair of lists. */
  #othersOf([texts, sets]: NonNullable<MultiLabelFitOptions["validationData"]>, who: string) {
    return { texts: this.#reader.rows(texts, who), sets: readRows(texts, sets, who).sets };
  }

  /** Thresholds in the order of labels: those given, else the trained ones, else the options', else 0.5. Throws DataError for a label there is not. */
  #thresholdsOf(
    labels: readonly string[],
    trained: Trained | null,
    given?: Readonly<Record<string, number>>,
  ): number[] {
    const { thresholds } = this.options;
    const own = given ?? (trained || thresholds === "f1" ? {} : (thresholds ?? {}));
    const odd = Object.keys(own).find((name) => !labels.includes(name));
    if (odd !== undefined)
      throw new DataError(invalidOption(task, "thresholds", "labels of the model", `"${odd}"`, suggest(odd, labels)));
    return labels.map((label, k) => (Object.hasOwn(own, label) ? own[label] : (trained?.thresholds[k] ?? 0.5)));
  }

  /** Probabilities, N rows of labels. */
  async #chances(
    { model, labels, learned }: Trained,
    texts: readonly string[],
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const all = new Float32Array(texts.length * labels.length);
    for (let from = 0; from < texts.length; from += chunk) {
      signal?.throwIfAborted();
      const x = this.#reader.arrays(texts.slice(from, from + chunk), learned);
      const p = await this.#inTurn(() => model.predict(x, { batchSize: chunk, signal }));
      all.set(p.data, from * labels.length);
      await breatheWhenDue();
    }
    return all;
  }

  #need(method: string): Trained {
    return this.#trained ?? untrained(`${task}.${method}`);
  }
}

const chunk = 256; // rows computed at a time

/** Options of `predict` and `evaluate`. Throws DataError for an unknown one, and for a threshold that is no probability. */
function readAsk(who: string, options: MultiLabelAskOptions): MultiLabelAskOptions {
  const { thresholds, signal } = readOptions(who, options, {
    thresholds: anything as Field<MultiLabelAskOptions["thresholds"]>,
    signal: anything as Field<MultiLabelAskOptions["signal"]>,
  });
  if (thresholds) checkThresholds(thresholds, who);
  return { thresholds, signal };
}

/** Options of `predict` and `evaluate`. */
export interface MultiLabelAskOptions {
  /** Thresholds by label, in place of the trained ones. Default: none. */
  thresholds?: Readonly<Record<string, number>> | undefined;
  /** Stops between groups of texts, where it is aborted. Default: none. */
  signal?: AbortSignal | undefined;
}

/**
 * Texts in, any number of labels out: topics, tags, intents that come together. The network is `textClassifier`'s with a sigmoid for each
 * label; a label is given from its threshold on.
 *
 *   const topics = multiLabelClassifier({ thresholds: "f1" });
 *   await topics.fit(texts, [["sport"], ["money", "news"], [], ...more]);
 *   const [{ labels }] = await topics.predict(["shares of the club fell"]);
 *   await topics.save("topics.keras");
 */
export const multiLabelClassifier = (options: MultiLabelOptions = {}): MultiLabelClassifier =>
  new MultiLabelClassifier(options);

/**
 * A multi-label classifier that `save` wrote, from a path, an address or bytes. Throws FormatError for a model of another task.
 *
 *   const topics = await loadMultiLabelClassifier("topics.keras");
 */
export const loadMultiLabelClassifier = (
  source: TaskSource,
  options: LoadOptions = {},
): Promise<MultiLabelClassifier> => MultiLabelClassifier.open(source, options);
