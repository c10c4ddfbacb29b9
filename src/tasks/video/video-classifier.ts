import type { LoadOptions } from "../../formats/load-model.ts";
import type { AnyLayer } from "../../layers/index.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import type { History } from "../../train/fit/history.ts";
import { adam } from "../../train/optimizers/index.ts";
import { cosineDecay } from "../../train/schedules.ts";
import {
  type AskOptions,
  Classifier,
  type ClassifierFitOptions,
  type Evaluation,
  type Prediction,
} from "../classify/classifier.ts";
import { apart } from "../classify/labelled-rows.ts";
import type { Label } from "../classify/labels.ts";
import { batchFor, epochsFor } from "../shared/defaults.ts";
import type { ModelInput } from "../shared/model-input.ts";
import {
  isCount,
  isList,
  openTask,
  readField,
  readPlainOptions,
  saveTask,
  type TaskSource,
} from "../shared/task-file.ts";
import {
  batchOfClips,
  type Clip,
  checkFrames,
  clipsOf,
  type FrameSize,
  frameOf,
  type PixelScale,
  pixelScale,
  readPixelScale,
} from "./clips.ts";
import { videoLayers } from "./network.ts";
import { readVideo, task, type VideoClassifierOptions } from "./options.ts";

export type { VideoClassifierOptions };

/** A clip and its class. */
export interface LabelledClip {
  /** Pixels [T, H, W], or [T, H, W, C]. */
  clip: Clip;
  /** Its class. */
  label: Label;
}

/** Facts learned from the training clips: how others are read. */
interface Learned extends PixelScale {
  /** Frames read of each clip. */
  readonly length: number;
  readonly frame: FrameSize;
  /** For how many clips the network is made. */
  readonly clips: number;
}

/** A classifier of clips; made by `videoClassifier`. */
export class VideoClassifier extends Classifier<NdArray, Learned> {
  /** The kind of task, as files have it. */
  readonly task = task;
  readonly #given: VideoClassifierOptions;

  constructor(options: VideoClassifierOptions = {}) {
    super(options);
    readVideo(options, 1000); // what is wrong is said before there are data
    this.#given = options;
  }

  /** Frames read of each clip; 0 before `fit`. */
  get length(): number {
    return this.learned?.length ?? 0;
  }
  /** Rows, columns and channels of its frames; null before `fit`. */
  get frame(): FrameSize | null {
    return this.learned?.frame ?? null;
  }

