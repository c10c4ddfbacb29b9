import { DataError, invalidOption, option, problem, sentence, showValue, suggest } from "../../errors.ts";
import { checkKnown } from "../checks.ts";
import { daysIn, timeOf, weekOf, weekStart } from "./civil.ts";
import { type DateFormat, dateFormats, type Where } from "./date-formats.ts";
import { type DateText, readDateText } from "./date-text.ts";
import { formatOf, orderOf, partsBy } from "./day-month-order.ts";
import { digitForm, isEpoch, readDigits } from "./digit-dates.ts";
import { checkZone, instantsOf, offsetText, type Zone } from "./zone.ts";

/** Precision of a column of dates. */
export type DatePrecision = "year" | "quarter" | "month" | "week" | "day" | "minute" | "second" | "millisecond";

export interface DateOptions {
  /**
   * Format of dates that do not tell by themselves: `"day-first"`, `"month-first"`, `"year-first"`, or `"epoch-seconds"`,
   * `"epoch-milliseconds"`, `"epoch-microseconds"`, `"epoch-nanoseconds"`. Default: by the whole column; an error where nothing in it tells.
   */
  dateFormat?: DateFormat;
  /**
   * Time zone of the clock times, for example `"Europe/Berlin"`: an hour that is repeated in autumn is first summer time, then winter time
   * (one row alone in it: by the step of the other rows); one that is left out in spring is an error. Default: that written with the dates; else clock times are taken as they are, 24 hours a day.
   */
  timeZone?: string;
}

/** A column of dates. */
export interface ParsedDates {
  /** Milliseconds since 1970-01-01: instants, or clock times counted as if they were UTC where there is no zone. */
  readonly times: Float64Array;
  /** Time zone: a name (`"Europe/Berlin"`), `"UTC"`, an offset (`"+01:00"`); null: clock times without one. */
  readonly zone: string | null;
  /** The finest part that is written: dates at midnight alone are of days. */
  readonly precision: DatePrecision;
  /** The order of day and month, as the column tells it; null where each date tells it itself. */
  readonly dateFormat: DateFormat | null;
}

/**
 * Reads a column of dates: ISO 8601 with or without time and zone, day or month first (told by the whole column), names of months in English,
 * `2020-01`, `2020`, quarters (`2020-Q1`), weeks (`2020-W05`), `20200131`, seconds, milli-, micro- or nanoseconds since 1970 (to the
 * millisecond). Two-digit years are 1969
 * to 2068, but for columns that cross these. Throws DataError naming the row of a cell that is no date, or written otherwise than
 * those before it.
 *
 *   Array.from(parseDates(["31.01.2020", "01.02.2020"]).times); // [1580428800000, 1580515200000]
 *   parseDates(["2020-Q1", "2020-Q2"]).precision; // "quarter"
 */
export function parseDates(dates: readonly string[], options: DateOptions = {}): ParsedDates {
  const who = "parseDates";
  if (!Array.isArray(dates) || dates.length === 0 || !dates.every((date) => typeof date === "string"))
    throw new DataError(problem(who, "a list of dates as text", showValue(dates)));
  return readDates(dates, checkKnown(who, options, ["dateFormat", "timeZone"]), {
    place: (row) => `${who}: row ${row}`,
  });
}

