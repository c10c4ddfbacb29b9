import { expect, test } from "vitest";
import { nextDates, parseDates } from "./index.ts";
import type { DateOptions } from "./parse-dates.ts";

const iso = (dates: string[], options?: DateOptions): string[] =>
  Array.from(parseDates(dates, options).times, (time) => new Date(time).toISOString().replace(":00.000Z", ""));
const refused = (dates: string[], options?: DateOptions): string => {
  try {
    return iso(dates, options).join();
  } catch (error) {
    return (error as Error).message;
  }
};

test.each([
  ["2020-1-31", "2020-01-31T00:00", "day"],
  ["2020/01/31 7:05", "2020-01-31T07:05", "minute"],
  ["2020-01-31T10:00:30.250", "2020-01-31T10:00:30.250Z", "millisecond"],
  ["2020-01-31T10:00:00Z", "2020-01-31T10:00", "minute"],
  ["2020-01-31T10:00:00+05:30", "2020-01-31T04:30", "minute"],
  ["20200131T1000-0200", "2020-01-31T12:00", "minute"],
  ["2020-01-31 24:00", "2020-02-01T00:00", "day"],
  ["31.01.2020", "2020-01-31T00:00", "day"],
  ["01/31/2020 12:15 AM", "2020-01-31T00:15", "minute"],
  ["31 January 2020", "2020-01-31T00:00", "day"],
  ["Fri, 31 Jan 2020 10:00:00 GMT", "2020-01-31T10:00", "minute"],
  ["Jan. 31st, 2020 5:30 pm", "2020-01-31T17:30", "minute"],
  ["31Jan2020", "2020-01-31T00:00", "day"],
  ["31/Jan/2020:10:00:00 +0100", "2020-01-31T09:00", "minute"],
  ["Sept 2020", "2020-09-01T00:00", "month"],
  ["2020-01", "2020-01-01T00:00", "month"],
  ["12/2020", "2020-12-01T00:00", "month"],
  ["202012", "2020-12-01T00:00", "month"],
  ["2020", "2020-01-01T00:00", "year"],
  ["2020-Q3", "2020-07-01T00:00", "quarter"],
  ["Q4 2020", "2020-10-01T00:00", "quarter"],
  ["2020-W53", "2020-12-28T00:00", "week"],
  ["2021W011", "2021-01-04T00:00", "day"],
  ["20200131", "2020-01-31T00:00", "day"],
  ["20200131103000", "2020-01-31T10:30", "minute"],
  ["1580466600", "2020-01-31T10:30", "minute"],
  ["1580466600000", "2020-01-31T10:30", "minute"],
  ["1580466600.5", "2020-01-31T10:30:00.500Z", "millisecond"],
])("%s is read", (text, time, precision) => {
  expect(iso([text])).toEqual([time]);
  expect(parseDates([text]).precision).toBe(precision);
});

test.each([
  ["2020-02-30"],
  ["2021-W53"],
  ["2020-13"],
  ["31.31.2020"],
  ["2020-01-31 25:00"],
  ["2020-01-31 13:00 pm"],
  ["2020-01-31T10:00+99:00"],
  ["Foo 31, 2020"],
  ["2020.5"],
  ["12"],
  ["3 apples"],
  [""],
  ["9".repeat(400)],
  [`1${" ".repeat(60_000)}2`],
])("%s is none", (text) => {
  expect(refused([text])).toMatch(/parseDates: row 0: expected (a date|a day of the calendar)/);
});

