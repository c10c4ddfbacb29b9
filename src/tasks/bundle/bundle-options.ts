import type { LabelEncoder, OneHotEncoder } from "../../data/encoders.ts";
import type { Scaler } from "../../data/scalers.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { Label } from "../classify/labels.ts";
import type { LoadedTask, TaskKind } from "../load-task.ts";
import type { TaskData } from "../shared/task-file.ts";

/** The kinds of tasks that a model of another program can become. */
export type BundledKind = Exclude<
  TaskKind,
  | "globalForecaster"
  | "anomalyDetector"
  | "sequenceTagger"
  | "translator"
  | "sequenceTranscriber"
  | "videoClassifier"
  | "multiLabelClassifier"
>;

/** Files that a notebook kept beside its model, and its preprocessing of texts and series. */
export interface BundleOptions {
  /** Makes ids of texts. Default: none; a model that reads ids needs one. */
  tokenizer?: Tokenizer;
  /** Only ids below this are used, as `num_words` of a Tokenizer. Default: the tokenizer's own. */
  numWords?: number;
  /** Classes in the order of the outputs, or their encoder. Default: 0, 1, 2, …. */
  labels?: readonly Label[] | LabelEncoder | OneHotEncoder;
  /** Scaler of the columns that the model reads. Default: none, numbers go in and come out as they are. */
  scaler?: Scaler;
  /** Scaler of the target columns, where it is another. Default: `scaler`. */
  targetScaler?: Scaler;
  /** Input length in ids or steps, as `maxlen` of `pad_sequences`. Default: the model's; of one that reads any length, that of each row, without padding. */
  maxLength?: number;
  /** Whether shorter ones are padded before or after. Default `"pre"`, as in Keras. */
  padding?: "pre" | "post";
  /** Whether longer ones are truncated before or after. Default `"pre"`, as in Keras. */
  truncating?: "pre" | "post";
  /** Input window of a forecast, in rows. Default: the model's. */
  window?: number;
  /** Names of the columns of a series. Default: none, only their number is checked. */
  columns?: readonly string[];
  /** The columns to forecast: names among `columns`, or numbers from 0. Default: all. */
  target?: string | number | readonly (string | number)[];
  /** Probability above which one output is the second class. Default 0.5. */
  threshold?: number;
  /** The kind of task. Default: inferred from layers, options and loss. */
  kind?: BundledKind;
}

/** A model of another program as a task: what it became, and in words how it reads. */
export type Bundle = LoadedTask & {
  /** In a line: `a text classifier: reads 100 words, shorter texts filled up before; classes 0, 1`. */
  readonly about: string;
  /** The files that `save` keeps beside the model, for where there is no disk: `modelBytes(task.model, "m.keras", assets)`. */
  readonly assets: ReadonlyMap<string, Uint8Array>;
};

/** The contents of a task's file, and a description of them. */
export interface TaskContents {
  readonly data: TaskData;
  readonly files?: Readonly<Record<string, string>>;
  readonly about: string;
}