  /**
   * Trains on clips and their labels, or on rows that hold both; from scratch, where not told to `continue`. Clips may have any number of
   * frames, all of one size. Rejects with DataError or ShapeError naming the clip that does not fit; the task is then what it was before.
   *
   *   await video.fit([{ clip, label: "left" }, ...rows], { epochs: 10 });
   */
  fit(clips: readonly Clip[] | NdArray, labels: readonly Label[], options?: ClassifierFitOptions): Promise<History>;
  fit(rows: readonly LabelledClip[], options?: ClassifierFitOptions): Promise<History>;
  async fit(
    given: readonly Clip[] | NdArray | readonly LabelledClip[],
    second?: readonly Label[] | ClassifierFitOptions,
    third: ClassifierFitOptions = {},
  ): Promise<History> {
    const rows = apart(given, second, "clip", `${task}.fit`);
    const options = rows.paired ? ((second ?? {}) as ClassifierFitOptions) : third;
    return this.fitRows(rows.values, rows.labels, options, (clips, count) => this.#learn(clips, count));
  }

  /** Loss, accuracy and a report by class, compared with always predicting the most frequent class. */
  evaluate(clips: readonly Clip[] | NdArray, labels: readonly Label[], options?: AskOptions): Promise<Evaluation>;
  evaluate(rows: readonly LabelledClip[], options?: AskOptions): Promise<Evaluation>;
  async evaluate(
    given: readonly Clip[] | NdArray | readonly LabelledClip[],
    second?: readonly Label[] | AskOptions,
    third?: AskOptions,
  ): Promise<Evaluation> {
    const rows = apart(given, second, "clip", `${task}.evaluate`);
    return this.evaluateRows(rows.values, rows.labels, rows.paired ? (second as AskOptions) : third);
  }

  /** The class of each clip, with all probabilities. */
  async predict(clips: readonly Clip[] | NdArray, options?: AskOptions): Promise<Prediction[]> {
    return (await this.predictRows(clips, options)).answers;
  }

  /**
   * A clip as the model reads it.
   *
   *   const { x } = video.modelInput(clip);
   *   const { layers } = await trace(video.model, x);
   */
  modelInput(clip: Clip): ModelInput {
    const who = `${task}.modelInput`;
    const learned = this.known("modelInput");
    return { x: this.encode(this.rowsOf([clip], who), learned, who), steps: null };
  }

  /** Writes model, labels, and how clips become frames as one `.keras` file, which opens in Keras. */
  async save(path: string | URL): Promise<void> {
    const { model, kept } = this;
    const { length, frame, mean, deviation } = this.learned!;
    await saveTask(model, path, task, { ...kept, length, frame, mean, deviation });
  }

  /** See `loadVideoClassifier`. */
  static async open(source: TaskSource, options?: LoadOptions): Promise<VideoClassifier> {
    const { model, data } = await openTask(source, task, options);
    const found = new VideoClassifier({ ...readPlainOptions(data), backend: options?.backend });
    const isFrame = (v: unknown): v is FrameSize & number[] => isList(isCount(100_000))(v) && v.length === 3;
    const frame = readField(data, "frame", "rows, columns and channels of a frame", isFrame);
    return found.adopt(model, data, {
      length: readField(data, "length", "a length up to a million", isCount(1_000_000)),
      frame,
      ...readPixelScale(data, frame[2]),
      clips: 0,
    });
  }

  protected rowsOf(given: unknown, who: string): NdArray[] {
    return clipsOf(given, who);
  }

  #learn(clips: readonly NdArray[], count: number): Learned {
    const { length } = readVideo(this.#given, count);
    const frame = frameOf(clips[0]);
    checkFrames(clips, frame, `${task}.fit`);
    const longest = clips.reduce((most, { shape }) => Math.max(most, shape[0]), 0);
    return { length: length ?? Math.min(32, longest), frame, ...pixelScale(clips), clips: count };
  }

  protected encode(clips: readonly NdArray[], learned: Learned, who: string, places?: readonly number[]): NdArray {
    checkFrames(clips, learned.frame, who, places);
    return batchOfClips(clips, learned.length, learned);
  }

  protected lengths(clips: readonly NdArray[], { length }: Learned): number[] {
    return clips.map(() => length);
  }

  protected layers(_classes: number, { length, frame, clips }: Learned): AnyLayer[] {
    return videoLayers(length, frame, readVideo(this.#given, clips));
  }

  protected defaults(rows: number) {
    const optimizer = (steps: number) => adam({ learningRate: cosineDecay(0.003, { decaySteps: steps }) });
    return { epochs: epochsFor(rows), batchSize: batchFor(rows), optimizer };
  }
}

/**
 * Clips in, classes out: convolutions look at each frame, and a recurrent layer at what they found, in order; or a convolutional LSTM
 * remembers images. Honestly small: frames of some 30 pixels, a class a clip, trained from nothing.
 *
 *   const video = videoClassifier({ units: 64 });
 *   await video.fit(clips, ["left", "right", ...more]);      // each [T, 16, 16], T of its own
 *   const [{ label, probability }] = await video.predict([clip]);
 *   await video.save("moves.keras");                         // opens in Keras, and with loadVideoClassifier
 */
export const videoClassifier = (options: VideoClassifierOptions = {}): VideoClassifier => new VideoClassifier(options);

/**
 * A video classifier that `save` wrote, from a path, an address or bytes. Throws FormatError for a model of another task.
 *
 *   const video = await loadVideoClassifier("moves.keras");
 */
export const loadVideoClassifier = (source: TaskSource, options?: LoadOptions): Promise<VideoClassifier> =>
  VideoClassifier.open(source, options);
