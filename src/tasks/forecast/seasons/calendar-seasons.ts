import type { Calendar } from "../../../data/index.ts";

/** Unit and count of a series' step: `{ unit: "minute", count: 15 }`. */
export type SeriesStep = Pick<Calendar, "unit" | "count">;

const second = 1 / 86_400;
/** Days that each unit of time takes, on average. */
export const daysOfUnits: Record<Calendar["unit"], number> = {
  ...{ millisecond: second / 1000, second, minute: 60 * second, hour: 3600 * second },
  ...{ day: 1, "business day": 7 / 5, week: 7, month: 365.25 / 12, quarter: 365.25 / 4, year: 365.25 },
};
const cycles = [1 / 24, 1, 7, 365.25]; // an hour, a day, a week, a year

/** Days that a step takes, on average. */
export const daysPer = ({ unit, count }: SeriesStep): number => daysOfUnits[unit] * count;

/** The seasons that clock and calendar give a series of this step: 24 and 168 for hours. Those of 2 or 3 steps are left out. */
export function calendarSeasons(step: SeriesStep): number[] {
  const { unit, count } = step;
  const lengths = cycles.map((cycle) => Math.round(cycle / daysPer(step))).filter((n) => n >= 4);
  return unit === "business day" && count === 1 ? [5, 260, 261] : lengths;
}

/**
 * The calendar's season that a period is whole seasons long: 52 weeks for 313 of them, which are six years of 52.18; otherwise the period itself. Of
 * steps that are not known, years of weeks alone: their many rows hold few years, and several look like one.
 */
export function withinCalendar(period: number, step: SeriesStep | null): number {
  const lengths = step ? cycles.map((cycle) => cycle / daysPer(step)) : [365.25 / 7];
  const own = lengths.filter((length) => {
    const whole = Math.round(period / length);
    return length >= 4 && whole >= 2 && Math.abs(period - whole * length) <= 0.02 * length;
  });
  return own.length > 0 ? Math.round(Math.max(...own)) : period;
}

/** The seasons of steps that are not known. */
export const usualSeasons: readonly number[] = [
  ...[4, 5, 7, 12, 24, 30, 48, 52, 60, 96, 144, 168, 288, 336, 365],
  ...[672, 1008, 1440, 2016, 10_080],
];
