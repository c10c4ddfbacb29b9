import { type CsvTable, columnNumbers, type NumberOptions, numericColumns, seriesColumns } from "../data/index.ts";
import { DataError, problem } from "../errors.ts";
import type { NdArray } from "../index.ts";
import { readTables, type TableOptions } from "./read-table.ts";
import { told } from "./read-text-file.ts";

export interface SeriesOptions extends TableOptions, Pick<NumberOptions, "decimal"> {
  /** What a gap does. Default `"refuse"`. */
  missing?: "refuse" | "drop" | "previous";
}

/** A series, oldest row first: the columns that are named, or all of numbers that neither count nor date the rows. [T, D] */
export async function readSeries(
  files: readonly string[],
  columns: readonly string[] | undefined,
  { missing = "refuse", decimal, ...reading }: SeriesOptions = {},
): Promise<{ series: NdArray; columns: string[] }> {
  const table = await readTables(files, reading);
  const file = files.join(", ");
  if (columns === undefined) await numbersIn(table, file, decimal); // throws where there are none
  const chosen = columns ?? seriesColumns(table, { decimal });
  return told("columnNumbers", file, () => {
    const next = "Say what a gap does: --missing previous, or --missing drop.";
    if (missing === "refuse") refuseGaps(table, file, chosen, decimal, next);
    return { series: columnNumbers(table, chosen, { missing, decimal }), columns: [...chosen] };
  });
}

/** The columns of numbers. Throws where there are none, and for a column that would be one but for a few cells. */
export async function numbersIn(
  table: CsvTable,
  file: string,
  decimal: SeriesOptions["decimal"],
  besides: readonly (string | undefined)[] = [],
): Promise<string[]> {
  const chosen = numericColumns(table, { decimal });
  const next = "Mend it, or say which columns are read: --columns NAMES.";
  const isNumber = (cell: string) => (cell.trim() !== "" && Number.isFinite(Number(cell))) || withComma.test(cell);
  for (const [place, name] of table.columns.entries()) {
    const numbers = table.rows.filter((row) => isNumber(row[place])).length;
    if (chosen.includes(name) || besides.includes(name) || numbers < table.rows.length / 2) continue;
    await told("columnNumbers", file, () => columnNumbers(table, [name], { missing: "nan", decimal }), next);
  }
  const found = chosen.filter((name) => !besides.includes(name));
  if (found.length > 0) return found;
  const how = `The file has ${table.columns.join(", ")}: name one with --columns.`;
  throw new DataError(problem(file, "a column of numbers", "none", how));
}

const withComma = /^\s*[+-]?\d+,\d+\s*$/; // read with --decimal ",", told of without it

/** Throws DataError naming the line of the first gap. */
export function refuseGaps(
  table: CsvTable,
  file: string,
  columns: readonly string[],
  decimal: SeriesOptions["decimal"],
  next: string,
): void {
  const numbers = columnNumbers(table, columns, { missing: "nan", decimal }); // a row for each of the table
  const gap = (numbers.data as Float64Array).findIndex(Number.isNaN);
  if (gap < 0) return;
  const name = columns[gap % columns.length];
  const row = Math.floor(gap / columns.length);
  const cell = table.rows[row][table.columns.indexOf(name)];
  const expected = `a number in column ${JSON.stringify(name)}`;
  throw new DataError(
    problem(`${file}: line ${table.lines[row]}`, expected, cell === "" ? "an empty cell" : cell, next),
  );
}
