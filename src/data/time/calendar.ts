import {
  businessDayOf,
  civilOf,
  clockOf,
  dayLength,
  dayOf,
  dayOfBusiness,
  daysIn,
  hourLength,
  monthOf,
  monthStart,
  weekdayOf,
  weekOf,
} from "./civil.ts";
import type { DatePrecision } from "./parse-dates.ts";
import { instantOf, isoOffset, offsetAt, wallOf } from "./zone.ts";

/** A unit of time between rows; business days are Monday to Friday. */
export type TimeUnit =
  | "millisecond"
  | "second"
  | "minute"
  | "hour"
  | "day"
  | "business day"
  | "week"
  | "month"
  | "quarter"
  | "year";

/** The day of months a row is of: that number, or the last day of a shorter month; first or last day, or business day; null where it varies. */
export type DayOfMonth = number | "last" | "first business day" | "last business day" | null;

/** The step in time between the rows of a series; plain data. */
export interface Calendar {
  /** Unit of the step between two rows. */
  readonly unit: TimeUnit;
  /** Number of units in a step: 15 for every 15 minutes. */
  readonly count: number;
  /** The day, where steps are months, quarters or years. */
  readonly dayOfMonth: DayOfMonth;
  /** Time zone; null: clock times without one, 24 hours a day. */
  readonly zone: string | null;
  /** Precision that dates are written with. */
  readonly precision: DatePrecision;
}

/** Milliseconds of the units that clocks do not move. */
export const fixedLengths: Partial<Record<TimeUnit, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: hourLength,
};
export const monthsOf: Partial<Record<TimeUnit, number>> = { month: 1, quarter: 3, year: 12 };
export const daysOf: Partial<Record<TimeUnit, number>> = { day: 1, week: 7 };

/**
 * The time so many steps after another. Months keep their day of the month, or their end; days keep the time of day on the
 * clocks of the zone, hours and less pass evenly.
 */
export function timeAfter(calendar: Calendar, time: number, steps: number): number {
  const { unit, count, zone } = calendar;
  const fixed = fixedLengths[unit];
  if (fixed !== undefined) return time + steps * count * fixed;
  const wall = wallOf(time, zone);
  return instantOf(dayAfter(calendar, wall, steps * count) * dayLength + clockOf(wall), zone);
}

function dayAfter({ unit, dayOfMonth }: Calendar, wall: number, units: number): number {
  const months = monthsOf[unit];
  if (months !== undefined) return dayIn(monthOf(wall) + units * months, dayOfMonth);
  const day = dayOf(wall);
  return unit === "business day" ? dayOfBusiness(businessDayOf(day) + units) : day + units * (daysOf[unit] ?? 1);
}

/** The day, counted from 1970, that stands for a month. */
export function dayIn(month: number, day: DayOfMonth): number {
  const [first, length] = [dayOf(monthStart(month)), daysIn(month)];
  if (typeof day === "number") return first + Math.min(day, length) - 1;
  if (day === null) return first;
  if (day === "first business day") return dayOfBusiness(businessDayOf(first));
  const last = first + length - 1;
  return day === "last" ? last : last - Math.max(0, weekdayOf(last) - 4);
}

/** `every 15 minutes`, `every business day`. */
export const stepText = ({ unit, count }: Pick<Calendar, "unit" | "count">): string =>
  count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;

/**
 * A time as ISO 8601 writes it, as finely as its calendar says: `2020-01-31`, `2020-01-31T17:30:00+01:00`, `2020-W05`, `2020-01`,
 * `2020`. Quarters, which the standard lacks, are `2020-Q1`.
 */
export function dateText({ zone, precision }: Pick<Calendar, "zone" | "precision">, time: number): string {
  const wall = wallOf(time, zone);
  const [whole] = new Date(wall).toISOString().split("Z"); // 2020-01-31T17:30:00.000
  const date = whole.slice(0, -13);
  if (precision === "week") {
    const { year, week } = weekOf(wall);
    return `${digits(year, 4)}-W${digits(week, 2)}`;
  }
  if (precision === "year") return date.slice(0, -6);
  if (precision === "quarter") return `${date.slice(0, -6)}-Q${Math.ceil(civilOf(wall).month / 3)}`;
  if (precision === "month") return date.slice(0, -3);
  if (precision === "day") return date;
  const clock = precision === "millisecond" ? whole : whole.slice(0, -4);
  if (zone === null) return clock;
  const offset = offsetAt(time, zone);
  return offset === 0 && zone === "UTC" ? `${clock}Z` : `${clock}${isoOffset(offset)}`;
}

const digits = (n: number, width: number): string => String(n).padStart(width, "0");
