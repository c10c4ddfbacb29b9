import {
  counted,
  DataError,
  invalidOption,
  option,
  problem,
  sentence,
  showValue,
  suggest,
  type Words,
} from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { checkKnown } from "../checks.ts";
import { columnNumbers, type NumberOptions, unusualNumbers } from "../column-numbers.ts";
import { type CsvTable, columnPlaces } from "../csv.ts";
import { seriesColumns } from "../series-columns.ts";
import { type Calendar, dateText, stepText } from "./calendar.ts";
import { type DateColumns, findDateColumns, namedDateColumns } from "./date-columns.ts";
import type { DateFormat } from "./date-formats.ts";
import { filled, type Missing, missingWays, onEveryStep } from "./fill-gaps.ts";
import { type Duplicates, duplicateWays, inTimeOrder, type TimedRows, withoutDuplicates } from "./in-order.ts";
import { inferCalendar } from "./infer-calendar.ts";
import { type DateOptions, readDates } from "./parse-dates.ts";

export interface TimeSeriesOptions extends DateOptions, Pick<NumberOptions, "decimal" | "thousands"> {
  /** The columns of numbers to read, in this order. Default: all that neither date nor count the rows. */
  columns?: readonly string[];
  /** The column of dates; several of a date and its time, or of year, month, day, hour; false: rows are counted. Default: detected. */
  date?: string | readonly string[] | false;
  /**
   * Treatment of missing values, and of rows that are missing between two dates: `"error"` names the first; `"drop"` leaves the rows out;
   * `"ffill"` repeats the value before, `"bfill"` the one after, `"interpolate"` draws a straight line. Default: an error, but for
   * weekdays without a row among business days, which are holidays.
   */
  missing?: Missing;
  /** Treatment of rows of one date: `"error"` names the first; `"last"` in the file; their `"mean"`. Default `"error"`. */
  duplicates?: Duplicates;
}

/** A series in order of time. */
export interface TimeSeries {
  /** Numbers, oldest row first [T, D]. */
  readonly values: NdArray;
  /** Names of the columns of numbers. */
  readonly columns: readonly string[];
  /** The date of each row, as ISO 8601 writes it; null where no column dates the rows. */
  readonly dates: readonly string[] | null;
  /** The step between rows; null without dates, and where these have no regular step. */
  readonly calendar: Calendar | null;
  /** The columns that the dates are from. */
  readonly dateColumns: readonly string[];
  /** The order of day and month in the dates, as their column tells it; null where each date tells it itself. */
  readonly dateFormat: DateFormat | null;
  /** Notes on the rows, a sentence each: sorted, filled, left out. */
  readonly notes: readonly string[];
}

const who = "timeSeries";

/**
 * A table as a series: numbers in order of time, one row for each date. The column of dates is detected, and the step between rows; newest
 * first is turned round. Throws DataError naming the line of a date or a number that cannot be read, of a gap or a duplicate (but
 * see `missing`, `duplicates`), and where another step begins.
 *
 *   const table = await parseCsv("day,sales\n2020-01-03,5\n2020-01-01,3\n");
 *   const series = timeSeries(table, { missing: "interpolate" });
 *   series.values.toArray(); // [[3], [5]]
 */
export function timeSeries(table: CsvTable, options: TimeSeriesOptions = {}): TimeSeries {
  const names = ["columns", "date", "dateFormat", "timeZone", "missing", "duplicates", "decimal", "thousands"] as const;
  const { missing, duplicates = "error", decimal, thousands } = checkKnown(who, options, names);
  checkWay("missing", missing ?? "error", missingWays);
  checkWay("duplicates", duplicates, duplicateWays);
  const place = (row: number) =>
    table.files?.[row] === undefined
      ? `${who}: line ${table.lines[row]}`
      : `${table.files[row]}: line ${table.lines[row]}`;
  const { dated, columns } = columnsOf(table, options);
  if (columns.length === 0) throw new DataError(problem(who, "a column of numbers besides the dates", "none"));
  const numbers = columnNumbers(table, columns, { missing: "nan", decimal, thousands }).toArray() as number[][];
  const notes: string[] = [];
  const say = (note: string | null) => note !== null && notes.push(note);
  for (const { column, cell, number } of unusualNumbers(table, columns, { decimal, thousands }))
    say(`${JSON.stringify(cell)} in column ${column} is read as ${number}`);
  const all = [...numbers.keys()];
  if (missing === undefined || missing === "error") refuseEmpty(table, numbers, columns, place);
  const kept = dated && missing === "drop" ? all.filter((row) => dated.cells[row] !== "") : all;
  if (kept.length < all.length) say(`${counted(all.length - kept.length, "row")} without a date left out`);
  const found = dated
    ? inTime({ dated, numbers, kept }, options, place, say)
    : { rows: numbers, calendar: null, text: null, dateFormat: null };
  const complete = filled(found.rows, missing ?? "error");
  const gone = emptyIn(kept.map((row) => numbers[row])) - emptyIn(complete);
  if (missing !== "drop" && gone > 0) say(`${counted(gone, "missing value")} filled (${missing})`);
  const whole = wholeRows(complete, columns, say);
  const { text } = found;
  return {
    values: new NdArray(Float64Array.from(whole.flatMap(({ row }) => row)), [whole.length, columns.length]),
    columns: [...columns],
    dates: text && whole.map(({ t }) => text(t)),
    calendar: found.calendar,
    dateColumns: dated?.names ?? [],
    dateFormat: found.dateFormat,
    notes,
  };
}

