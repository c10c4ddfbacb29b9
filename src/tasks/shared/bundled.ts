import type { Texts } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { toCategorical } from "../../text/to-categorical.ts";
import { isNumber, isRecord, readField, type TaskData } from "./task-file.ts";

/** The preprocessing of the program that trained a bundled model; tasks that were trained here have none. */
export interface Bundled {
  /** The end that is filled up, as `padding` of `padSequences`. */
  readonly padding: "pre" | "post";
  /** Ids are given as one-hot rows. */
  readonly oneHot: boolean;
  /** The model reads texts itself. */
  readonly asTexts?: boolean;
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

/** Texts as a model reads them that has a layer for it: [N] or [N, 1]. */
export const textRows = (texts: readonly string[], { inputShape }: Pick<Model, "inputShape">): Texts =>
  inputShape?.length === 1 ? texts : texts.map((text) => [text]);

const isBundled = (v: unknown): v is Bundled =>
  isRecord(v) &&
  (v.padding === "pre" || v.padding === "post") &&
  typeof v.oneHot === "boolean" &&
  ["boolean", "undefined"].includes(typeof v.asTexts) &&
  isNumber(v.paddingValue) &&
  isNumber(v.threshold);
