import type { Calendar } from "../../../data/time/calendar.ts";
import type { CalendarFeature } from "../../../data/time/calendar-feature-names.ts";
import { calendarFeatures, usualFeatures } from "../../../data/time/calendar-features.ts";
import { nextDates } from "../../../data/time/next-dates.ts";
import { DataError, option, problem, sentence } from "../../../errors.ts";
import { lengthOf, type Member } from "./record.ts";

/** The features that are asked for, by name or by what step and length of the series can teach. Throws DataError for series without a regular step. */
export function featuresOf(
  asked: boolean | readonly CalendarFeature[],
  holidays: readonly string[],
  step: Calendar | null,
  members: readonly Member[],
  who: string,
): readonly CalendarFeature[] {
  if (asked === false) return [];
  if (step === null) refuseDates(members[0], who);
  if (asked !== true) return asked;
  const rows = members.reduce((most, member) => Math.max(most, lengthOf(member)), 0);
  return usualFeatures(step, rows, holidays.length > 0);
}

interface Columns {
  readonly features: readonly CalendarFeature[];
  readonly holidays: readonly string[];
  readonly calendar: Calendar | null;
}

/**
 * Series with the columns that the calendar gives, `ahead` steps beyond their values. Throws DataError for a series without dates, or
 * without a regular step.
 */
export function withCalendar(
  members: readonly Member[],
  { features, holidays, calendar }: Columns,
  ahead: number,
  who: string,
): Member[] {
  if (features.length === 0) return [...members];
  let last: readonly string[] = [];
  let columns: Pick<Member, "calendar" | "holidays"> = { calendar: [], holidays: [] };
  return members.map((member) => {
    const { dates } = member;
    if (dates === null || calendar === null) refuseDates(member, who);
    if (dates.length !== last.length || dates.some((date, t) => date !== last[t])) {
      const all = [...dates, ...nextDates(calendar, dates[dates.length - 1], ahead)];
      const zone = calendar.zone === null ? {} : { timeZone: calendar.zone };
      const { values, names } = calendarFeatures(all, { features, holidays, ...zone });
      const of = (holiday: boolean) =>
        [...names.keys()]
          .filter((k) => names[k].startsWith("holiday") === holiday)
          .map((k) => Float64Array.from(all, (_, t) => values.data[t * names.length + k]));
      columns = { calendar: of(false), holidays: of(true) };
      last = dates;
    }
    return { ...member, ...columns };
  });
}

function refuseDates({ id, dates }: Member, who: string): never {
  const received = dates === null ? "none" : "dates without one";
  const next = sentence`Give dates with one step between them, or train without ${option("calendar")}.`;
  throw new DataError(problem(`${who}: series ${JSON.stringify(id)}`, "dates with a regular step", received, next));
}