/** The table without columns that are no series. */
function withoutColumns(table: CsvTable, names: readonly string[]): CsvTable {
  const kept = [...table.columns.keys()].filter((place) => !names.includes(table.columns[place]));
  const rows = table.rows.map((row) => kept.map((place) => row[place]));
  return { ...table, columns: kept.map((place) => table.columns[place]), rows };
}

const checkWay = (name: string, given: string, known: readonly string[]): void => {
  if (known.includes(given)) return;
  const next = suggest(String(given), known);
  throw new DataError(invalidOption(who, name, sentence`${option(name)}: a known way`, showValue(given), next));
};

/** The columns of dates, and those of numbers; a column that is the only one of numbers is no date where nothing else is said. */
function columnsOf(
  table: CsvTable,
  { date, columns, decimal, thousands }: TimeSeriesOptions,
): { dated: DateColumns | null; columns: readonly string[] } {
  const named = typeof date === "string" ? [date] : date || [];
  const dated = named.length > 0 ? namedDateColumns(table, named, who) : date === false ? null : findDateColumns(table);
  if (columns) return { dated, columns };
  const others = seriesColumns(withoutColumns(table, dated?.names ?? []), { decimal, thousands });
  if (others.length > 0 || date !== undefined) return { dated, columns: others };
  return { dated: null, columns: seriesColumns(table, { decimal, thousands }) };
}

interface Rows {
  readonly dated: DateColumns;
  readonly numbers: readonly (readonly number[])[];
  /** The rows that have a date. */
  readonly kept: readonly number[];
}

/** Rows by their dates: in order, each date once, on every step. */
function inTime(
  { dated, numbers, kept }: Rows,
  options: TimeSeriesOptions,
  place: (row: number) => string,
  say: (note: string | null) => void,
) {
  const { timeZone, missing, duplicates = "error" } = options;
  const cells = kept.map((row) => dated.cells[row]);
  if (cells.length === 0)
    throw new DataError(
      problem(
        who,
        "rows with a date",
        "none",
        sentence`Name another column of dates, or ignore the dates: ${option("date", false, "date: false")}.`,
      ),
    );
  const parsed = readDates(cells, { dateFormat: options.dateFormat, timeZone }, { place: (at) => place(kept[at]) });
  const dateFormat = options.dateFormat ?? parsed.dateFormat;
  const ordered = inTimeOrder({ times: parsed.times, rows: kept.map((row) => numbers[row]), from: kept }, place);
  say(ordered.note);
  const single = withoutDuplicates(ordered, duplicates, place, (time) => dateText(parsed, time));
  say(single.note);
  const steps = inferCalendar({ ...parsed, times: single.times });
  const textOf = (calendar: Pick<Calendar, "zone" | "precision">, times: Float64Array) => (t: number) =>
    dateText(calendar, times[t]);
  if (steps.calendar === null) {
    if (steps.changesAt !== null)
      refuseChange(single, steps.changesAt, (time) => dateText(parsed, time), place, ordered.hint);
    if (single.times.length > 2)
      say(
        "dates follow each other without a regular step: rows are taken as steps of one length, and forecasts have no dates",
      );
    return { rows: single.rows, calendar: null, text: textOf(parsed, single.times), dateFormat };
  }
  const { calendar } = steps;
  if (calendar.unit === "month" && calendar.dayOfMonth === null && finer.has(parsed.precision))
    say("one row in each month, on days that vary: rows are read as months");
  const whole = onEveryStep(single, calendar, steps.places, missing, place, ordered.hint);
  say(whole.note);
  return { rows: whole.rows, calendar, text: textOf(calendar, whole.times), dateFormat };
}

