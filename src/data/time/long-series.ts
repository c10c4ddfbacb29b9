import { DataError, option, problem, sentence } from "../../errors.ts";
import { checkKnown } from "../checks.ts";
import { numericColumns } from "../column-numbers.ts";
import { type CsvTable, columnPlaces } from "../csv.ts";
import { type Calendar, stepText } from "./calendar.ts";
import { findDateColumns } from "./date-columns.ts";
import { onlyOrder } from "./day-month-order.ts";
import { isStepOf } from "./one-step.ts";
import { type TimeSeries, type TimeSeriesOptions, timeSeries } from "./time-series.ts";

/** One of the series of a table, as `globalForecaster` takes it. */
export interface TableSeries {
  /** Its name in the table. */
  readonly id: string;
  /** Oldest first. */
  readonly values: Float64Array;
  /** The date of each value, as ISO 8601 writes it; null where no column dates the rows. */
  readonly dates: readonly string[] | null;
  /** Columns known beforehand, by name: a number for each value, and for the rows after the last value. */
  readonly known?: Readonly<Record<string, Float64Array>>;
  /** Columns known up to the last value, by name. */
  readonly past?: Readonly<Record<string, Float64Array>>;
  /** Columns that do not change, by name: numbers or words. */
  readonly static?: Readonly<Record<string, number | string>>;
}

/** The series of a table. */
export interface SeriesCollection {
  /** In the order in which the table begins them. */
  readonly series: readonly TableSeries[];
  /** The column that was read as values. */
  readonly target: string | null;
  /** The columns that the dates are from. */
  readonly dateColumns: readonly string[];
  /** The order of day and month in the dates; null where each date tells it itself. */
  readonly dateFormat: TimeSeries["dateFormat"];
  /** The step between values; null without dates, and where these have no regular step. */
  readonly calendar: Calendar | null;
  /** Notes on the rows, a sentence each. */
  readonly notes: readonly string[];
}

export interface LongSeriesOptions extends Omit<TimeSeriesOptions, "columns"> {
  /** The column that tells the series apart. Default: none, the table is one series, named after its values. */
  series?: string;
  /** The column of values. Default: the only one of numbers beside those that are named otherwise. */
  target?: string;
  /** Columns known beforehand. Rows at the end of a series without a value are steps ahead, for which they are known. Default: none. */
  known?: readonly string[];
  /** Columns known up to the last value. Default: none. */
  past?: readonly string[];
  /** Columns that do not change within a series. Default: none. */
  static?: readonly string[];
}

const who = "longSeries";
const names = ["series", "target", "known", "past", "static"] as const;
const reading = ["date", "dateFormat", "timeZone", "missing", "duplicates", "decimal", "thousands"] as const;

/**
 * The series of a table in long form: a row for each date of each series, a column that tells the series apart. Each is put in order of its
 * dates. Throws DataError as `timeSeries` does, naming the line.
 *
 *   const table = await parseCsv("shop,day,sales\na,2020-01-01,3\nb,2020-01-01,7\na,2020-01-02,5\nb,2020-01-02,8\n");
 *   longSeries(table, { series: "shop" }).series.map(({ id, values }) => [id, ...values]); // [["a", 3, 5], ["b", 7, 8]]
 */
