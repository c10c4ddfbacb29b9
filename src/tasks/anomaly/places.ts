import { type Calendar, daysOf, fixedLengths, monthsOf } from "../../data/time/calendar.ts";
import { businessDayOf, clockOf, dayLength, dayOf, monthOf } from "../../data/time/civil.ts";
import type { DateFormat } from "../../data/time/date-formats.ts";
import { readDates } from "../../data/time/parse-dates.ts";
import { wallOf } from "../../data/time/zone.ts";
import { DataError, option, problem, sentence } from "../../errors.ts";
import type { DetectorLearned } from "./learned.ts";

/**
 * The number of each date's step, counted from a fixed day by the clocks of its zone, so that equal phases of a day or week are equal
 * modulo its length: rows that are missing, and files that begin elsewhere, do not shift a season.
 */
export function placesOf(
  calendar: Calendar,
  dates: readonly string[],
  dateFormat: DateFormat | null,
  who: string,
): { places: Float64Array; dateFormat: DateFormat | null } {
  const given = { dateFormat: dateFormat ?? undefined, timeZone: calendar.zone ?? undefined };
  const found = readDates(dates, given, { place: (row) => `${who}: dates: row ${row}` });
  const places = found.times.map((time) => placeOf(calendar, wallOf(time, calendar.zone)));
  return { places, dateFormat: dateFormat ?? found.dateFormat };
}

/**
 * The places of rows that follow training's calendar, or their numbers from `first` on where it had none. Throws DataError for rows without dates
 * where a season is told by them.
 */
export function placesIn(
  { calendar, season, dateFormat }: Pick<DetectorLearned, "calendar" | "season" | "dateFormat">,
  dates: readonly string[] | null,
  first: number,
  rows: number,
  who: string,
): Float64Array {
  if (calendar && dates) return placesOf(calendar, dates, dateFormat, who).places;
  if (calendar && season > 1) {
    const next = sentence`Its season is told by the clock: give ${option("dates", undefined, "dates")}, or train without dates.`;
    throw new DataError(problem(who, "the dates of the rows, as in training", "none", next));
  }
  return Float64Array.from({ length: rows }, (_, t) => first + t);
}

const monday = -3; // days since 1970 of the Monday that weeks are counted from

function placeOf({ unit, count }: Calendar, wall: number): number {
  const months = monthsOf[unit];
  if (months !== undefined) return Math.floor(monthOf(wall) / (months * count));
  const day = dayOf(wall) - monday;
  if (unit === "business day") return Math.floor(businessDayOf(dayOf(wall)) / count);
  const days = daysOf[unit];
  if (days !== undefined) return Math.floor(day / (days * count));
  return Math.floor((day * dayLength + clockOf(wall)) / ((fixedLengths[unit] ?? 1) * count));
}
