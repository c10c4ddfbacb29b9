import {
  type Calendar,
  columnNumbers,
  describeSeries,
  type NumberOptions,
  numberStyle,
  numericColumns,
  type TimeSeries,
  type TimeSeriesOptions,
  timeSeries,
} from "../../data/index.ts";
import { counted, DataError, problem, ShapeError } from "../../errors.ts";
import type { NdArray, SeriesReading } from "../../index.ts";
import { haveWeeks, withoutWeeks, withReason } from "./holidays.ts";
import { columnOf, placeOf, readTables, type Table, type TableOptions } from "./read-table.ts";
import { told } from "./read-text-file.ts";

/** The style of numbers; what is left out is chosen by the cells. */
export type Written = Pick<NumberOptions, "decimal" | "thousands">;

/** Options of reading a series that a model keeps. */
type Read = Pick<TimeSeriesOptions, "dateFormat" | "timeZone" | "missing" | "duplicates">;

export interface SeriesOptions extends TableOptions, Written, Read {
  /** The columns of dates; false: rows are counted. Default: detected. */
  date?: readonly string[] | false;
  /** The least and the greatest value that there can be of the columns to forecast. */
  min?: number;
  max?: number;
  /** The columns to forecast. Default: all. */
  targets?: readonly string[];
  /** Whether the series is read to train on: then it says how holidays among business days are treated, and the model keeps that. */
  toTrain?: boolean;
}

/** A series as it is read from files. */
export interface ReadSeries {
  /** Oldest row first [T, D]. */
  series: NdArray;
  columns: string[];
  dates: readonly string[] | null;
  calendar: Calendar | null;
  /** The options it was read with, for the next file. */
  reading: SeriesReading;
}

/**
 * A series in order of time: the columns that are named, or all of numbers that neither count nor date the rows. One line says what was
 * understood, others what was done to the rows.
 */
export async function readSeries(
  files: readonly string[],
  columns: readonly string[] | undefined,
  {
    date,
    dateFormat,
    timeZone,
    missing: asked,
    duplicates,
    decimal,
    thousands,
    min,
    max,
    targets,
    toTrain,
    ...reading
  }: SeriesOptions = {},
): Promise<ReadSeries> {
  const table = await readTables(files, reading);
  const file = files.join(", ");
  for (const name of columns ?? []) columnOf(table, name, "--columns");
  for (const name of date || []) columnOf(table, name, "--date");
  const written = writtenAs(table, { decimal, thousands }, file, reading.say);
  if (columns === undefined) await numbersIn(table, file, written); // throws where there are none
  const options = { columns, date, dateFormat, timeZone, missing: asked, duplicates, ...written };
  const read = await told("timeSeries", file, () =>
    told("columnNumbers", file, () => timeSeries(table, withoutUndefined(options))),
  );
  const found = toTrain && asked === undefined ? withHolidays(read, table, options, targets) : read;
  const missing = found.values.shape[0] > read.values.shape[0] ? ("ffill" as const) : asked;
  const { values: series, dates, calendar, dateColumns, notes } = found;
  const chosen = [...found.columns];
  const what = describeSeries({ rows: series.shape[0], dates, dateColumns, calendar });
  reading.say?.(`${file}: ${what}, ${usedColumns(table, chosen, dateColumns, columns !== undefined, written)}`);
  for (const note of [...notes, ...constants(series, chosen), ...outliers(series, chosen, dates)])
    reading.say?.(`${file}: ${note}`);
  refuseBeyond(table, found, { min, max, targets }, written);
  const kept = {
    date: dateColumns.length > 0 ? dateColumns : (false as const),
    dateFormat: found.dateFormat ?? dateFormat,
    missing,
    duplicates,
    ...written,
  };
  return { series, columns: chosen, dates, calendar, reading: withoutUndefined(kept) };
}

/** Business days with a row for each holiday, where the columns to forecast have weeks; otherwise as read, and a note says that they have none. */
function withHolidays(
  read: TimeSeries,
  table: Table,
  options: TimeSeriesOptions,
  targets?: readonly string[],
): TimeSeries {
  const { calendar } = read;
  if (calendar?.unit !== "business day") return read;
  const filled = timeSeries(table, withoutUndefined<TimeSeriesOptions>({ ...options, missing: "ffill" }));
  const [rows, width] = filled.values.shape;
  if (rows === read.values.shape[0]) return read;
  const looked = [...filled.columns.keys()].filter((k) => targets?.includes(filled.columns[k]) ?? true);
  const column = (k: number) => Float64Array.from({ length: rows }, (_, t) => filled.values.data[t * width + k]);
  return haveWeeks(looked.map(column), calendar)
    ? { ...filled, notes: filled.notes.map(withReason) }
    : { ...read, notes: read.notes.map(withoutWeeks) };
}

