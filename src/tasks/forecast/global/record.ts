import { DataError, fault, option, problem, sentence } from "../../../errors.ts";
import type { ArrayLikeNumbers } from "../series.ts";

/** One series of a collection. */
export interface SeriesRecord {
  /** Its name in reports and messages. Default: its number, from 0. */
  readonly id?: string;
  /** The numbers to forecast, oldest first. */
  readonly values: ArrayLikeNumbers;
  /** The date of each value as text, oldest first: its forecasts carry dates. Default: none. */
  readonly dates?: readonly string[] | null;
  /** Columns known beforehand (holidays, prices, a weather forecast), by name: a number for each value and for each step of the horizon after them. */
  readonly known?: Readonly<Record<string, ArrayLikeNumbers>>;
  /** Columns known up to the last value, by name: a number for each value. */
  readonly past?: Readonly<Record<string, ArrayLikeNumbers>>;
  /** Columns that do not change with time, by name: numbers, or words for categories. */
  readonly static?: Readonly<Record<string, number | string>>;
}

/** A series whose numbers are checked. */
export interface Member {
  readonly id: string;
  readonly values: Float64Array;
  readonly dates: readonly string[] | null;
  /** By column, in the order of `CollectionColumns`. */
  readonly known: readonly Float64Array[];
  /** Columns that the calendar gives; those of series with the same dates are the same. */
  readonly calendar: readonly Float64Array[];
  /** The same of holidays. */
  readonly holidays: readonly Float64Array[];
  readonly past: readonly Float64Array[];
  readonly static: readonly (number | string)[];
}

/** Names of the columns beside the values, which every series of a collection has. */
export interface CollectionColumns {
  /** Of those known beforehand. */
  readonly known: readonly string[];
  /** Of those known up to the last value. */
  readonly past: readonly string[];
  /** Of those that do not change. */
  readonly static: readonly string[];
}

/** A series, and the row that its forecast begins at. */
export interface Place {
  readonly member: Member;
  readonly at: number;
}

/** The columns of the first series, which the others must have. */
export function columnsOf(records: readonly SeriesRecord[], who: string): CollectionColumns {
  if (!Array.isArray(records) || records.length === 0) {
    const received = Array.isArray(records) ? "none" : records === null ? "null" : typeof records;
    throw new DataError(problem(who, "a list of series", received, "[{ id, values: [112, 118, 132] }]"));
  }
  const names = (part: keyof CollectionColumns) => Object.keys(records[0]?.[part] ?? {});
  return { known: names("known"), past: names("past"), static: names("static") };
}

/**
 * Series with every number finite and every column there; known columns reach `ahead` steps beyond the values. Throws DataError
 * naming series, column and row of what is not so.
 */
export function membersOf(
  records: readonly SeriesRecord[],
  columns: CollectionColumns,
  ahead: number,
  who: string,
): Member[] {
  const seen = new Set<string>();
  return records.map((record, i) => {
    if (typeof record !== "object" || record === null || record.values === undefined)
      throw new DataError(problem(who, "series with values", `another thing as number ${i}`, "{ id, values: [...] }"));
    const id = record.id ?? String(i);
    const series = `${who}: series ${JSON.stringify(id)}`;
    if (seen.has(id)) throw new DataError(fault(series, "two series have this id", "Give each one an id of its own."));
    seen.add(id);
    const values = numbersOf(record.values, `${series}, values`);
    const T = values.length;
    if (T === 0) throw new DataError(problem(series, "at least one value", "none", "Leave such series out."));
    const dates = record.dates ?? null;
    if (dates !== null && dates.length !== T)
      throw new DataError(problem(series, `a date for each of ${T} values`, `${dates.length}`));
    return {
      id,
      values,
      dates,
      known: named(record.known, columns.known, "known", series).map(([name, given]) =>
        longEnough(numbersOf(given, `${series}, ${name}`), T + ahead, `${series}, known column ${name}`, T),
      ),
      calendar: [],
      holidays: [],
      past: named(record.past, columns.past, "past", series).map(([name, given]) =>
        longEnough(numbersOf(given, `${series}, ${name}`), T, `${series}, past column ${name}`, T),
      ),
      static: named(record.static, columns.static, "static", series).map(([, given]) => given),
    };
  });
}

/** The columns of a series in the order of the collection's. */
function named<T>(
  given: Readonly<Record<string, T>> | undefined,
  names: readonly string[],
  part: keyof CollectionColumns,
  series: string,
): [string, T][] {
  const found = given ?? {};
  const other = Object.keys(found).find((name) => !names.includes(name));
  const lacking = names.find((name) => !Object.hasOwn(found, name));
  if (other === undefined && lacking === undefined) return names.map((name) => [name, found[name]]);
  const expected = names.length > 0 ? `the ${part} columns ${names.join(", ")}` : `no ${part} columns`;
  const next = "Every series has the same columns.";
  throw new DataError(problem(series, expected, Object.keys(found).join(", ") || "none", next));
}

function longEnough(column: Float64Array, least: number, who: string, rows: number): Float64Array {
  if (column.length >= least) return column;
  const ahead = least - rows;
  const next =
    column.length >= rows && ahead > 0
      ? sentence`It reaches ${column.length - rows} steps beyond the values: give it further, or a shorter ${option("horizon")}.`
      : "Give a number for each value.";
  throw new DataError(problem(who, `at least ${least} numbers`, `${column.length}`, next));
}

/** Numbers in double precision; those of a Float64Array are not copied. Throws DataError for one that is not finite. */
function numbersOf(given: ArrayLikeNumbers, who: string): Float64Array {
  if (typeof given !== "object" || given === null || !Number.isInteger(given.length))
    throw new DataError(problem(who, "a list of numbers", given === null ? "null" : typeof given));
  const bad = Array.prototype.findIndex.call(given, (v: unknown) => typeof v !== "number" || !Number.isFinite(v));
  if (bad < 0) return given instanceof Float64Array ? given : Float64Array.from(given);
  const next = "Fill gaps first: ffill, bfill or interpolate of timeSeries do.";
  throw new DataError(problem(who, `a finite number in row ${bad}`, String(given[bad]), next));
}

export const lengthOf = ({ values }: Member): number => values.length;

/** A series and its columns before a row; known columns stay whole. */
export const upTo = (member: Member, rows: number): Member => ({
  ...member,
  values: member.values.subarray(0, rows),
  dates: member.dates?.slice(0, rows) ?? null,
  past: member.past.map((column) => column.subarray(0, rows)),
});
