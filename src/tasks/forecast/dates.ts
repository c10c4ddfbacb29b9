import { type Calendar, stepText } from "../../data/time/calendar.ts";
import { calendarOf } from "../../data/time/calendar-of.ts";
import { nextDates } from "../../data/time/next-dates.ts";
import { isStepOf } from "../../data/time/one-step.ts";
import { counted, DataError, option, problem, sentence } from "../../errors.ts";
import { isCount, isRecord, readField, type TaskData } from "../shared/task-file.ts";

/** The dates of a series, a text for each row. */
export type Dates = readonly string[];

/** The step between the rows of a series by their dates; null without a regular step. */
export function calendarFor(dates: Dates, rows: number, timeZone: string | null, who: string): Calendar | null {
  if (dates.length !== rows)
    throw new DataError(
      problem(who, `a date for each of ${counted(rows, "row")}`, `${dates.length}`, "Give one date for each row."),
    );
  return calendarOf(dates, timeZone === null ? {} : { timeZone });
}

/** The same for a trained forecaster. Throws DataError for rows that follow each other with another step than those of training. */
export function sameCalendar(
  trained: Calendar | null,
  dates: Dates,
  rows: number,
  timeZone: string | null,
  who: string,
  like = "in training",
): Calendar | null {
  const found = calendarFor(dates, rows, trained?.zone ?? timeZone, who);
  if (trained === null || found === null || isStepOf(trained, found, dates)) return trained ?? found;
  const [before, now] = [stepText(trained), stepText(found)];
  const next = sentence`Give rows of that step, or train on these; without ${option("dates", undefined, "dates")} rows are counted.`;
  throw new DataError(problem(who, `a row ${before}, as ${like}`, `one ${now}`, next));
}

/** A series, or what is read of one. */
interface Dated {
  readonly id: string;
  readonly dates: Dates | null;
}

/**
 * The step of many series, which is that of training or of the longest one; null without dates or a regular step. Throws DataError for a
 * series whose values follow each other with another one.
 */
export function commonCalendar(series: readonly Dated[], trained: Calendar | null, who: string): Calendar | null {
  const dated = series.filter((one): one is { id: string; dates: Dates } => one.dates !== null);
  if (dated.length === 0) return trained;
  const longest = dated.reduce((a, b) => (b.dates.length > a.dates.length ? b : a));
  const whoOf = ({ id }: Dated) => `${who}: series ${JSON.stringify(id)}`;
  const common = trained ?? calendarFor(longest.dates, longest.dates.length, null, whoOf(longest));
  const like = trained ? undefined : `in series ${JSON.stringify(longest.id)}`;
  let last: Dates = [];
  for (const one of common ? dated : []) {
    const again = one.dates.length === last.length && one.dates.every((date, t) => date === last[t]);
    if (!again) sameCalendar(common, one.dates, one.dates.length, null, whoOf(one), like);
    last = one.dates;
  }
  return common;
}

/** The dates of the steps after a series; null without a regular step. */
export function datesAfter(calendar: Calendar | null, dates: Dates, steps: number): Dates | null {
  return calendar && nextDates(calendar, dates[dates.length - 1], steps);
}

/** A calendar from a file. Throws FormatError naming what is wrong. */
export function readCalendar(data: TaskData): Calendar | null {
  if (data.calendar === undefined || data.calendar === null) return null;
  const found = { ...readField(data, "calendar", "a calendar", isRecord), task: data.task };
  const word = <T extends string>(name: string, known: readonly T[]) =>
    readField(found, name, `one of ${known.join(", ")}`, (v): v is T => known.includes(v as T));
  const day = (v: unknown): v is Calendar["dayOfMonth"] =>
    v === null || v === "last" || v === "first business day" || v === "last business day" || (isCount(31)(v) && v > 0);
  const zone = (v: unknown): v is string | null => v === null || (typeof v === "string" && v.length < 64);
  return {
    unit: word("unit", units),
    count: readField(found, "count", "a whole number above 0", (v): v is number => isCount(1e12)(v) && v > 0),
    dayOfMonth: readField(found, "dayOfMonth", "a day of the month", day),
    zone: readField(found, "zone", "a time zone or null", zone),
    precision: word("precision", precisions),
  };
}

const units = [
  ...(["millisecond", "second", "minute", "hour", "day", "business day", "week"] as const),
  ...(["month", "quarter", "year"] as const),
];
const precisions = ["year", "quarter", "month", "week", "day", "minute", "second", "millisecond"] as const;