export function longSeries(table: CsvTable, options: LongSeriesOptions = {}): SeriesCollection {
  const given = checkKnown(who, options, [...names, ...reading]) as LongSeriesOptions;
  const { series, known = [], past = [], static: fixed = [], date: dated, ...rest } = given;
  const [place] = series === undefined ? [null] : columnPlaces(table, [series], who);
  const statics = fixed.length > 0 ? columnPlaces(table, fixed, who) : [];
  const { target: asked, ...style } = rest;
  const groups = place === null ? new Map([["", [...table.rows.keys()]]]) : groupsOf(table, place);
  const [first] = [...groups.values()].sort((a, b) => b.length - a.length); // dates are told by the longest
  const found =
    dated === undefined ? (findDateColumns(rowsOf(table, first))?.names ?? []) : dated === false ? [] : [dated].flat();
  const others = [...(series === undefined ? [] : [series]), ...known, ...past, ...fixed, ...found];
  const target = asked ?? onlyOne(table, others, [...known, ...past, ...fixed], rest);
  const columns = [target, ...known, ...past];
  const common = { ...style, date: found.length > 0 ? found : (false as const) };
  let format = style.dateFormat ?? (found.length === 1 ? orderInAll(table, found[0]) : null);
  let longest: Dated | null = null;
  const notes = new Map<string, number>();
  const readOne = ([name, rows]: readonly [string, readonly number[]]): TableSeries => {
    const id = name || target;
    const options = { ...common, ...(format === null ? {} : { dateFormat: format }) };
    const { history, ahead } = known.length > 0 ? splitAhead(table, rows, target) : { history: rows, ahead: [] };
    if (history.length === 0) {
      const next = sentence`Leave the series out, or name another column: ${option("targets", undefined, "target")}.`;
      throw new DataError(problem(who, `values of ${target} in series ${JSON.stringify(id)}`, "none", next));
    }
    const read = timeSeries(rowsOf(table, history), { ...options, columns });
    format ??= read.dateFormat;
    if (read.calendar && read.dates && longest)
      refuseOtherStep(table, longest, { ...read, calendar: read.calendar, id, rows: history });
    else if (read.calendar) longest = { calendar: read.calendar, id, rows: history };
    for (const note of read.notes) notes.set(note, (notes.get(note) ?? 0) + 1);
    const column = (k: number) =>
      Float64Array.from({ length: read.values.shape[0] }, (_, t) => read.values.data[t * columns.length + k]);
    const coming = ahead.length > 0 ? aheadOf(table, [history, ahead], known, options) : known.map(() => []);
    return {
      id,
      values: column(0),
      dates: read.dates,
      ...(known.length > 0 && {
        known: Object.fromEntries(known.map((name, k) => [name, Float64Array.from([...column(1 + k), ...coming[k]])])),
      }),
      ...(past.length > 0 && {
        past: Object.fromEntries(past.map((name, k) => [name, column(1 + known.length + k)])),
      }),
      ...(fixed.length > 0 && {
        static: Object.fromEntries(fixed.map((name, k) => [name, unchanging(table, rows, statics[k], name, id)])),
      }),
    };
  };
  const byLength = [...groups].sort((a, b) => b[1].length - a[1].length); // the longest one tells most about dates and step
  const read = new Map(byLength.map((group) => [group[0], readOne(group)]));
  const all = [...groups.keys()].map((name) => read.get(name) as TableSeries);
  const { calendar = null } = (longest as Dated | null) ?? {};
  const said = [...notes].map(([note, count]) => (groups.size > 1 ? `${note} (in ${count} series)` : note));
  return { series: all, target, dateColumns: found, dateFormat: format, calendar, notes: said };
}

/** The rows of each series, in the order in which they come. */
function groupsOf(table: CsvTable, place: number): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  table.rows.forEach((cells, row) => {
    const id = cells[place].trim();
    if (id === "") {
      const next = sentence`Fill it: the column of ${option("series")} tells to which series a row belongs.`;
      throw new DataError(problem(placeOf(table, row), "the name of a series", "an empty cell", next));
    }
    const rows = groups.get(id);
    if (rows) rows.push(row);
    else groups.set(id, [row]);
  });
  return groups;
}

/** A series with a regular step, and its rows in the table. */
interface Dated {
  readonly calendar: Calendar;
  readonly id: string;
  readonly rows: readonly number[];
}

/** Throws DataError for a series whose values follow each other with another step, or in another time zone, than those of the longest one. */
function refuseOtherStep(
  table: CsvTable,
  longest: Dated,
  own: Dated & { readonly dates: readonly string[] | null },
): void {
  const other = longest.calendar.zone !== own.calendar.zone;
  if (!other && isStepOf(longest.calendar, own.calendar, own.dates ?? [])) return;
  const words = ({ calendar }: Dated) => (other ? `dates in ${zoneText(calendar)}` : `a row ${stepText(calendar)}`);
  const expected = `${words(longest)} in series ${JSON.stringify(own.id)}, as in series ${JSON.stringify(longest.id)} (line ${table.lines[longest.rows[0]]})`;
  const next = other
    ? sentence`Choose the time zone of the days: ${option("timeZone", "Europe/Berlin")}, for example, or ${option("timeZone", "UTC")}.`
    : sentence`One model takes series of one step: put those of each step in a file of their own, or count the rows instead: ${option("date", false, "date: false")}.`;
  throw new DataError(problem(placeOf(table, own.rows[0]), expected, words(own), next));
}

