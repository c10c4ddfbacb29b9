import { type CsvTable, columnNumbers, type NumberOptions, numericColumns } from "../data/index.ts";
import { DataError, problem } from "../errors.ts";
import type { NdArray } from "../index.ts";
import { readTables } from "./read-table.ts";

export interface SeriesOptions extends Pick<NumberOptions, "decimal"> {
  /** What a gap does. Default `"refuse"`. */
  missing?: "refuse" | "drop" | "previous";
  encoding?: string;
}

/** A series, oldest row first: the columns that are named, or all of numbers. [T, D] */
export async function readSeries(
  files: readonly string[],
  columns: readonly string[] | undefined,
  { missing = "refuse", decimal, encoding }: SeriesOptions = {},
): Promise<{ series: NdArray; columns: string[] }> {
  const table = await readTables(files, encoding);
  const chosen = columns ?? numericColumns(table, { decimal });
  if (chosen.length === 0) {
    const next = `The file has ${table.columns.join(", ")}: name one with --columns.`;
    throw new DataError(problem(files[0], "a column of numbers", "none", next));
  }
  if (missing === "refuse")
    refuseGaps(table, chosen, decimal, "Say what a gap does: --missing previous, or --missing drop.");
  return { series: columnNumbers(table, chosen, { missing, decimal }), columns: [...chosen] };
}

/** Throws DataError naming the line of the first gap. */
export function refuseGaps(
  table: CsvTable,
  columns: readonly string[],
  decimal: SeriesOptions["decimal"],
  next: string,
): void {
  const numbers = columnNumbers(table, columns, { missing: "nan", decimal }); // a row for each of the table
  const gap = (numbers.data as Float32Array).findIndex(Number.isNaN);
  if (gap < 0) return;
  const name = columns[gap % columns.length];
  const row = Math.floor(gap / columns.length);
  const cell = table.rows[row][table.columns.indexOf(name)];
  const expected = `a number in column ${JSON.stringify(name)}`;
  throw new DataError(problem(`line ${table.lines[row]}`, expected, cell === "" ? "an empty cell" : cell, next));
}
