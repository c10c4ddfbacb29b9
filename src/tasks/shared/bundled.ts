import type { NdArray } from "../../tensor/nd-array.ts";
import { toCategorical } from "../../text/to-categorical.ts";
import { isNumber, isRecord, readField, type TaskData } from "./task-file.ts";

/** How the program that trained a bundled model made its inputs; tasks that were trained here have none. */
export interface Bundled {
  /** The end that is filled up, as `padding` of `padSequences`. */
  readonly padding: "pre" | "post";
  /** Ids are given as one-hot rows. */
  readonly oneHot: boolean;
  /** Value of steps that are filled up. */
  readonly paddingValue: number;
  /** Above this, one output means the second of two classes. */
  readonly threshold: number;
}

export const usualBundled: Bundled = { padding: "pre", oneHot: false, paddingValue: 0, threshold: 0.5 };

/** Null in a file that has none. Throws FormatError for a damaged one. */
export const readBundled = (data: TaskData): Bundled | null =>
  data.bundled === undefined
    ? null
    : readField(data, "bundled", "{ padding, oneHot, paddingValue, threshold }", isBundled);

/** Ids [N, T] as one-hot rows [N, T, V], padding (0) among them, as Keras's `to_categorical` makes them. */
export const oneHotRows = (ids: NdArray, vocabulary: number): NdArray =>
  toCategorical(ids, vocabulary).reshape([...ids.shape, vocabulary]);

const isBundled = (v: unknown): v is Bundled =>
  isRecord(v) &&
  (v.padding === "pre" || v.padding === "post") &&
  typeof v.oneHot === "boolean" &&
  isNumber(v.paddingValue) &&
  isNumber(v.threshold);