test("day and month are told by the whole column, and never guessed", () => {
  expect(iso(["03/04/2020", "13/04/2020"])).toEqual(["2020-04-03T00:00", "2020-04-13T00:00"]);
  expect(parseDates(["03/04/2020", "13/04/2020"]).dateFormat).toBe("day-first");
  expect(parseDates(["2020-04-03"]).dateFormat).toBeNull();
  expect(iso(["03/04/2020", "04/13/2020"])).toEqual(["2020-03-04T00:00", "2020-04-13T00:00"]);
  expect(refused(["03/04/2020", "04/04/2020"])).toMatch(
    /tell which number is the day.*dateFormat: "day-first", or dateFormat: "month-first"/s,
  );
  expect(iso(["03/04/2020"], { dateFormat: "day-first" })).toEqual(["2020-04-03T00:00"]);
  expect(iso(["03/04/2020"], { dateFormat: "month-first" })).toEqual(["2020-03-04T00:00"]);
  expect(iso(["01/01/2019", "01/01/2020"])).toHaveLength(2); // both readings are one
  expect(refused(["13/04/2020", "04/13/2020"])).toMatch(
    /row 1: expected a date with the day first, as those before it, received "04\/13\/2020"/,
  );
  expect(refused(["13/04/2020"], { dateFormat: "month-first" })).toMatch(/row 0: expected a date with the month first/);
  expect(refused(["13/04/2020"], { dateFormat: "year-first" })).toMatch(
    /row 0: expected a date that begins with the year/,
  );
});

test("years of two digits are of one century", () => {
  expect(iso(["09/26/12", "09/27/12"])).toEqual(["2012-09-26T00:00", "2012-09-27T00:00"]);
  expect(iso(["98-12-31", "99-12-31", "00-12-31"])[2]).toBe("2000-12-31T00:00");
  expect(iso(["Jan-60", "Jan-69", "Jan-75"])).toEqual(["1960-01-01T00:00", "1969-01-01T00:00", "1975-01-01T00:00"]);
});

test("no year is written with one digit", () => {
  expect(iso(["04-10-19", "11-10-19", "27-09-19"])[0]).toBe("2019-10-04T00:00"); // weeks, not years: 2004, 2011, 2027
  expect(() => iso(["06-01-26", "01-01-26", "04-01-26", "05-01-26", "02-01-26", "03-01-26"])).toThrow(
    /tell which number is the day/,
  );
  expect(iso(["22/11/9", "22/11/10"])).toEqual(["2022-11-09T00:00", "2022-11-10T00:00"]);
  expect(parseDates(["5/9/12", "5/10/12", "25/10/12"]).dateFormat).toBe("day-first");
  expect(refused(["22.11.9"])).toMatch(/row 0: expected a date/); // a version of a program
});

test("a column is written one way", () => {
  expect(refused(["2020-01-31", "01.02.2020"])).toMatch(
    /row 1: expected a date written as "2020-01-31" is, received "01.02.2020"/,
  );
  expect(refused(["2020-01-31", "2020-02-01 10:00"])).toMatch(/row 1/);
  expect(refused(["2020-01-31T10:00Z", "2020-01-31T11:00"])).toMatch(/row 1/);
  expect(refused(["20200131", "2020-02-01"])).toMatch(/row 1/);
  expect(refused(["2020", "20200101"])).toMatch(/row 1/);
});

test("time since 1970 is read in seconds and in thousandths, millionths and billionths of them, by its size", () => {
  for (const [form, power] of [
    ["epoch-seconds", 0],
    ["epoch-milliseconds", 3],
    ["epoch-microseconds", 6],
    ["epoch-nanoseconds", 9],
  ] as const) {
    const cells = [1_577_836_800n, 1_577_840_400n].map((seconds) => String(seconds * 10n ** BigInt(power)));
    expect(iso(cells)).toEqual(["2020-01-01T00:00", "2020-01-01T01:00"]);
    expect(iso(["0", "3600".padEnd(4 + power, "0")], { dateFormat: form })).toEqual([
      "1970-01-01T00:00",
      "1970-01-01T01:00",
    ]);
  }
});

test("a zone named behind the offset is the column's; dates as JavaScript writes them are read", () => {
  const summer = ["2021-03-28T01:00+01:00[Europe/Berlin]", "2021-03-28T03:00+02:00[Europe/Berlin]"];
  expect(parseDates(summer)).toMatchObject({
    zone: "Europe/Berlin",
    times: Float64Array.of(Date.UTC(2021, 2, 28, 0), Date.UTC(2021, 2, 28, 1)),
  });
  expect(parseDates(summer, { timeZone: "UTC" }).zone).toBe("UTC");
  expect(refused([summer[0], summer[1].replace("Berlin", "Paris")])).toMatch(
    /row 1: expected a time of Europe\/Berlin, as those before it/,
  );
  const winter = "Wed Jan 01 2020 10:00:00 GMT+0100 (Central European Standard Time)";
  expect(iso([winter, winter.replace("01 2020 10", "01 2020 11")])).toEqual(["2020-01-01T09:00", "2020-01-01T10:00"]);
  expect(refused(["2020-01-01T10:00+01:00[no zone]"])).toMatch(/row 0: expected a date/);
});

