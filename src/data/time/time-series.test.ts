import { expect, test } from "vitest";
import type { CsvTable } from "../csv.ts";
import { describeSeries, nextDates, type TimeSeriesOptions, timeSeries } from "./index.ts";

function table(text: string): CsvTable {
  const [head, ...rows] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(","));
  return { columns: head, rows, lines: rows.map((_, k) => k + 2), files: rows.map(() => "a.csv") };
}
const read = (text: string, options?: TimeSeriesOptions) => timeSeries(table(text), options);
const refused = (text: string, options?: TimeSeriesOptions): string => {
  try {
    return JSON.stringify(read(text, options));
  } catch (error) {
    return (error as Error).message;
  }
};
const days = (count: number, step = 1, from = "2020-01-01") =>
  Array.from({ length: count }, (_, t) =>
    new Date(Date.parse(from) + t * step * 86_400_000).toISOString().slice(0, 10),
  );
const dated = (dates: readonly string[], head = "date,v") =>
  [head, ...dates.map((date, t) => `${date},${(t * t) % 7}`)].join("\n");

test("newest first is turned round, other orders are sorted, and both are said", () => {
  const newest = read("date,v\n2020-01-03,3\n2020-01-02,2\n2020-01-01,1");
  expect(newest.values.toArray()).toEqual([[1], [2], [3]]);
  expect(newest.notes).toEqual(["rows are newest first: sorted, oldest first"]);
  const mixed = read("date,v\n2020-01-03,3\n2020-01-01,1\n2020-01-02,2");
  expect(mixed.dates).toEqual(["2020-01-01", "2020-01-02", "2020-01-03"]);
  expect(mixed.notes[0]).toMatch(/not in order of time \(.*a.csv: line 3\): sorted/);
});

test("a date that is out of order and leaves a gap is pointed at, for it may be wrong", () => {
  const text = dated(["2017-10-02", "2017-10-03", "2010-02-17", "2017-10-05", "2017-10-06", "2017-10-07"]);
  expect(refused(text)).toMatch(/Look at a.csv: line 4: its date is earlier than that of the row before\./);
});

test("missing rows are an error that names the line, left as they are, or filled", () => {
  const text = "date,v\n2020-01-01,1\n2020-01-02,2\n2020-01-05,5\n2020-01-06,9\n2020-01-07,8";
  expect(refused(text)).toMatch(
    /a.csv: line 4: expected 2020-01-03, as rows come every day, received 2020-01-05; 2 rows missing in 1 gap, the first 2020-01-03.*interpolate.*drop/s,
  );
  expect(refused(text, { missing: "error" })).toMatch(/line 4/);
  const filled = (missing: "drop" | "ffill" | "bfill" | "interpolate") =>
    Array.from(read(text, { missing }).values.data);
  expect(filled("drop")).toEqual([1, 2, 5, 9, 8]);
  expect(filled("ffill")).toEqual([1, 2, 2, 2, 5, 9, 8]);
  expect(filled("bfill")).toEqual([1, 2, 5, 5, 5, 9, 8]);
  expect(filled("interpolate")).toEqual([1, 2, 3, 4, 5, 9, 8]);
  expect(read(text, { missing: "ffill" }).notes).toEqual([
    "2 rows missing in 1 gap, the first 2020-01-03: filled (ffill)",
  ]);
  expect(read(text, { missing: "drop" }).calendar?.unit).toBe("day");
});

test("empty cells are an error that names line and column, or treated likewise; rows lost at the ends are said", () => {
  const text = `date,v,w\n${days(6)
    .map((date, t) => `${date},${t * t},${t === 0 || t === 3 || t === 5 ? "" : 10 * t}`)
    .join("\n")}`;
  expect(refused(text)).toMatch(
    /a.csv: line 2: expected a number in column "w", received an empty cell; 3 values missing in all/,
  );
  const start = '1 row at the start left out, as "w" starts late';
  const end = '1 row at the end left out, as "w" ends early';
  const filled = (missing: "ffill" | "bfill" | "interpolate") => {
    const { values, notes } = read(text, { missing });
    return [(values.toArray() as number[][]).map((row) => row[1]), notes];
  };
  expect(filled("ffill")).toEqual([
    [10, 20, 20, 40, 40],
    ["2 missing values filled (ffill)", start],
  ]);
  expect(filled("bfill")).toEqual([
    [10, 10, 20, 40, 40],
    ["2 missing values filled (bfill)", end],
  ]);
  expect(filled("interpolate")).toEqual([
    [10, 20, 30, 40],
    ["1 missing value filled (interpolate)", start, end],
  ]);
  expect(read(text, { missing: "drop" }).notes).toEqual([start, "1 row with a missing value left out", end]);
  expect(read(text, { missing: "drop" }).dates).toEqual(["2020-01-02", "2020-01-03", "2020-01-05"]);
  expect(refused("date,v,w\n2020-01-01,1,\n2020-01-02,2,", { missing: "ffill", columns: ["v"] })).not.toMatch(
    /expected/,
  );
});