const finer: ReadonlySet<string> = new Set(["day", "minute", "second", "millisecond"]); // than weeks

/** Throws DataError for the row from which on rows follow each other with another step. */
function refuseChange(
  { times, from }: TimedRows,
  at: number,
  dateOf: (time: number) => string,
  place: (row: number) => string,
  hint: string,
): never {
  const stepAt = (t: number) => `${dateOf(times[t])} after ${dateOf(times[t - 1])}`;
  const next = sentence`Keep only rows with one step between them, or ignore the dates: ${option("date", false, "date: false")}.${hint}`;
  throw new DataError(problem(place(from[at]), `one step between rows, such as ${stepAt(1)}`, stepAt(at), next));
}

/** Number of values that are missing. */
const emptyIn = (rows: readonly (readonly number[])[]): number =>
  rows.reduce((count, row) => count + row.filter(Number.isNaN).length, 0);

/** Throws DataError naming the first empty cell. */
function refuseEmpty(
  table: CsvTable,
  numbers: readonly (readonly number[])[],
  columns: readonly string[],
  place: (row: number) => string,
): void {
  const row = numbers.findIndex((values) => values.some(Number.isNaN));
  if (row < 0) return;
  const k = numbers[row].findIndex(Number.isNaN);
  const cell = table.rows[row][columnPlaces(table, [columns[k]], who)[0]];
  const received = `${cell.trim() === "" ? "an empty cell" : cell}; ${counted(emptyIn(numbers), "value")} missing in all`;
  const next = sentence`Choose how to treat them: ${option("missing", "interpolate")}, ffill or bfill fill them, ${option("missing", "drop")} leaves their rows out.${wideHint(numbers)}`;
  throw new DataError(problem(place(row), `a number in column ${JSON.stringify(columns[k])}`, received, next));
}

/** Rows that are series, one longer than the other, have their empty cells at the end. */
function wideHint(rows: readonly (readonly number[])[]): Words {
  const wide =
    rows[0].length > 12 &&
    rows.every((row) => row.every((v, k) => k === 0 || Number.isNaN(v) || !Number.isNaN(row[k - 1])));
  return wide ? sentence` If each row is a series: ${option("wide", true, "wideSeries(table)")}.` : "";
}

/** The rows without a missing value, and their places; what is left out is said, with the column that is the reason. */
function wholeRows(rows: readonly (readonly number[])[], columns: readonly string[], say: (note: string) => void) {
  const whole = [...rows.entries()].filter(([, row]) => !row.some(Number.isNaN)).map(([t, row]) => ({ t, row }));
  if (whole.length === rows.length) return whole;
  if (whole.length === 0) {
    const k = columns.findIndex((_, k) => rows.every((row) => Number.isNaN(row[k])));
    const reason = k < 0 ? "no row has all of them" : `column ${JSON.stringify(columns[k])} is empty`;
    throw new DataError(problem(who, `rows with numbers in ${columns.join(", ")}`, reason));
  }
  const [first, last] = [whole[0].t, whole[whole.length - 1].t];
  const atEnd = (end: "start" | "end", count: number, t: number) => {
    if (count === 0) return;
    const empty = columns.filter((_, k) => Number.isNaN(rows[t][k])).map((name) => JSON.stringify(name));
    const way = end === "start" ? "starts late" : "ends early";
    say(`${counted(count, "row")} at the ${end} left out, as ${empty.join(", ")} ${way}`);
  };
  atEnd("start", first, first - 1);
  const between = last - first + 1 - whole.length;
  if (between > 0) say(`${counted(between, "row")} with a missing value left out`);
  atEnd("end", rows.length - 1 - last, last + 1);
  return whole;
}

/**
 * A series in one line: its rows, their dates and the step between them.
 *
 *   describeSeries({ rows: 3, dates: ["2020-01", "2020-02", "2020-03"], dateColumns: ["month"], calendar: null }); // "3 rows, month 2020-01 to 2020-03"
 */
export function describeSeries({
  rows,
  dates,
  dateColumns,
  calendar,
}: { rows: number } & Pick<TimeSeries, "dates" | "dateColumns" | "calendar">): string {
  const many = counted(rows, "row");
  if (dates === null || dates.length === 0) return many;
  const step = calendar ? `, ${stepText(calendar)}` : "";
  const zone = calendar?.zone ? ` (${calendar.zone})` : "";
  const range = dates.length > 1 ? `${dates[0]} to ${dates[dates.length - 1]}` : dates[0];
  return `${many}, ${dateColumns.join(" and ")} ${range}${step}${zone}`;
}