/** Throws DataError naming the line of the first value of the series to forecast that is beyond its bounds. */
function refuseBeyond(
  table: Table,
  { values: { data, shape }, columns }: TimeSeries,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, targets = columns }: SeriesOptions,
  written: Written,
): void {
  const beyond = (v: number) => v < min || v > max;
  const width = shape[1];
  const k = columns.findIndex((name, k) => targets.includes(name) && data.some((v, i) => i % width === k && beyond(v)));
  if (k < 0) return;
  const cells = columnNumbers(table, [columns[k]], { missing: "nan", ...written }).data as Float64Array;
  const row = cells.findIndex(beyond);
  if (row < 0) return; // between the cells, by filling: the forecaster names it
  const [flag, bound] = cells[row] < min ? ["--min", `${min} or more`] : ["--max", `${max} or less`];
  const expected = `${bound} in column ${JSON.stringify(columns[k])}, by ${flag}`;
  throw new DataError(
    problem(placeOf(table, row), expected, `${cells[row]}`, `Leave ${flag} out, or look at that line.`),
  );
}

/** A sentence on columns that have one value in all rows. */
function constants({ data, shape: [rows, width] }: NdArray, names: readonly string[]): string[] {
  const same = (k: number) => data.every((v, i) => i % width !== k || v === data[k]);
  const found = rows < 3 ? [] : names.flatMap((name, k) => (same(k) ? [`${name} is ${data[k]}`] : []));
  return found.length > 0 ? [`${found.join(", ")} in every row: nothing to learn there`] : [];
}

const farOff = 20; // interquartile ranges from the median

/** A sentence for each column with a few values that stand far from all others: a slip, or a day that forecasts and intervals lean on. */
function outliers({ data, shape: [rows, width] }: NdArray, names: readonly string[], dates: readonly string[] | null) {
  return names.flatMap((name, k) => {
    const column = Array.from({ length: rows }, (_, t) => data[t * width + k]);
    const sorted = Float64Array.from(column).sort();
    const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => sorted[Math.floor(part * (rows - 1))]);
    const far = [...column.keys()].filter((t) => Math.abs(column[t] - middle) > farOff * (high - low));
    if (rows < 20 || !(high > low) || far.length === 0 || far.length > 0.01 * rows) return [];
    const first = `${column[far[0]]} at ${dates?.[far[0]] ?? `row ${far[0] + 1}`}`;
    return [`${name} has ${counted(far.length, "value")} far from all others (${first}): look whether it is right`];
  });
}

/** Options for a trained forecaster: those of its file, but for those that are given. */
export function readingOf(
  { reading, timeZone }: { reading?: SeriesReading; timeZone?: string },
  given: SeriesOptions,
): SeriesOptions {
  return { ...reading, ...withoutUndefined({ timeZone }), ...withoutUndefined(given) };
}

/** The options that are given. */
/** Without the options that are undefined. */
export const withoutUndefined = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

/** The style of numbers where no option gives it: by cells that leave no doubt, reported in a line. */
export function writtenAs(table: Table, given: Written, file: string, say: TableOptions["say"]): Written {
  if (given.decimal !== undefined || given.thousands !== undefined) return given;
  const found = numberStyle(table);
  if (!found) return {};
  const { column, cell, ...written } = found;
  const flags = Object.entries(written).map(([name, mark]) => `--${name} "${mark}"`);
  say?.(`${file}: ${JSON.stringify(cell)} in column ${column} is read as one number: ${flags.join(" ")}`);
  return written;
}

/** The names of the columns that are read where none are chosen; undefined without a file. */
export const columnsIn =
  (files: readonly string[], reading: SeriesOptions) => async (): Promise<string[] | undefined> =>
    files.length === 0 ? undefined : (await readSeries(files, undefined, { ...reading, say: () => {} })).columns;

/** Lets a forecaster work; one that reads other columns is told of with the option that chooses them. */
export async function ofItsColumns<T>(work: () => Promise<T>): Promise<T> {
  const next = "Name the columns it was trained on, in their order: --columns NAMES.";
  return work().catch((error) => {
    throw error instanceof ShapeError ? error.retell({ next }) : error;
  });
}

/** The columns read from a table, and why others are not. */
function usedColumns(
  table: Table,
  chosen: readonly string[],
  dates: readonly string[],
  asked: boolean,
  written: Written,
): string {
  const [read, numbers] = [new Set([...chosen, ...dates]), new Set(numericColumns(table, written))];
  const others = [...table.columns.entries()].filter(([, name]) => !read.has(name));
  const reasons = others.slice(0, mostNamed).map(([place, name]) => {
    if (asked) return name;
    if (numbers.has(name)) return `${name} (it counts or dates the rows)`;
    const row = table.rows.findIndex((cells) => !numericColumns(oneCell(name, cells[place]), written).length);
    return `${name} (${JSON.stringify(table.rows[row][place].slice(0, 30))} is no number)`;
  });
  const named = (names: readonly string[], all: number) =>
    `${names.join(", ")}${all > mostNamed ? ` and ${all - mostNamed} more` : ""}`;
  const rest = reasons.length > 0 ? `; leaves out ${named(reasons, others.length)}` : "";
  return `reads ${named(chosen.slice(0, mostNamed), chosen.length)}${rest}`;
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
