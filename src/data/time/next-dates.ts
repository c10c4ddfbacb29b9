import { DataError, problem, showValue } from "../../errors.ts";
import { checkWhole } from "../checks.ts";
import { type Calendar, dateText, stepText, timeAfter } from "./calendar.ts";
import { earliest, end } from "./civil.ts";
import { readDates } from "./parse-dates.ts";

/**
 * The dates that follow a date by a calendar: month ends stay month ends, business days pass over weekends, days keep the time of
 * day where clocks change.
 *
 *   const monthly = { unit: "month", count: 1, dayOfMonth: "last", zone: null, precision: "day" };
 *   nextDates(monthly, "2020-01-31", 2); // ["2020-02-29", "2020-03-31"]
 */
export function nextDates(calendar: Calendar, date: string, steps: number): string[] {
  const who = "nextDates";
  checkWhole(who, "steps", steps, 0, 1_000_000);
  if (typeof date !== "string") throw new DataError(problem(who, "a date as text", showValue(date)));
  const { times, zone } = readDates([date], { timeZone: calendar.zone ?? undefined }, { place: () => who });
  const here = { ...calendar, zone: calendar.zone ?? zone }; // the date may have one of its own
  return Array.from({ length: steps }, (_, h) => {
    const time = timeAfter(here, times[0], h + 1);
    if (time >= earliest && time < end) return dateText(here, time);
    throw new DataError(
      problem(who, "dates up to the year 9999", `${stepText(calendar)}, ${h + 1} of them, after ${date}`),
    );
  });
}