test("one zone, or one that is named", () => {
  const mixed = ["2021-03-28T01:00:00+01:00", "2021-03-28T03:00:00+02:00"];
  expect(refused(mixed)).toMatch(
    /row 1: expected a time in the zone of those before it, \+01:00, received "2021-03-28T03:00:00\+02:00"/,
  );
  expect(iso(mixed, { timeZone: "Europe/Berlin" })).toEqual(["2021-03-28T00:00", "2021-03-28T01:00"]);
  expect(parseDates(mixed, { timeZone: "europe/berlin" }).zone).toBe("Europe/Berlin");
  expect(refused(["2020-01-31"], { timeZone: "Mars/Base" })).toMatch(
    /timeZone: a time zone by its name, received "Mars\/Base"/,
  );
});

test("the hour that comes twice is passed in the order of the rows, the one that is left out is refused", () => {
  const autumn = ["2020-10-25 01:30", "2020-10-25 02:30", "2020-10-25 02:30", "2020-10-25 03:30"];
  const hours = ["2020-10-24T23:30", "2020-10-25T00:30", "2020-10-25T01:30", "2020-10-25T02:30"];
  expect(iso(autumn, { timeZone: "Europe/Berlin" })).toEqual(hours);
  expect(iso([...autumn].reverse(), { timeZone: "Europe/Berlin" })).toEqual([...hours].reverse());
  expect(iso([autumn[1]], { timeZone: "Europe/Berlin" })).toEqual([hours[1]]);
  const every3 = ["2022-04-02 21:00", "2022-04-03 00:00", "2022-04-03 02:00", "2022-04-03 05:00", "2022-04-03 08:00"];
  const steps = parseDates(every3, { timeZone: "Pacific/Auckland" }).times.map((time, t, all) => time - all[t - 1]);
  expect(Array.from(steps.slice(1))).toEqual([1, 1, 1, 1].map((n) => n * 3 * 3_600_000)); // 2:00 comes twice, and has one row
  expect(refused(["2020-03-29 02:30"], { timeZone: "Europe/Berlin" })).toMatch(
    /row 0: expected a time that clocks show in Europe\/Berlin/,
  );
});

test("the years 1 to 9999 have dates", () => {
  const yearly = { unit: "year", count: 1, dayOfMonth: 1, zone: null, precision: "year" } as const;
  expect(nextDates(yearly, "9998", 1)).toEqual(["9999"]);
  expect(() => nextDates(yearly, "9998", 2)).toThrow(
    /dates up to the year 9999, received every year, 2 of them, after 9998/,
  );
  expect(() => nextDates({ ...yearly, count: 1e12 }, "2020", 1)).toThrow(/up to the year 9999/);
  expect(refused(["-99999999999999"], { dateFormat: "epoch-milliseconds" })).toMatch(/row 0: expected a date/);
});

test("what is no list of dates, and an unknown option, are refused", () => {
  expect(() => parseDates([])).toThrow(/a list of dates as text/);
  expect(() => parseDates([2020] as unknown as string[])).toThrow(/a list of dates as text/);
  expect(() => parseDates(["2020-01-31"], { dateFormat: "dayfirst" as "day-first" })).toThrow(
    /Did you mean "day-first"/,
  );
  expect(() => parseDates(["2020-01-31"], { zone: "UTC" } as DateOptions)).toThrow(/unknown option "zone"/);
});

test("dates whose day is their month do not tell which is which, but where all are one day of the year", () => {
  expect(() => parseDates(["01/01/2020", "02/02/2020", "03/03/2020"])).toThrow(
    /dates that tell which number is the day/,
  );
  expect(parseDates(["01/01/2019", "01/01/2020", "01/01/2021"]).precision).toBe("day");
  expect(() => parseDates(["05/05/05", "06/06/06"])).toThrow(/--date-format|dateFormat/);
});