/** Reads the dates of a column, each of which has a place for messages. */
export function readDates(cells: readonly string[], given: DateOptions, where: Where): ParsedDates {
  const named = given.timeZone === undefined ? zoneIn(cells, where) : null;
  const options = named === null ? given : { ...given, timeZone: named };
  const { dateFormat } = options;
  if (dateFormat !== undefined && !dateFormats.includes(dateFormat)) {
    const next = suggest(String(dateFormat), dateFormats);
    throw new DataError(invalidOption("dates", "dateFormat", "a known format", showValue(dateFormat), next));
  }
  const texts = textsOf(cells, dateFormat, where);
  const order = /[?#]/.test(texts[0].fields) ? orderOf(texts, cells, dateFormat, where) : null;
  const years = texts.map(({ numbers, fields }) => numbers[(order ?? fields.toUpperCase()).indexOf("Y")]);
  const full = /[y#]/.test(texts[0].fields) ? inOneCentury(years) : years;
  const days = texts.map((text, row) => {
    const start = startOf(text, full[row], order);
    if (start !== null) return start;
    throw new DataError(problem(where.place(row), "a day of the calendar", showValue(cells[row])));
  });
  const clocks = texts.map(({ clock }) => clock ?? 0);
  const { times, zone } = inZone(
    texts,
    days.map((day, row) => day + clocks[row]),
    cells,
    options,
    where,
  );
  return { times, zone, precision: precisionOf(texts, clocks), dateFormat: order && formatOf(order) };
}

/** The zone in brackets after the dates, `2020-01-31T10:00+01:00[Europe/Berlin]`; null: none. Throws DataError for another one in a later row. */
function zoneIn(cells: readonly string[], { place }: Where): string | null {
  const zoneOf = (cell: string) => /\[([\w/+-]+)\]\s*$/.exec(cell)?.[1] ?? null;
  const zone = zoneOf(cells[0]);
  const other = cells.findIndex((cell) => zoneOf(cell) !== zone);
  if (zone === null || other < 0) return zone;
  const next = sentence`Choose the time zone of the days: ${option("timeZone", zone)}, for example.`;
  throw new DataError(problem(place(other), `a time of ${zone}, as those before it`, showValue(cells[other]), next));
}

/** Every cell by itself; all are written alike. */
function textsOf(cells: readonly string[], format: DateFormat | undefined, where: Where): DateText[] {
  const digits = isEpoch(format) ? format : digitForm(cells.slice(0, 1));
  const form = digits === "YYYY" || format === digits ? digits : (digitForm(cells) ?? digits);
  const read = (cell: string) => (form === null ? readDateText(cell) : readDigits(cell, form));
  const first = read(cells[0]);
  return cells.map((cell, row) => {
    const found = read(cell);
    if (found && first && found.form === first.form) return found;
    const like = row > 0 && first ? `a date written as ${showValue(cells[0])} is` : "a date";
    const empty = cell.trim() === "";
    const next = empty
      ? sentence`Fill it, or leave the row out: ${option("missing", "drop")}.`
      : sentence`Write all dates one way, or count the rows instead: ${option("date", false, "date: false")}.`;
    throw new DataError(problem(where.place(row), like, empty ? "an empty cell" : showValue(cell), next));
  });
}

/** The beginning of what a cell names; null for a day that the calendar has not. */
function startOf({ fields, numbers }: DateText, year: number, order: "DMY" | "MDY" | "YMD" | null): number | null {
  if (year < 1) return null;
  const names = order ?? fields.toUpperCase();
  const at = (part: string) => numbers[names.indexOf(part)];
  if (fields.includes("W")) {
    const monday = weekStart(year, at("W"));
    const weekday = fields.includes("w") ? numbers[fields.indexOf("w")] - 1 : 0;
    return weekOf(monday).week === at("W") ? monday + weekday * 86_400_000 : null;
  }
  if (fields.includes("Q")) return timeOf(year, 3 * at("Q") - 2, 1);
  const { month = 1, day = 1 } = order ? partsBy(numbers, order) : { month: at("M"), day: at("D") };
  const real = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(12 * year + month - 1);
  return real ? timeOf(year, month, day) : null;
}

/**
 * Two-digit years in full: the first is one of 1969 to 2068, each next one the nearest to the one before; none is left after 2068.
 */
function inOneCentury(years: readonly number[]): number[] {
  let last = years[0] + (years[0] < 69 ? 2000 : 1900);
  const near = years.map((year) => {
    last = year + 100 * Math.round((last - year) / 100);
    return last;
  });
  const most = near.reduce((a, b) => Math.max(a, b));
  const late = 100 * Math.ceil(Math.max(0, most - 2068) / 100);
  return near.map((year) => year - late);
}

/** Clock times as instants, where there is a zone. */
function inZone(
  texts: readonly DateText[],
  walls: readonly number[],
  cells: readonly string[],
  { timeZone }: DateOptions,
  where: Where,
): { times: Float64Array; zone: Zone } {
  const asked = timeZone === undefined ? null : checkZone("dates", timeZone);
  const { offset } = texts[0];
  if (offset === null)
    return { times: asked === null ? Float64Array.from(walls) : onClocks(walls, cells, asked, where), zone: asked };
  const other = asked === null ? texts.findIndex((text) => text.offset !== offset) : -1;
  if (other >= 0) {
    const next = sentence`Choose the time zone of the days: ${option("timeZone", "Europe/Berlin")}, for example, or ${option("timeZone", "UTC")}.`;
    const expected = `a time in the zone of those before it, ${offsetText(offset)}`;
    throw new DataError(problem(where.place(other), expected, showValue(cells[other]), next));
  }
  return {
    times: Float64Array.from(walls, (wall, row) => wall - texts[row].offset!),
    zone: asked ?? offsetText(offset),
  };
}

/**
 * Instants at which the clocks of a zone show these times. An hour that comes twice is passed in the order of the rows; of one row
 * alone in it that is meant which continues the usual step, otherwise the first.
 */
function onClocks(walls: readonly number[], cells: readonly string[], zone: string, where: Where): Float64Array {
  const rising = walls.reduce((sum, wall, row) => sum + Math.sign(wall - (walls[row - 1] ?? wall)), 0) >= 0;
  const step = usualStep(walls);
  const times = new Float64Array(walls.length);
  let last = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < walls.length; k++) {
    const row = rising ? k : walls.length - 1 - k;
    const found = instantsOf(walls[row], zone);
    if (found.length === 0) {
      const expected = `a time that clocks show in ${zone}`;
      const next = "Clocks leave this hour out in spring: correct it, or leave the time zone out.";
      throw new DataError(problem(where.place(row), expected, showValue(cells[row]), next));
    }
    const later = found.filter((instant) => instant > last);
    last = later.find((instant) => (instant - last) % step === 0) ?? later[0] ?? found[0];
    times[row] = last;
  }
  return times;
}

/** The difference that most rows have from the row before, in either direction; NaN for one row. */
function usualStep(walls: readonly number[]): number {
  const counts = new Map<number, number>();
  let best = Number.NaN;
  for (let t = 1; t < walls.length; t++) {
    const step = Math.abs(walls[t] - walls[t - 1]);
    const count = (counts.get(step) ?? 0) + 1;
    counts.set(step, count);
    if (count > (counts.get(best) ?? 0)) best = step;
  }
  return best;
}

function precisionOf([{ fields, clock, offset }]: readonly DateText[], clocks: readonly number[]): DatePrecision {
  if (clock !== null && (offset !== null || clocks.some((time) => time % 86_400_000 !== 0))) {
    if (clocks.every((time) => time % 60_000 === 0)) return "minute";
    return clocks.every((time) => time % 1000 === 0) ? "second" : "millisecond";
  }
  if (/[D?#w]/.test(fields)) return "day";
  if (fields.includes("W")) return "week";
  if (fields.includes("Q")) return "quarter";
  return fields.includes("M") ? "month" : "year";
}
