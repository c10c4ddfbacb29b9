/** Days, months and weeks of the calendar, on times in milliseconds since 1970 as UTC counts them. */

export const dayLength = 86_400_000; // ms
export const hourLength = 3_600_000; // ms

/** The beginning of the years that dates are written with, 1 to 9999, and their end. */
export const earliest = -62_135_596_800_000;
export const end = 253_402_300_800_000;

/** The beginning of a day; months from 1. Days and months beyond the end count on. */
export function timeOf(year: number, month: number, day: number): number {
  const date = new Date(0);
  return date.setUTCFullYear(year, month - 1, day); // Date.UTC takes the year 50 for 1950
}

/** Year, month from 1, and day of a time. */
export function civilOf(time: number): { year: number; month: number; day: number } {
  const date = new Date(time);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** Days since 1970, and the milliseconds since midnight. */
export const dayOf = (time: number): number => Math.floor(time / dayLength);
export const clockOf = (time: number): number => time - dayOf(time) * dayLength;

/** Months since the year 0. */
export function monthOf(time: number): number {
  const { year, month } = civilOf(time);
  return 12 * year + month - 1;
}

/** The first day of a month that `monthOf` counts. */
export const monthStart = (month: number): number => timeOf(Math.floor(month / 12), (((month % 12) + 12) % 12) + 1, 1);

/** Number of days of such a month. */
export const daysIn = (month: number): number => dayOf(monthStart(month + 1)) - dayOf(monthStart(month));

/** Monday 0 to Sunday 6, of days since 1970 (a Thursday). */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

/** Days from Monday to Friday before a day, counted from a Monday; a weekend counts as the Monday after it. */
export const businessDayOf = (day: number): number => 5 * Math.floor((day + 3) / 7) + Math.min(5, weekdayOf(day));

/** The day that `businessDayOf` gives the number of. */
export const dayOfBusiness = (count: number): number => 7 * Math.floor(count / 5) - 3 + (((count % 5) + 5) % 5);

/** The Monday of a week of ISO 8601: week 1 has the year's first Thursday. */
export function weekStart(year: number, week: number): number {
  const fourth = dayOf(timeOf(year, 1, 4)); // always in week 1
  return (fourth - weekdayOf(fourth) + 7 * (week - 1)) * dayLength;
}

/** Year and week of ISO 8601 that a time lies in. */
export function weekOf(time: number): { year: number; week: number } {
  const thursday = dayOf(time) - weekdayOf(dayOf(time)) + 3;
  const { year } = civilOf(thursday * dayLength);
  return { year, week: 1 + Math.floor((thursday - dayOf(timeOf(year, 1, 1))) / 7) };
}
