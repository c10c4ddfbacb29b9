import { DataError, problem, sentence, showValue } from "../../errors.ts";
import { checkKnown } from "../checks.ts";
import { type Calendar, dateText } from "./calendar.ts";
import { inferCalendar } from "./infer-calendar.ts";
import { type DateOptions, readDates } from "./parse-dates.ts";

/**
 * The step between dates in order of time; null where there is no regular step. Rows that are missing do not matter.
 * Throws DataError naming the row of one that is not later than the one before.
 *
 *   const { unit, count } = calendarOf(["2020-01-31 10:00", "2020-01-31 10:15", "2020-01-31 10:45"]);
 *   [count, unit]; // [15, "minute"]
 */
export function calendarOf(dates: readonly string[], options: DateOptions = {}): Calendar | null {
  const who = "calendarOf";
  if (!Array.isArray(dates) || dates.length === 0 || !dates.every((date) => typeof date === "string"))
    throw new DataError(problem(who, "a list of dates as text", showValue(dates)));
  const place = (row: number) => `${who}: row ${row}`;
  const parsed = readDates(dates, checkKnown(who, options, ["dateFormat", "timeZone"]), { place });
  const { times } = parsed;
  const row = times.findIndex((time, t) => t > 0 && !(time > times[t - 1]));
  if (row >= 0) {
    const next = sentence`Sort the rows, oldest first, and leave one for each date: timeSeries(table) does both.`;
    throw new DataError(problem(place(row), `a date after ${dateText(parsed, times[row - 1])}`, dates[row], next));
  }
  return inferCalendar(parsed).calendar;
}
