import type { LabelEncoder, OneHotEncoder } from "../../data/encoders.ts";
import type { Scaler } from "../../data/scalers.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { Label } from "../classify/labels.ts";
import type { LoadedTask, TaskKind } from "../load-task.ts";
import type { TaskData } from "../shared/task-file.ts";

/** What a notebook kept beside its model, and what it did with texts and series before the model saw them. */
export interface BundleOptions {
  /** Makes ids of texts. Default: none; a model that reads ids needs one. */
  tokenizer?: Tokenizer;
  /** Only ids below this are used, as `num_words` of a Tokenizer. Default: the tokenizer's own. */
  numWords?: number;
  /** Classes in the order of the outputs, or their encoder. Default: 0, 1, 2, …. */
  labels?: readonly Label[] | LabelEncoder | OneHotEncoder;
  /** Scaler of the columns that the model reads. Default: none, numbers go in and come out as they are. */
  scaler?: Scaler;
  /** Scaler of what it forecasts, where it is another. Default: `scaler`. */
  targetScaler?: Scaler;
  /** Ids or steps that are read of a text or sequence, as `maxlen` of `pad_sequences`. Default: those that the model says. */
  maxLength?: number;
  /** The end of a shorter one that is filled up. Default `"pre"`, as in Keras. */
  padding?: "pre" | "post";
  /** The end that is cut off a longer one. Default `"pre"`, as in Keras. */
  truncating?: "pre" | "post";
  /** Rows of a series that a forecast reads. Default: those that the model says. */
  window?: number;
  /** Names of the columns of a series. Default: none, only their number is checked. */
  columns?: readonly string[];
  /** The columns that are forecast: names among `columns`, or numbers from 0. Default: all, or the only one. */
  target?: string | number | readonly (string | number)[];
  /** Above this, one output means the second of two classes. Default 0.5. */
  threshold?: number;
  /** The kind of task. Default: as layers, options and loss say. */
  kind?: TaskKind;
}

/** A model of another program as a task: what it became, and in words how it reads. */
export type Bundle = LoadedTask & {
  /** In a line: `a text classifier: reads 100 words, shorter texts filled up before; classes 0, 1`. */
  readonly about: string;
};

/** What a task's file holds, and what is said of it. */
export interface TaskContents {
  readonly data: TaskData;
  readonly files?: Readonly<Record<string, string>>;
  readonly about: string;
}
