import type { Thousands } from "../../data/column-numbers.ts";
import type { Field } from "../../train/options.ts";
import { isCount, isList, isRecord, isText } from "./task-file.ts";

/** Columns of a table and options for reading it; a task keeps them for those who read the next file. */
export interface TableReading {
  /** The column of texts. */
  readonly text?: string;
  /** The column of labels. */
  readonly label?: string;
  /** The mark between several labels of a cell. */
  readonly separator?: string;
  /** The column that says which sequence a row belongs to. */
  readonly group?: string;
  /** The columns of numbers, in their order. */
  readonly columns?: readonly string[];
  /** Rows of each window over a long table; a window is a sequence. */
  readonly window?: number;
  /** Rows from one window to the next. */
  readonly step?: number;
  /** Label of a window whose rows have several: that of most, of the last, or none: it is refused. */
  readonly windowLabel?: "majority" | "last" | "single";
  /** Treatment of rows without a text or a label. */
  readonly missing?: "error" | "drop";
  /** Decimal separator. */
  readonly decimal?: "." | ",";
  /** Mark between thousands. */
  readonly thousands?: Thousands;
}

const known: Readonly<Record<keyof TableReading, (v: unknown) => boolean>> = {
  text: isText,
  label: isText,
  separator: isText,
  group: isText,
  columns: isList(isText),
  window: isCount(10_000_000),
  step: isCount(10_000_000),
  windowLabel: isText,
  missing: isText,
  decimal: isText,
  thousands: isText,
};

/** The option; values are checked by who reads with them. */
export const tableReading: Field<TableReading> = {
  otherwise: {},
  expected: `an object with ${Object.keys(known).join(", ")}`,
  fits: (v) =>
    isRecord(v) && Object.entries(v).every(([name, one]) => known[name as keyof TableReading]?.(one) === true),
};