const zoneText = ({ zone }: Calendar): string => (zone === null ? "no time zone" : `the time zone ${zone}`);

/** The order of day and month that the dates of all series tell together; null where they do not, or are written otherwise. */
function orderInAll(table: CsvTable, name: string): TimeSeries["dateFormat"] {
  const place = table.columns.indexOf(name);
  return onlyOrder(table.rows.map((cells) => cells[place].trim()).filter((cell) => cell !== ""));
}

const rowsOf = (table: CsvTable, rows: readonly number[]): CsvTable => ({
  columns: table.columns,
  rows: rows.map((row) => table.rows[row]),
  lines: rows.map((row) => table.lines[row]),
  ...(table.files && { files: rows.map((row) => table.files![row]) }),
});

const placeOf = ({ files, lines }: CsvTable, row: number): string => `${files?.[row] ?? who}: line ${lines[row]}`;

/** The one column of numbers that is left. */
function onlyOne(
  table: CsvTable,
  others: readonly string[],
  beside: readonly string[],
  style: TimeSeriesOptions,
): string {
  const numbers = numericColumns(table, style);
  const left = numbers.filter((name) => !others.includes(name));
  const taken = numbers.filter((name) => beside.includes(name));
  if (left.length === 1) return left[0];
  const next =
    left.length === 0
      ? taken.length > 0
        ? `${taken.join(", ")}: named as known, past or static. One of the table's columns is to be forecast.`
        : `The table has ${table.columns.join(", ")}.`
      : sentence`Name the one to forecast: ${option("targets", left[left.length - 1], `target: ${JSON.stringify(left[left.length - 1])}`)}; others are known, past or static columns.`;
  throw new DataError(problem(who, "one column of numbers to forecast", left.join(", ") || "none", next));
}

const gaps = new Set(["", "na", "n/a", "nan", "null", "none", "?", "-"]);

/** Rows with values, and those at the end that have none yet. */
function splitAhead(table: CsvTable, rows: readonly number[], target: string) {
  const [place] = columnPlaces(table, [target], who);
  let end = rows.length;
  while (end > 0 && gaps.has(table.rows[rows[end - 1]][place].trim().toLowerCase())) end--;
  return { history: rows.slice(0, end), ahead: rows.slice(end) };
}

/** Known columns of the rows ahead, which follow the last row with a value. */
function aheadOf(
  table: CsvTable,
  [history, ahead]: readonly (readonly number[])[],
  known: readonly string[],
  options: TimeSeriesOptions,
): number[][] {
  const rows = [...history.slice(-3), ...ahead]; // their step is the history's
  const read = timeSeries(rowsOf(table, rows), { ...options, columns: known });
  const T = read.values.shape[0];
  const from = Math.min(3, history.length);
  return known.map((_, k) =>
    Array.from({ length: T - from }, (_, t) => read.values.data[(from + t) * known.length + k]),
  );
}

/** The cell that all rows of a series have. */
function unchanging(table: CsvTable, rows: readonly number[], place: number, name: string, id: string) {
  const cell = table.rows[rows[0]][place].trim();
  const other = rows.find((row) => table.rows[row][place].trim() !== cell);
  if (other !== undefined) {
    const expected = `${cell} in static column ${name}, as before in series ${JSON.stringify(id)}`;
    const next = sentence`A column that changes is known beforehand or past: ${option("known")}, ${option("past")}.`;
    throw new DataError(problem(placeOf(table, other), expected, table.rows[other][place].trim(), next));
  }
  return cell !== "" && Number.isFinite(Number(cell)) ? Number(cell) : cell;
}
