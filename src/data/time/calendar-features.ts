import { DataError, invalidOption, option, problem, sentence, showValue, suggest } from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { checkKnown } from "../checks.ts";
import type { Calendar } from "./calendar.ts";
import { type CalendarFeature, calendarFeatureNames } from "./calendar-feature-names.ts";
import { calendarOf } from "./calendar-of.ts";
import { civilOf, clockOf, dayLength, dayOf, hourLength, timeOf, weekdayOf } from "./civil.ts";
import { holidayDays } from "./holidays.ts";
import { parseDates } from "./parse-dates.ts";
import { wallOf } from "./zone.ts";

export interface CalendarFeatureOptions {
  /**
   * The features, in this order: `"hour"` of the day, `"weekday"` and `"month"`, a column for each; `"yearday"`, sine and cosine of the day in
   * the year; `"weekend"`, 1 on Saturday and Sunday; `"holiday"`, and whether the day before or after it is one. Default: `usualFeatures`.
   */
  features?: readonly CalendarFeature[];
  /** Days that are holidays, as dates: `["2012-12-25"]`. Default: none. */
  holidays?: readonly string[];
  /** The time zone of the clock times, where the dates have none or another. Default: as written. */
  timeZone?: string;
}

/** Columns made of dates. */
export interface CalendarFeatures {
  /** The features, for the same columns of other dates. */
  readonly features: readonly CalendarFeature[];
  /** A name for each column: `hour_0`, `weekday_monday`, `yearday_sin`. */
  readonly names: readonly string[];
  /** A row for each date [T, columns]. */
  readonly values: NdArray;
}

const who = "calendarFeatures";

/**
 * Columns that the calendar gives: hour, day of the week, month, day of the year, weekends, holidays. They are known for every date, those of a
 * forecast too. Throws DataError naming the row of a date that cannot be read.
 *
 *   const { names, values } = calendarFeatures(["2012-12-24", "2012-12-25"], { features: ["weekend", "holiday"], holidays: ["2012-12-25"] });
 *   names; // ["weekend", "holiday", "holiday_tomorrow", "holiday_yesterday"]
 *   values.toArray(); // [[0, 0, 1, 0], [0, 1, 0, 0]]
 */
export function calendarFeatures(dates: readonly string[], options: CalendarFeatureOptions = {}): CalendarFeatures {
  const { holidays, timeZone, ...given } = checkKnown(who, options, ["features", "holidays", "timeZone"]);
  const zone = timeZone === undefined ? {} : { timeZone };
  const parsed = parseDates(dates, zone);
  const features = given.features ?? usualFeatures(calendarOf(dates, zone), dates.length, (holidays ?? []).length > 0);
  checkFeatures(features, holidays);
  const days = holidayDays(holidays ?? []);
  const columns = features.flatMap((feature) => columnsOf[feature]);
  const values = new Float64Array(dates.length * columns.length);
  parsed.times.forEach((time, t) => {
    const wall = wallOf(time, parsed.zone);
    columns.forEach(({ of }, k) => {
      values[t * columns.length + k] = of(wall, days);
    });
  });
  return {
    features: [...features],
    names: columns.map(({ name }) => name),
    values: new NdArray(values, [dates.length, columns.length]),
  };
}

/**
 * The features that a series of this step and length can teach: what its steps tell apart, and what it has seen at least one and a half times
 * over. Holidays where a list of them is given.
 *
 *   usualFeatures({ unit: "hour", count: 1 }, 24 * 60, false); // ["hour", "weekday"]
 *   usualFeatures({ unit: "month", count: 1 }, 144, false); // ["month"]
 */
export function usualFeatures(
  step: Pick<Calendar, "unit" | "count"> | null,
  rows: number,
  holidays: boolean,
): CalendarFeature[] {
  if (step === null) return [];
  const length = dayCounts[step.unit] * step.count; // days
  const seen = (days: number) => rows * length >= 1.5 * days;
  const fits: Record<CalendarFeature, boolean> = {
    hour: length < 1 && seen(1),
    weekday: length <= 7 / 5 && seen(7),
    weekend: false, // the day of the week tells it
    month: length > 7 && length < 365 && seen(365),
    yearday: length <= 7 && seen(365),
    holiday: holidays && length <= 7 / 5,
  };
  return calendarFeatureNames.filter((feature) => fits[feature]);
}

const dayCounts: Record<Calendar["unit"], number> = {
  ...{ millisecond: 1 / dayLength, second: 1000 / dayLength, minute: 1 / 1440, hour: 1 / 24 },
  ...{ day: 1, "business day": 7 / 5, week: 7, month: 365.25 / 12, quarter: 365.25 / 4, year: 365.25 },
};

interface Column {
  readonly name: string;
  /** Of a clock time, as milliseconds since 1970. */
  of(wall: number, holidays: ReadonlySet<number>): number;
}

const categories = (name: string, labels: readonly string[], of: (wall: number) => number): Column[] =>
  labels.map((label, k) => ({ name: `${name}_${label}`, of: (wall) => (of(wall) === k ? 1 : 0) }));
const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const hours = Array.from({ length: 24 }, (_, k) => String(k));
const months = Array.from({ length: 12 }, (_, k) => String(k + 1));
const turn = (wall: number): number => {
  const { year } = civilOf(wall);
  const start = timeOf(year, 1, 1);
  return (2 * Math.PI * (wall - start)) / (timeOf(year + 1, 1, 1) - start);
};
const holidayOn = (name: string, ahead: number): Column => ({
  name,
  of: (wall, holidays) => (holidays.has(dayOf(wall) + ahead) ? 1 : 0),
});

const columnsOf: Record<CalendarFeature, readonly Column[]> = {
  hour: categories("hour", hours, (wall) => Math.floor(clockOf(wall) / hourLength)),
  weekday: categories("weekday", weekdays, (wall) => weekdayOf(dayOf(wall))),
  weekend: [{ name: "weekend", of: (wall) => (weekdayOf(dayOf(wall)) > 4 ? 1 : 0) }],
  month: categories("month", months, (wall) => civilOf(wall).month - 1),
  yearday: [
    { name: "yearday_sin", of: (wall) => Math.sin(turn(wall)) },
    { name: "yearday_cos", of: (wall) => Math.cos(turn(wall)) },
  ],
  holiday: [holidayOn("holiday", 0), holidayOn("holiday_tomorrow", 1), holidayOn("holiday_yesterday", -1)],
};

function checkFeatures(features: readonly CalendarFeature[], holidays: readonly string[] | undefined): void {
  if (!Array.isArray(features))
    throw new DataError(invalidOption(who, "features", "a list of features", showValue(features)));
  const other = features.find((feature) => !calendarFeatureNames.includes(feature));
  if (other !== undefined) {
    const expected = sentence`${option("features")}: known ones`;
    throw new DataError(
      invalidOption(who, "features", expected, showValue(other), suggest(String(other), calendarFeatureNames)),
    );
  }
  if (!features.includes("holiday") || holidays) return;
  const next = sentence`Give ${option("holidays", ["2012-12-25"])}, for example.`;
  throw new DataError(problem(who, "a list of holidays beside the feature", "none", next));
}
