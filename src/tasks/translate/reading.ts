import type { Field } from "../../train/options.ts";
import { isRecord } from "../shared/task-file.ts";

/** Columns of the files a translator was trained on. */
export interface TranslatorReading {
  /** The column of texts that are read. */
  readonly source?: string;
  /** The column of their translations. */
  readonly target?: string;
}

/** The option; values are checked by who reads with them. */
export const translatorReading: Field<TranslatorReading> = {
  otherwise: {},
  expected: "an object with source, target",
  fits: (v) => isRecord(v) && Object.values(v).every((one) => typeof one === "string"),
};
