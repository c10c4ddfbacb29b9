import type { MelOptions } from "../../data/audio-mel.ts";
import type { Recording } from "../../data/audio-wav.ts";
import type { Scaler } from "../../data/scalers.ts";
import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import { type AnyLayer, input, masking } from "../../layers/index.ts";
import { type ArrayLike, asNdArray, NdArray } from "../../tensor/nd-array.ts";
import { padSequences } from "../../text/pad-sequences.ts";
import type { History } from "../../train/fit/history.ts";
import { anything, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { type Bundled, readBundled } from "../shared/bundled.ts";
import { batchFor, epochsFor, unitsFor } from "../shared/defaults.ts";
import type { ModelInput } from "../shared/model-input.ts";
import { readScaler } from "../shared/read-scaler.ts";
import {
  onlyLayers,
  ownLayers,
  recurrentStack,
  type StackOptions,
  stackFields,
  stackNames,
} from "../shared/recurrent-stack.ts";
import { type ScalerName, scalers } from "../shared/scaling.ts";
import {
  isCount,
  isText,
  openTask,
  readField,
  readPlainOptions,
  saveTask,
  type TaskSource,
} from "../shared/task-file.ts";
import {
  type AskOptions,
  Classifier,
  type ClassifierFitOptions,
  type ClassifierOptions,
  classifierFields,
  type Evaluation,
  type Prediction,
} from "./classifier.ts";
import { apart } from "./labelled-rows.ts";
import type { Label } from "./labels.ts";
import { type AudioInput, audioInput, framesOf, readAudioInput } from "./recordings.ts";

export interface SequenceClassifierOptions extends ClassifierOptions, StackOptions {
  /** Steps read of each sequence, as `maxLen` of `padSequences`. Default: those of the longest training sequence, 1,000 at most. */
  length?: number;
  /** The end of a longer sequence that is read: `"end"` (default) or `"start"`. Keras names the end that is removed: `truncating: "pre"`, `"post"`. */
  keep?: "start" | "end";
  /** Scaler of each feature, fitted to the training rows. Default `"standard"`. */
  scaler?: ScalerName;
  /** Options of `melSpectrogram`, which makes frames of recordings. Default: its own, at the sample rate of the first recording. */
  audio?: Partial<MelOptions>;
  /** Layers of your own between the masked input and the last dense layer, in place of the recurrent ones. Default: recurrent layers. */
  layers?: (sizes: SequenceSizes) => readonly AnyLayer[];
}

/** Sizes for layers of your own. */
export interface SequenceSizes {
  /** Steps that are read. */
  length: number;
  /** Numbers of a step. */
  features: number;
  /** Number of classes. */
  classes: number;
}

/** One sequence: [T, D], or [T] of one feature; or a recording, which becomes frames [T, mels]. */
export type Sequence = ArrayLike | Recording;

/** A sequence and its class. */
export interface LabelledSequence {
  /** Steps [T, D], or a recording. */
  sequence: Sequence;
  /** Its class. */
  label: Label;
}

/**
 * Sequences of numbers in, classes out: rows of D features per step, of any number of steps. Features are scaled by what the
 * training rows say, shorter sequences padded and masked. Recordings, as `readWav` returns them, become frames by `melSpectrogram`.
 *
 *   const speaker = sequenceClassifier({ units: 64, bidirectional: true });
 *   await speaker.fit(sequences, labels);                  // each [T, 12], T of its own
 *   const [{ label, probability }] = await speaker.predict([sequence]);
 *   await speaker.save("speaker.keras");
 */
export function sequenceClassifier(options: SequenceClassifierOptions = {}): SequenceClassifier {
  return new SequenceClassifier(options);
}

/**
 * A sequence classifier that `save` wrote, from a path, an address or bytes. Throws FormatError for a model of another task.
 *
 *   const speaker = await loadSequenceClassifier("speaker.keras");
 */
export async function loadSequenceClassifier(source: TaskSource, options?: LoadOptions): Promise<SequenceClassifier> {
  return SequenceClassifier.open(source, options);
}

const task = "sequenceClassifier";
const padding = -1000; // scaled features are nowhere near it; a step all of it is masked

/** The fitted preprocessing: converts sequences to arrays. */
interface Learned {
  /** Steps read of each sequence; 0: all. */
  readonly length: number;
  readonly features: number;
  readonly keep: "start" | "end";
  readonly scaler: Scaler;
  /** Audio options for recordings; null where it was trained on numbers. */
  readonly audio: AudioInput | null;
  /** For how many sequences the network is made. */
  readonly sequences: number;
  /** Padding of the sequences that another program's model was trained on; null: as here. */
  readonly bundled: Bundled | null;
}

/** A classifier of sequences; made by `sequenceClassifier`. */
export class SequenceClassifier extends Classifier<NdArray, Learned> {
  /** The kind of task, as files have it. */
  readonly task = task;
  readonly #given: SequenceClassifierOptions;

  constructor(options: SequenceClassifierOptions = {}) {
    super(options);
    readSequence(options, 1000); // what is wrong is said before there are data
    this.#given = options;
  }

  /** Steps read of each sequence; 0 before `fit`, and where a bundled model reads all of them. */
  get length(): number {
    return this.learned?.length ?? 0;
  }
  /** Samples a second of the recordings it reads; null where it reads numbers, and before `fit`. */
  get sampleRate(): number | null {
    return this.#audio?.sampleRate ?? null;
  }
  /** The scaler of the features. Throws DataError before `fit`. */
  get scaler(): Scaler {
    if (this.learned) return this.learned.scaler;
    throw new DataError(problem(`${task}.scaler`, "a trained task", "an untrained one", "Call fit first."));
  }

  /**
   * Trains on sequences and their labels, or on rows that hold both; from scratch, where not told to `continue`. A loaded one too, with the options it was made with
   * but for `layers` and an `optimizer` that is no name, which no file keeps. Rejects with DataError or ShapeError naming sequence and step for
   * what cannot be learned from; it is then what it was before.
   *
   *   await speaker.fit([{ sequence: [[0.1, 2], [0.3, 4]], label: "Ann" }, ...rows], { epochs: 50 });
   */
  fit(
    sequences: readonly Sequence[] | NdArray,
    labels: readonly Label[],
    options?: ClassifierFitOptions,
  ): Promise<History>;
  fit(rows: readonly LabelledSequence[], options?: ClassifierFitOptions): Promise<History>;
  async fit(
    given: readonly Sequence[] | NdArray | readonly LabelledSequence[],
    second?: readonly Label[] | ClassifierFitOptions,
    third: ClassifierFitOptions = {},
  ): Promise<History> {
    const who = `${task}.fit`;
    const rows = apart(given, second, "sequence", who);
    const options = rows.paired ? ((second ?? {}) as ClassifierFitOptions) : third;
    const audio = await audioInput(rows.values, this.#given.audio ?? {});
    const sequences = await framesOf(rows.values, audio, who);
    return this.fitRows(sequences, rows.labels, options, (training) => this.#learn(training, audio));
  }

  /** Loss, accuracy and a report by class, compared with always predicting the most frequent class. */
  evaluate(
    sequences: readonly Sequence[] | NdArray,
    labels: readonly Label[],
    options?: AskOptions,
  ): Promise<Evaluation>;
  evaluate(rows: readonly LabelledSequence[], options?: AskOptions): Promise<Evaluation>;
  async evaluate(
    given: readonly Sequence[] | NdArray | readonly LabelledSequence[],
    second?: readonly Label[] | AskOptions,
    third?: AskOptions,
  ) {
    const who = `${task}.evaluate`;
    const rows = apart(given, second, "sequence", who);
    const options = rows.paired ? (second as AskOptions) : third;
    return this.evaluateRows(await framesOf(rows.values, this.#audio, who), rows.labels, options);
  }

  /** The class of each sequence, with all probabilities. */
  async predict(sequences: readonly Sequence[] | NdArray, options?: AskOptions): Promise<Prediction[]> {
    return (await this.predictRows(await framesOf(sequences, this.#audio, `${task}.predict`), options)).answers;
  }

  /** Writes model, scaler, labels and the options for recordings as one `.keras` file. */
  async save(path: string | URL): Promise<void> {
    const { model, kept } = this;
    const { length, features, keep, scaler, audio, bundled } = this.learned!;
    const data = { ...kept, length, features, keep, scaler: scaler.toJSON(), audio };
    await saveTask(model, path, task, { ...data, ...(bundled ? { bundled } : {}) });
  }

  /** See `loadSequenceClassifier`. */
  static async open(source: TaskSource, options?: LoadOptions): Promise<SequenceClassifier> {
    const { model, data } = await openTask(source, task, options);
    const found = new SequenceClassifier({ ...readPlainOptions(data), backend: options?.backend });
    return found.adopt(model, data, {
      keep: readField(data, "keep", '"start" or "end"', isText) === "start" ? "start" : "end",
      length: readField(data, "length", "a length up to a million", isCount(1_000_000)),
      features: readField(data, "features", "features up to a million", isCount(1_000_000)),
      audio: readAudioInput(data),
      scaler: readScaler(data, "scaler"),
      sequences: 0,
      bundled: readBundled(data),
    });
  }

  get #audio(): AudioInput | null {
    return this.learned?.audio ?? null;
  }

  protected rowsOf(given: unknown, who: string): NdArray[] {
    const list = given instanceof NdArray && given.rank > 1 ? rowsOfArray(given) : given;
    if (!Array.isArray(list)) {
      const found =
        list === null ? "null" : list instanceof NdArray ? `an array ${showShape(list.shape)}` : typeof list;
      throw new DataError(problem(who, "a list of sequences", found, "Put one sequence in brackets: [sequence]."));
    }
    if (list.length === 0)
      throw new DataError(problem(who, "at least one sequence", "none", "Check filters and input files."));
    return list.map((one: unknown, row) => this.#sequence(one, row, who, list));
  }

  #learn(sequences: readonly NdArray[], audio: AudioInput | null): Learned {
    const { scaler, keep, length } = readSequence(this.#given, sequences.length);
    const longest = sequences.reduce((most, { shape }) => Math.max(most, shape[0]), 0);
    return {
      length: length ?? Math.min(1000, longest),
      features: sequences[0].shape[1],
      keep,
      scaler: scalers[scaler]().fit(joined(sequences)),
      audio,
      sequences: sequences.length,
      bundled: null,
    };
  }

  /**
   * A sequence, or the frames of a recording, as the model reads it.
   *
   *   const { x } = await task.modelInput(sequence);
   *   const { layers } = await trace(task.model, x);
   */
  async modelInput(sequence: Sequence): Promise<ModelInput> {
    const who = `${task}.modelInput`;
    const learned = this.known("modelInput");
    const frames = await framesOf([sequence], learned.audio, who);
    return { x: this.encode(this.rowsOf(frames, who), learned, who), steps: null };
  }

  protected encode(
    sequences: readonly NdArray[],
    { features, scaler, length, keep, bundled }: Learned,
    who: string,
    places?: readonly number[],
  ): NdArray {
    const wrong = sequences.findIndex(({ shape }) => shape[1] !== features);
    if (wrong >= 0) {
      const next = "Give the features it was trained on, in their order.";
      const found = `${sequences[wrong].shape[1]}`;
      throw new ShapeError(
        problem(who, `${features} features per step in sequence ${places?.[wrong] ?? wrong}`, found, next),
      );
    }
    const scaled = sequences.map((one) => scaler.transform(one));
    const truncating = keep === "start" ? "post" : "pre";
    const filled = bundled ? { padding: bundled.padding, value: bundled.paddingValue } : { value: padding };
    return padSequences(scaled, { maxLen: length || undefined, dtype: "f32", truncating, ...filled });
  }

  protected lengths(sequences: readonly NdArray[], { length }: Learned): number[] {
    return sequences.map(({ shape }) => length || shape[0]);
  }

  protected layers(classes: number, { length, features, sequences }: Learned): AnyLayer[] {
    const start = [input([length, features]), masking({ maskValue: padding })];
    const own = this.#given.layers;
    if (own) return [...start, ...ownLayers(own, { length, features, classes }, task)];
    return [...start, ...recurrentStack(readSequence(this.#given, sequences))];
  }

  protected defaults(rows: number) {
    return { epochs: epochsFor(rows), batchSize: batchFor(rows) };
  }

  /** One sequence as [T, D], every number finite. */
  #sequence(one: unknown, row: number, who: string, all: readonly unknown[]): NdArray {
    const place = `${who}: sequence ${row}`;
    const isList = one instanceof NdArray || Array.isArray(one) || ArrayBuffer.isView(one);
    if (!isList) {
      const next = typeof one === "number" && all.length > 0 ? "Put one sequence in brackets: [sequence]." : undefined;
      throw new DataError(problem(place, "a list of steps", one === null ? "null" : typeof one, next));
    }
    const array = asNdArray(one as ArrayLike, { who: place });
    const steps = array.rank === 1 ? array.reshape([array.size, 1]) : array;
    if (steps.rank !== 2 || steps.size === 0) {
      const next =
        steps.size === 0
          ? "Leave an empty sequence out."
          : "One sequence is a list of steps, a step a list of features.";
      throw new ShapeError(problem(place, "[T, D] with at least one step", showShape(array.shape), next));
    }
    const bad = steps.data.findIndex((v) => !Number.isFinite(v));
    if (bad < 0) return steps;
    const D = steps.shape[1];
    const next = "Fill missing values with the value before, or leave the sequence out.";
    const where = `a finite number at step ${Math.floor(bad / D)}, feature ${bad % D}`;
    throw new DataError(problem(place, where, String(steps.data[bad]), next));
  }
}

function readSequence(options: SequenceClassifierOptions, rows: number) {
  if (options?.layers) onlyLayers(task, options, stackNames);
  return readOptions(task, options, {
    ...classifierFields,
    layers: anything,
    audio: anything,
    ...stackFields(unitsFor(rows), "average"),
    length: orNull(wholeFrom(1)(1)),
    keep: oneOf(["start", "end"], "end"),
    scaler: oneOf(["standard", "minMax", "robust"], "standard"),
  });
}

const rowsOfArray = (array: NdArray): NdArray[] => Array.from({ length: array.shape[0] }, (_, i) => array.row(i));

/** All steps of all sequences below each other, [steps, D]. */
function joined(sequences: readonly NdArray[]): NdArray {
  const D = sequences[0].shape[1];
  const odd = sequences.findIndex(({ shape }) => shape[1] !== D);
  if (odd >= 0) {
    const next = "Every step of every sequence has the same features.";
    throw new ShapeError(
      problem(`${task}.fit`, `${D} features per step, as in the first sequence`, `${sequences[odd].shape[1]}`, next),
    );
  }
  const all = new Float64Array(sequences.reduce((n, { size }) => n + size, 0));
  let at = 0;
  for (const { data } of sequences) {
    all.set(data, at);
    at += data.length;
  }
  return new NdArray(all, [all.length / D, D]);
}
