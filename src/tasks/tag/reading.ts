import type { Field } from "../../train/options.ts";
import { isRecord } from "../shared/task-file.ts";

/** Columns of the files a tagger was trained on: names, or numbers from 1 in files without a header. */
export interface TaggerReading {
  /** The column of tokens. */
  readonly token?: string;
  /** The column of their labels. */
  readonly label?: string;
  /** The column that says which sentence a row belongs to. */
  readonly group?: string;
  /** The column of the sentence's own label. */
  readonly intent?: string;
}

/** The option; values are checked by who reads with them. */
export const taggerReading: Field<TaggerReading> = {
  otherwise: {},
  expected: "an object with token, label, group, intent",
  fits: (v) => isRecord(v) && Object.values(v).every((one) => typeof one === "string"),
};
