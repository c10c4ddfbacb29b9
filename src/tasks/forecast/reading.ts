import type { Thousands } from "../../data/column-numbers.ts";
import type { DateFormat } from "../../data/time/date-formats.ts";
import type { Missing } from "../../data/time/fill-gaps.ts";
import type { Duplicates } from "../../data/time/in-order.ts";
import type { Field } from "../../train/options.ts";
import { isList, isRecord, isText } from "../shared/task-file.ts";

/** Options for reading a series from files, as `timeSeries` takes them; a forecaster keeps it for those who read the next file. */
export interface SeriesReading {
  /** The columns of dates; false: rows are counted. */
  readonly date?: readonly string[] | false;
  /** Format of dates that do not tell by themselves. */
  readonly dateFormat?: DateFormat;
  /** Treatment of missing rows and values. */
  readonly missing?: Missing;
  /** Treatment of rows of one date. */
  readonly duplicates?: Duplicates;
  /** Decimal separator. */
  readonly decimal?: "." | ",";
  /** Mark between thousands. */
  readonly thousands?: Thousands;
}

/** Fields of the option. */
export const known: Readonly<Record<keyof SeriesReading, (v: unknown) => boolean>> = {
  date: (v) => v === false || isList(isText)(v),
  dateFormat: isText,
  missing: isText,
  duplicates: isText,
  decimal: isText,
  thousands: isText,
};

/** The option; values are checked by who reads with them. */
export const reading: Field<SeriesReading> = {
  otherwise: {},
  expected: `an object with ${Object.keys(known).join(", ")}`,
  fits: (v) =>
    isRecord(v) && Object.entries(v).every(([name, one]) => known[name as keyof SeriesReading]?.(one) === true),
};
