import { type CsvTable, columnNumbers, numericColumns } from "../../data/index.ts";

/** A column of numbers of a table that was dropped, oldest row first. */
export interface DroppedSeries {
  readonly column: string;
  readonly values: readonly number[];
}

const leastValues = 50;
/** Columns that say which row it is. */
const counting = /^(no|nr|row|index|id|date|time|timestamp|year|month|day|weekday|hour|minute|second|unnamed.*|)$/i;

/** The first column of numbers that does not merely count or date the rows, with gaps filled from the row before; null where there is none. */
export function seriesIn(table: CsvTable): DroppedSeries | null {
  for (const column of numericColumns(table)) {
    if (counting.test(column.trim())) continue;
    const values = Array.from(columnNumbers(table, [column], { missing: "previous" }).data);
    const step = values[1] - values[0];
    const counts = values.every((v, t) => t === 0 || v - values[t - 1] === step);
    if (values.length >= leastValues && !counts) return { column, values };
  }
  return null;
}
