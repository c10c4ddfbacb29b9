import { quantile } from "../../data/quantile.ts";
import { readDates } from "../../data/time/parse-dates.ts";
import type { SeriesStep } from "../forecast/seasons/calendar-seasons.ts";

/** The median step between dates that follow each other without a regular one; null for fewer than two. */
export function medianStep(dates: readonly string[], timeZone: string | null, who: string): SeriesStep | null {
  if (dates.length < 2) return null;
  const place = (row: number) => `${who}: dates: row ${row}`;
  const { times } = readDates(dates, { timeZone: timeZone ?? undefined }, { place });
  const steps = times.subarray(1).map((time, t) => time - times[t]); // ms
  return { unit: "second", count: quantile(steps.sort(), 0.5) / 1000 };
}