test("a date that comes again is an error, or the last or the mean of its rows is used", () => {
  const text = "date,v\n2020-01-01,1\n2020-01-02,2\n2020-01-02,4\n2020-01-03,3";
  expect(refused(text)).toMatch(
    /a.csv: line 4: expected a date that no other row has, received 2020-01-02 again, as on a.csv: line 3; 1 row in all/,
  );
  expect(Array.from(read(text, { duplicates: "last" }).values.data)).toEqual([1, 4, 3]);
  expect(Array.from(read(text, { duplicates: "mean" }).values.data)).toEqual([1, 3, 3]);
  expect(read(text, { duplicates: "mean" }).notes[0]).toMatch(
    /1 row with the date of another, the first 2020-01-02 \(a.csv: line 4\): their mean is used/,
  );
  expect(refused("date,shop,v\n2020-01-01,1,1\n2020-01-01,2,2\n2020-01-02,1,1\n2020-01-02,2,3")).toMatch(
    /several series: name the column that tells them apart/,
  );
});

test("weekdays without a row among business days are holidays where nothing else is said", () => {
  const all = days(40, 1, "2020-01-06").filter((day) => ![0, 6].includes(new Date(day).getUTCDay()));
  const text = dated(all.filter((_, t) => t !== 10));
  expect(read(text).calendar).toMatchObject({ unit: "business day", count: 1 });
  expect(read(text).notes).toEqual([
    "1 weekday without a row, the first 2020-01-20: taken as holidays; where days of the week differ, fill them (ffill)",
  ]);
  expect(refused(text, { missing: "error" })).toMatch(/line 12: expected 2020-01-20/);
  expect(read(text, { missing: "interpolate" }).values.shape[0]).toBe(all.length);
  expect(nextDates(read(text).calendar!, "2020-01-10", 2)).toEqual(["2020-01-13", "2020-01-14"]);
});

test("one weekend passed over makes business days, with a holiday beside it too; a longer gap alone does not", () => {
  const august = (list: readonly number[]) =>
    read(dated(list.map((day) => `1997-08-${day}`)), { missing: "drop" }).calendar;
  expect(august([19, 20, 21, 25, 26, 27, 28, 29])).toMatchObject({ unit: "business day", count: 1 }); // Friday 22 is missing
  expect(august([20, 21, 22, 26, 27, 28])).toMatchObject({ unit: "business day", count: 1 }); // Monday 25
  expect(august([18, 19, 20, 25, 26, 27])).toMatchObject({ unit: "day", count: 1 });
});

test("a file of two frequencies is refused where the other one begins", () => {
  const hours = Array.from({ length: 30 }, (_, t) => `2020-01-0${1 + Math.floor(t / 24)} ${t % 24}:00`);
  const text = dated([...hours, ...days(20, 1, "2020-01-03").map((day) => `${day} 0:00`)]);
  expect(refused(text)).toMatch(
    /a.csv: line 32: expected one step between rows, such as 2020-01-01T01:00:00 after 2020-01-01T00:00:00, received 2020-01-03T00:00:00 after/,
  );
  expect(refused(dated([...days(12), ...days(12, 7, "2020-01-19")]))).toMatch(/line 14/);
});

test("dates without a regular step are kept, and said to have none", () => {
  const { calendar, dates, notes } = read(
    dated(["2020-01-01 10:03", "2020-01-01 10:09", "2020-01-01 10:10", "2020-01-01 11:50", "2020-01-02 08:01"]),
  );
  expect([calendar, dates?.[1]]).toEqual([null, "2020-01-01T10:09:00"]);
  expect(notes[0]).toMatch(/without a regular step/);
});

