import { expect, test } from "vitest";
import { parseCsv } from "../csv.ts";
import { calendarFeatures, usualFeatures } from "./calendar-features.ts";
import { holidayDates } from "./holidays.ts";

const hoursFrom = (start: string, count: number): string[] =>
  Array.from({ length: count }, (_, t) => new Date(Date.parse(start) + t * 3_600_000).toISOString().slice(0, 16));

/** The names of the columns that are not 0 in a row. */
const setIn = ({ names, values }: ReturnType<typeof calendarFeatures>, row: number): string[] =>
  names.filter((_, k) => values.at(row, k) !== 0);

test("each hour and each day of the week has a column of its own, and each row one of them", () => {
  const found = calendarFeatures(hoursFrom("2012-12-24T00:00Z", 24 * 14));
  expect(found.features).toEqual(["hour", "weekday"]);
  expect(found.values.shape).toEqual([336, 31]);
  expect(setIn(found, 0)).toEqual(["hour_0", "weekday_monday"]);
  expect(setIn(found, 23)).toEqual(["hour_23", "weekday_monday"]);
  expect(setIn(found, 24 * 6 + 5)).toEqual(["hour_5", "weekday_sunday"]);
});

test("the features follow from the step, and from how much of a cycle the rows show", () => {
  const hour = { unit: "hour", count: 1 } as const;
  expect(usualFeatures(hour, 30, false)).toEqual([]);
  expect(usualFeatures(hour, 24 * 9, false)).toEqual(["hour"]);
  expect(usualFeatures(hour, 24 * 600, true)).toEqual(["hour", "weekday", "yearday", "holiday"]);
  expect(usualFeatures({ unit: "minute", count: 15 }, 4 * 24 * 30, false)).toEqual(["hour", "weekday"]);
  expect(usualFeatures({ unit: "day", count: 1 }, 800, false)).toEqual(["weekday", "yearday"]);
  expect(usualFeatures({ unit: "business day", count: 1 }, 600, true)).toEqual(["weekday", "yearday", "holiday"]);
  expect(usualFeatures({ unit: "week", count: 1 }, 200, true)).toEqual(["yearday"]);
  expect(usualFeatures({ unit: "month", count: 1 }, 144, true)).toEqual(["month"]);
  expect(usualFeatures({ unit: "quarter", count: 1 }, 40, false)).toEqual(["month"]);
  expect(usualFeatures({ unit: "year", count: 1 }, 40, false)).toEqual([]);
  expect(usualFeatures(null, 1000, true)).toEqual([]);
});

test("the day of the year is an angle: a quarter of the year is a quarter of a turn, in leap years too", () => {
  const { values } = calendarFeatures(
    ["2012-01-01", "2012-04-01T12:00", "2012-07-02"].map((d) => d.slice(0, 10)),
    {
      features: ["yearday"],
    },
  );
  const [start, spring, summer] = values.toArray() as number[][];
  expect(start).toEqual([0, 1]);
  expect(spring[0]).toBeCloseTo(Math.sin((2 * Math.PI * 91) / 366), 12);
  expect(summer[1]).toBeCloseTo(Math.cos((2 * Math.PI * 183) / 366), 12);
});

test("a holiday is told on its day, the day before and the day after, at every hour", () => {
  const dates = hoursFrom("2012-12-24T00:00Z", 72);
  const found = calendarFeatures(dates, { features: ["holiday"], holidays: ["2012-12-25"] });
  expect(setIn(found, 23)).toEqual(["holiday_tomorrow"]);
  expect(setIn(found, 24)).toEqual(["holiday"]);
  expect(setIn(found, 47)).toEqual(["holiday"]);
  expect(setIn(found, 48)).toEqual(["holiday_yesterday"]);
});

test("hours are those of the clocks in the time zone", () => {
  const options = { features: ["hour", "weekday"], timeZone: "America/New_York" } as const;
  expect(setIn(calendarFeatures(["2012-12-25T02:00:00Z"], options), 0)).toEqual(["hour_21", "weekday_monday"]);
  expect(setIn(calendarFeatures(["2012-06-25T02:00:00Z"], options), 0)).toEqual(["hour_22", "weekday_sunday"]);
});

test("months and weekends are features by their names", () => {
  const found = calendarFeatures(["2012-12-22", "2012-12-24"], { features: ["month", "weekend"] });
  expect(setIn(found, 0)).toEqual(["month_12", "weekend"]);
  expect(setIn(found, 1)).toEqual(["month_12"]);
});

test("unknown features, a holiday feature without holidays and holidays that are no dates are refused by name", () => {
  const of = (options: object) => () => calendarFeatures(["2012-12-22", "2012-12-24"], options);
  expect(of({ features: ["weekdy"] })).toThrow(/known ones, received "weekdy"\.\n {2}Did you mean "weekday"\?/);
  expect(of({ features: "hour" })).toThrow(/a list of features, received "hour"/);
  expect(of({ features: ["holiday"] })).toThrow(/a list of holidays beside the feature, received none/);
  expect(of({ holidays: ["2012-12-25", "Easter"] })).toThrow(/row 1: expected a date .*"Easter"/);
  expect(of({ holidays: "2012-12-25" })).toThrow(/a list of dates as text/);
  expect(of({ holiday: [] })).toThrow(/unknown option "holiday"/);
});

test("a list of holidays is the first column of dates of a table", async () => {
  const file = "name,day,city\nChristmas,2012-12-25,all\nBoxing Day,2012-12-26,London\n";
  expect(holidayDates(await parseCsv(file))).toEqual(["2012-12-25", "2012-12-26"]);
  expect(() => holidayDates({ columns: ["name"], rows: [["Easter"]], lines: [2], files: ["days.csv"] })).toThrow(
    "days.csv: expected a column of dates, received name.",
  );
});
