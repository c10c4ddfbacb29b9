import type { Field } from "../../../train/options.ts";
import { isList, isRecord, isText } from "../../shared/task-file.ts";
import { type SeriesReading, known as seriesFields } from "../reading.ts";

/** Options for reading many series from files, as `longSeries` and `wideSeries` take them; kept with the model for the next file. */
export interface CollectionReading extends SeriesReading {
  /** Rows are series. */
  readonly wide?: boolean;
  /** The column that tells the series apart. */
  readonly series?: string;
  /** The column of values. */
  readonly target?: string;
  /** Columns known beforehand. */
  readonly known?: readonly string[];
  /** Columns known up to the last value. */
  readonly past?: readonly string[];
  /** Columns that do not change within a series. */
  readonly static?: readonly string[];
}

const fields: Readonly<Record<keyof CollectionReading, (v: unknown) => boolean>> = {
  ...seriesFields,
  wide: (v) => typeof v === "boolean",
  series: isText,
  target: isText,
  known: isList(isText),
  past: isList(isText),
  static: isList(isText),
};

/** The option; values are checked by who reads with them. */
export const collectionReading: Field<CollectionReading> = {
  otherwise: {},
  expected: `an object with ${Object.keys(fields).join(", ")}`,
  fits: (v) =>
    isRecord(v) && Object.entries(v).every(([name, one]) => fields[name as keyof CollectionReading]?.(one) === true),
};