test("the column of dates is found by values and name, made of several, named, or none", () => {
  const of = (text: string, options?: TimeSeriesOptions) => {
    const { dateColumns, columns, dates } = read(text, options);
    return [dateColumns.join("+"), columns.join("+"), dates?.[1] ?? null];
  };
  expect(of("v,when\n1,2020-01-01\n2,2020-01-02")).toEqual(["when", "v", "2020-01-02"]);
  expect(of("year,rain\n1990,61\n1991,75\n1992,58")).toEqual(["year", "rain", "1991"]);
  expect(of("year\n1990\n1991\n1992")).toEqual(["", "year", null]); // all the numbers there are
  expect(of("n,rain\n1,61\n2,75\n3,58")).toEqual(["", "rain", null]);
  expect(of("day,hr,v\n2020-01-01,22,5\n2020-01-01,23,7\n2020-01-02,0,9")).toEqual([
    "day+hr",
    "v",
    "2020-01-01T23:00:00",
  ]);
  expect(of("Date,Time,v\n16/12/2006,17:24:00,5\n16/12/2006,17:25:00,7")).toEqual([
    "Date+Time",
    "v",
    "2006-12-16T17:25:00",
  ]);
  expect(of("No,year,month,day,hour,v\n1,2010,1,1,22,5\n2,2010,1,1,23,8\n3,2010,1,2,0,7")).toEqual([
    "year+month+day+hour",
    "v",
    "2010-01-01T23:00:00",
  ]);
  expect(of("year,month,passengers\n1949,Jan,112\n1949,Feb,118\n1949,March,132")).toEqual([
    "year+month",
    "passengers",
    "1949-02",
  ]);
  expect(of("y,m,v\n1949,January,112\n1949,February,118", { date: ["y", "m"] })).toEqual(["y+m", "v", "1949-02"]);
  expect(of("timestamp,v\n1577836800,3\n1577840400,5")).toEqual(["timestamp", "v", "2020-01-01T01:00:00Z"]);
  expect(of("clicks,v\n1577836800,3\n1577840400,5")).toEqual(["", "clicks+v", null]);
  expect(of("sent,date,v\n2020-01-01,2020-02-01,3\n2020-01-01,2020-02-02,5")).toEqual(["date", "v", "2020-02-02"]);
  expect(of("sent,date,v\n2020-01-01,2020-02-01,3\n2020-01-02,2020-02-02,5", { date: "sent" })[0]).toBe("sent");
  expect(of("y,m,v\n2020,1,3\n2020,2,5", { date: ["y", "m"] })).toEqual(["y+m", "v", "2020-02"]);
  expect(of("date,v\n2020-01-01,3\n2020-01-02,5", { date: false })).toEqual(["", "v", null]);
  expect(refused("date,v\n2020-01-01,3\n2020-01-02,5", { date: "dat" })).toMatch(/Did you mean "date"/);
  expect(refused(`${dated(days(8))}\nsoon,3`)).toMatch(
    /a.csv: line 10: expected a date written as "2020-01-01" is, received "soon"/,
  );
  expect(refused("date,v\n2020-01-01,3\n,5\n2020-01-03,4")).toMatch(/line 3: .*an empty cell/);
  expect(of("month,v\n2020-12,3\n2020-13,5\n2020-14,4")).toEqual(["", "v", null]); // that is no calendar
  expect(read("date,v\n2020-01-01,3\n,5\n2020-01-02,4", { missing: "drop" }).notes).toEqual([
    "1 row without a date left out",
  ]);
});

test("a zone has days of 23 and 25 hours", () => {
  const hours = (from: number) => Array.from({ length: 30 }, (_, t) => new Date(from + t * 3_600_000).toISOString());
  const { calendar, dates } = read(dated(hours(Date.parse("2021-03-27T20:00Z"))), { timeZone: "Europe/Berlin" });
  expect(calendar).toMatchObject({ unit: "hour", count: 1, zone: "Europe/Berlin" });
  expect(dates!.slice(4, 7)).toEqual([
    "2021-03-28T01:00:00+01:00",
    "2021-03-28T03:00:00+02:00",
    "2021-03-28T04:00:00+02:00",
  ]);
  const noon = ["2021-03-26 12:00", "2021-03-27 12:00", "2021-03-28 12:00", "2021-03-29 12:00"];
  const daily = read(dated(noon), { timeZone: "Europe/Berlin" });
  expect(daily.calendar?.unit).toBe("day");
  expect(nextDates(daily.calendar!, "2021-10-30T12:00:00+02:00", 2)).toEqual([
    "2021-10-31T12:00:00+01:00",
    "2021-11-01T12:00:00+01:00",
  ]);
  expect(nextDates({ ...daily.calendar! }, "2021-03-27T02:30:00+01:00", 1)).toEqual(["2021-03-28T03:30:00+02:00"]); // 02:30 is left out
});

