import { type Calendar, type DayOfMonth, dayIn, daysOf, fixedLengths, monthsOf, type TimeUnit } from "./calendar.ts";
import { businessDayOf, civilOf, clockOf, dayOf, daysIn, monthOf, weekdayOf } from "./civil.ts";
import type { ParsedDates } from "./parse-dates.ts";
import { frequencyChange } from "./two-frequencies.ts";
import { wallOf } from "./zone.ts";

/** The step between rows: a calendar, with the place of each row in it; or none. */
export type Steps =
  | { readonly calendar: Calendar; readonly places: Float64Array }
  | { readonly calendar: null; readonly changesAt: number | null };

/**
 * The step between rows in order of time, each later than the one before: months, business days, days, hours or less; rows that
 * are left out are gaps. Null for rows without a regular step; `changesAt` is the row from which on another step holds.
 */
export function inferCalendar({ times, zone, precision }: Omit<ParsedDates, "dateFormat">): Steps {
  const walls = times.map((time) => wallOf(time, zone));
  const daily = walls.every((wall) => clockOf(wall) === clockOf(walls[0]));
  const days = walls.map(dayOf);
  const made = (unit: TimeUnit, of: Found | null, dayOfMonth: DayOfMonth = null): Steps | null =>
    of && {
      calendar: {
        ...inLargerUnits(unit, of.step),
        dayOfMonth,
        zone,
        precision: dayOfMonth === null && unit === "month" ? coarser(precision) : precision,
      },
      places: of.places,
    };
  if (times.length < 2) return { calendar: null, changesAt: null };
  const changesAt = frequencyChange(times);
  if (changesAt !== null) return { calendar: null, changesAt };
  const months = daily ? regular(Float64Array.from(walls, monthOf)) : null;
  const business = daily && days.every((day) => weekdayOf(day) < 5) ? regular(days.map(businessDayOf)) : null;
  const weekends = business === null ? 0 : (spanOf(days) - spanOf(business.places)) / 2; // that lie between the rows
  const overOne = days.some((day, t) => t > 0 && passesOver(days[t - 1], day));
  return (
    made("month", months && dayOfMonthOf(walls) !== null ? months : null, dayOfMonthOf(walls)) ??
    made("business day", business?.step === 1 && (overOne || weekends >= 2) ? business : null) ??
    made("day", daily ? regular(days) : null) ??
    made("millisecond", regular(times)) ??
    made("month", months?.steady ? months : null) ?? { calendar: null, changesAt: null }
  );
}

/** Whether a weekend lies between two rows, and beside it one weekday at most. */
const passesOver = (before: number, day: number): boolean => day - before <= 4 && weekdayOf(day) < weekdayOf(before);

const spanOf = (rising: Float64Array): number => rising[rising.length - 1] - rising[0];

interface Found {
  readonly step: number;
  readonly places: Float64Array;
  /** Nearly every row is one step after the one before. */
  readonly steady: boolean;
}

/** The step of whole numbers that rise: that of most rows, if all others are multiples of it; the place of each in such steps. */
function regular(numbers: Float64Array): Found | null {
  const counts = new Map<number, number>();
  for (let t = 1; t < numbers.length; t++) {
    const step = numbers[t] - numbers[t - 1];
    if (!(step > 0)) return null;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const [step, count] = [...counts].reduce((best, next) =>
    next[1] > best[1] || (next[1] === best[1] && next[0] < best[0]) ? next : best,
  );
  if (2 * count < numbers.length - 1 || [...counts.keys()].some((other) => other % step !== 0)) return null;
  return { step, places: numbers.map((v) => (v - numbers[0]) / step), steady: count >= 0.9 * (numbers.length - 1) };
}

/** The day of the month that all rows have, as months allow; null where it varies. */
function dayOfMonthOf(walls: Float64Array): DayOfMonth {
  const days = Array.from(walls, (wall) => civilOf(wall).day);
  const latest = days.reduce((a, b) => Math.max(a, b));
  const all = (of: DayOfMonth) => walls.every((wall) => dayIn(monthOf(wall), of) === dayOf(wall));
  const ends = days.every((day, t) => day === daysIn(monthOf(walls[t])));
  if (ends) return "last";
  const known: readonly DayOfMonth[] = [
    latest,
    ...(days.length > 2 ? (["first business day", "last business day"] as const) : []),
  ];
  return known.find(all) ?? null;
}

/** Such a step in the largest unit that it is a whole number of. */
function inLargerUnits(unit: TimeUnit, step: number): { unit: TimeUnit; count: number } {
  const sizes = [fixedLengths, daysOf, monthsOf].find((units) => units[unit] !== undefined) ?? {};
  const larger = Object.entries(sizes).filter(([, size]) => step % size === 0);
  const [name, size] = larger.reduce((a, b) => (b[1] > a[1] ? b : a), [unit, 1]);
  return { unit: name as TimeUnit, count: step / size };
}

/** Of months whose day varies no day can be told. */
const coarser = (precision: Calendar["precision"]): Calendar["precision"] =>
  precision === "year" || precision === "quarter" ? precision : "month";
