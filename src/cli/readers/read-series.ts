import { columnNumbers, type NumberOptions, numberStyle, numericColumns, seriesColumns } from "../../data/index.ts";
import { counted, DataError, problem, ShapeError } from "../../errors.ts";
import type { NdArray } from "../../index.ts";
import { columnOf, placeOf, readTables, type Table, type TableOptions } from "./read-table.ts";
import { told } from "./read-text-file.ts";

/** How numbers are written; what is left out is chosen by the cells. */
export type Written = Pick<NumberOptions, "decimal" | "thousands">;

export interface SeriesOptions extends TableOptions, Written {
  /** Treatment of missing values. Default `"refuse"`. */
  missing?: "refuse" | "drop" | "previous";
}

/** A series, oldest row first: the columns that are named, or all of numbers that neither count nor date the rows. [T, D] */
export async function readSeries(
  files: readonly string[],
  columns: readonly string[] | undefined,
  { missing = "refuse", decimal, thousands, ...reading }: SeriesOptions = {},
): Promise<{ series: NdArray; columns: string[] }> {
  const table = await readTables(files, reading);
  const file = files.join(", ");
  const written = writtenAs(table, { decimal, thousands }, file, reading.say);
  if (columns === undefined) await numbersIn(table, file, written); // throws where there are none
  const chosen = columns ?? seriesColumns(table, written);
  for (const name of columns ?? []) columnOf(table, name, "--columns");
  if (columns === undefined) reading.say?.(leftOut(table, file, chosen, written));
  return told("columnNumbers", file, () => {
    const next = "Choose how to treat missing values: --missing previous, or --missing drop.";
    if (missing === "refuse") refuseGaps(table, chosen, written, next);
    return { series: columnNumbers(table, chosen, { missing, ...written }), columns: [...chosen] };
  });
}

/** How numbers are written, where it is not said: by cells that leave no doubt, which is told in a line. */
export function writtenAs(table: Table, given: Written, file: string, say: TableOptions["say"]): Written {
  if (given.decimal !== undefined || given.thousands !== undefined) return given;
  const found = numberStyle(table);
  if (!found) return {};
  const { column, cell, ...written } = found;
  const flags = Object.entries(written).map(([name, mark]) => `--${name} "${mark}"`);
  say?.(`${file}: ${JSON.stringify(cell)} in column ${column} is read as one number: ${flags.join(" ")}`);
  return written;
}

/** The names of a model's columns, where one of them is named that it forecasts: those that are chosen, or all that are read. */
export async function columnsFor(
  files: readonly string[],
  { columns, target, ...reading }: SeriesOptions & { columns?: string[]; target?: string[] },
): Promise<string[] | undefined> {
  if (columns || !target || files.length === 0) return columns;
  return (await readSeries(files, undefined, { ...reading, say: () => {} })).columns;
}

/** Lets a forecaster work; one that reads other columns is told of with the option that chooses them. */
export async function ofItsColumns<T>(work: () => Promise<T>): Promise<T> {
  const next = "Name the columns it was trained on, in their order: --columns NAMES.";
  return work().catch((error) => {
    throw error instanceof ShapeError ? error.retell({ next }) : error;
  });
}

/** Names in one line the columns read from a table, and why others are not. */
function leftOut(table: Table, file: string, chosen: readonly string[], written: Written): string {
  const [read, numbers] = [new Set(chosen), new Set(numericColumns(table, written))];
  const others = [...table.columns.entries()].filter(([, name]) => !read.has(name));
  const reasons = others.slice(0, mostNamed).map(([place, name]) => {
    if (numbers.has(name)) return `${name} (it counts or dates the rows)`;
    const row = table.rows.findIndex((cells) => !numericColumns(oneCell(name, cells[place]), written).length);
    return `${name} (${JSON.stringify(table.rows[row][place].slice(0, 30))} is no number)`;
  });
  const named = (names: readonly string[], all: number) =>
    `${names.join(", ")}${all > mostNamed ? ` and ${all - mostNamed} more` : ""}`;
  const rest = reasons.length > 0 ? `; leaves out ${named(reasons, others.length)}` : "";
  return `${file}: ${counted(table.rows.length, "row")}, reads ${named(chosen.slice(0, mostNamed), chosen.length)}${rest}`;
}

const mostNamed = 12;

const oneCell = (name: string, cell: string) => ({ columns: [name], rows: [[cell]], lines: [1] });

/** The columns of numbers. Throws where there are none, and for a column that would be one but for a few cells. */
export async function numbersIn(
  table: Table,
  file: string,
  written: Written,
  besides: readonly (string | undefined)[] = [],
): Promise<string[]> {
  const chosen = numericColumns(table, written);
  const known = new Set([...chosen, ...besides]);
  const next = "Fix it, or choose the columns to read: --columns NAMES.";
  const isNumber = (cell: string) => (cell.trim() !== "" && Number.isFinite(Number(cell))) || nearly.test(cell);
  for (const [place, name] of table.columns.entries()) {
    const numbers = table.rows.filter((row) => isNumber(row[place])).length;
    if (known.has(name) || numbers < table.rows.length / 2) continue;
    await told("columnNumbers", file, () => columnNumbers(table, [name], { missing: "nan", ...written }), next);
  }
  const found = chosen.filter((name) => !besides.includes(name));
  if (found.length > 0) return found;
  const how = `The file has ${table.columns.join(", ")}: name one with --columns.`;
  throw new DataError(problem(file, "a column of numbers", "none", how));
}

/** Told of where it cannot be read, for it is hardly meant as a text: a decimal comma, thousands, a unit, brackets for a minus. */
const nearly =
  /^\s*\(?[+\u2212-]?\s?[\p{Sc}%]?\s?(\d+([.,]\d+)?|\d{1,3}([,.' \u00a0\u202f’]\d{3})+([.,]\d+)?)\s?[\p{Sc}%]?\)?\s*$/u;

/** Throws DataError naming the line of the first gap. */
export function refuseGaps(table: Table, columns: readonly string[], written: Written, next: string): void {
  const numbers = columnNumbers(table, columns, { missing: "nan", ...written }); // a row for each of the table
  const gap = (numbers.data as Float64Array).findIndex(Number.isNaN);
  if (gap < 0) return;
  const name = columns[gap % columns.length];
  const row = Math.floor(gap / columns.length);
  const cell = table.rows[row][table.columns.indexOf(name)];
  const expected = `a number in column ${JSON.stringify(name)}`;
  throw new DataError(problem(placeOf(table, row), expected, cell === "" ? "an empty cell" : cell, next));
}