test("month ends stay month ends, other days give way in short months alone", () => {
  const next = (dates: string[], last = dates[dates.length - 1]) => nextDates(read(dated(dates)).calendar!, last, 3);
  expect(next(["2019-11-30", "2019-12-31", "2020-01-31"])).toEqual(["2020-02-29", "2020-03-31", "2020-04-30"]);
  expect(next(["2019-12-30", "2020-01-30"])).toEqual(["2020-02-29", "2020-03-30", "2020-04-30"]);
  expect(next(["2019-12-31", "2020-03-31", "2020-06-30"])).toEqual(["2020-09-30", "2020-12-31", "2021-03-31"]);
  expect(next(["2020-01-31", "2020-02-28", "2020-03-31", "2020-04-30", "2020-05-29"])).toEqual([
    "2020-06-30",
    "2020-07-31",
    "2020-08-31",
  ]);
  expect(next(["2020-01-12", "2020-02-17", "2020-03-14", "2020-04-11"])).toEqual(["2020-05", "2020-06", "2020-07"]);
});

test("a date with a zone of its own keeps it by a calendar without one", () => {
  const hourly = { unit: "hour", count: 1, dayOfMonth: null, zone: null, precision: "minute" } as const;
  expect(nextDates(hourly, "2021-03-28T01:00:00+05:30", 1)).toEqual(["2021-03-28T02:00:00+05:30"]);
  expect(nextDates(hourly, "2021-03-28T23:30", 1)).toEqual(["2021-03-29T00:30:00"]);
});

test("a wide gap by a slip of the pen is no reason to fill a million rows", () => {
  const text = dated([...days(30), "9020-01-31"]);
  expect(refused(text, { missing: "ffill" })).toMatch(
    /a.csv: line 32: expected at most \d+ rows with the missing ones/,
  );
});

test("a series in one line", () => {
  const found = read(dated(["2020-01-01T00:00Z", "2020-01-01T00:15Z", "2020-01-01T00:30Z"]));
  expect(describeSeries({ rows: 3, ...found })).toBe(
    "3 rows, date 2020-01-01T00:00:00Z to 2020-01-01T00:30:00Z, every 15 minutes (UTC)",
  );
  expect(describeSeries({ rows: 1, dates: null, dateColumns: [], calendar: null })).toBe("1 row");
});

test("a column named date is read as dates where most cells are some, and in a table of one row", () => {
  expect(() => timeSeries(table("date,v\n2020-01-01,3\n2020-13-02,4\n2020-01-03,5"))).toThrow(
    /line 3: expected a date written as "2020-01-01" is, received "2020-13-02"/,
  );
  expect(timeSeries(table("date,v\n2020-01-01,3"))).toMatchObject({ dates: ["2020-01-01"], columns: ["v"] });
});

test("time stamps in nanoseconds date the rows, and are no series", () => {
  const stamps = [0n, 1n, 2n, 3n].map((t) => String((1_577_836_800n + 3600n * t) * 1_000_000_000n));
  const read = timeSeries(table(`timestamp,v\n${stamps.map((at, t) => `${at},${t * t}`).join("\n")}`));
  expect(read).toMatchObject({ columns: ["v"], calendar: { unit: "hour", count: 1 } });
  expect(read.dates?.[3]).toBe("2020-01-01T03:00:00Z");
});

test("an hour that clocks leave out in spring, and rows that are series, are told of with the option that helps", () => {
  const hours = Array.from({ length: 12 }, (_, t) => new Date(Date.UTC(2021, 2, 27, 20) + t * 3_600_000));
  const rows = hours.filter((at) => at.getUTCHours() !== 2).map((at, t) => `${at.toISOString().slice(0, 16)},${t}`);
  expect(() => timeSeries(table(`date,v\n${rows.join("\n")}`))).toThrow(
    /clocks were turned forward then: timeZone: "Europe\/Berlin"/,
  );
  const days = rows.map((_, t) => `2021-06-${String(t + (t > 4 ? 2 : 1)).padStart(2, "0")},${t}`);
  expect(() => timeSeries(table(`date,v\n${days.join("\n")}`))).not.toThrow(/clocks/);
  const names = Array.from({ length: 14 }, (_, k) => `V${k + 1}`).join(",");
  const cells = (n: number) => Array.from({ length: 14 }, (_, k) => (k < n ? k * k : "")).join(",");
  expect(() => timeSeries(table(`${names}\n${cells(14)}\n${cells(9)}\n${cells(12)}`))).toThrow(
    /If each row is a series: wideSeries\(table\)/,
  );
});
