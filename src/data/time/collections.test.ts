import { expect, test } from "vitest";
import { parseCsv } from "../csv.ts";
import { longSeries } from "./long-series.ts";
import { wideSeries } from "./wide-series.ts";

const long = `shop,day,sales,promotion,region
b,2020-01-02,8,0,north
a,2020-01-01,3,0,south
a,2020-01-02,5,1,south
b,2020-01-01,7,1,north
a,2020-01-03,,1,south
b,2020-01-03,,0,north
b,2020-01-04,,1,north
`;

test("the rows of a long table become series in order of their dates, with what is known ahead", async () => {
  const table = await parseCsv(long);
  const found = longSeries(table, { series: "shop", target: "sales", known: ["promotion"], static: ["region"] });
  expect(found.dateColumns).toEqual(["day"]);
  expect(found.calendar).toMatchObject({ unit: "day", count: 1 });
  expect(found.notes).toEqual(["rows are newest first: sorted, oldest first (in 1 series)"]);
  expect(found.series).toEqual([
    {
      id: "b",
      values: Float64Array.of(7, 8),
      dates: ["2020-01-01", "2020-01-02"],
      known: { promotion: Float64Array.of(1, 0, 0, 1) },
      static: { region: "north" },
    },
    {
      id: "a",
      values: Float64Array.of(3, 5),
      dates: ["2020-01-01", "2020-01-02"],
      known: { promotion: Float64Array.of(0, 1, 1) },
      static: { region: "south" },
    },
  ]);
});

test("a long table tells the line of what is wrong in it", async () => {
  const table = await parseCsv(long);
  const options = { series: "shop", target: "sales" };
  expect(() => longSeries(table, options)).toThrow(
    /line 7: expected a number in column "sales", received an empty cell/,
  );
  expect(() => longSeries(table, { series: "shop" })).toThrow(
    /one column of numbers to forecast, received sales, promotion/,
  );
  expect(() => longSeries(table, { series: "shop", known: ["promotion", "sales"] })).toThrow(
    /received none\.\n? *sales, promotion: named as known, past or static/,
  );
  expect(() => longSeries(table, { ...options, series: "store" })).toThrow(/"store"/);
  expect(() => longSeries(table, { ...options, known: ["promotion"], static: ["promotion"] })).toThrow(
    /line 5: expected 0 in static column promotion, as before in series "b", received 1/,
  );
  const empty = await parseCsv("shop,day,sales\na,2020-01-01,3\n,2020-01-02,5\n");
  expect(() => longSeries(empty, { series: "shop" })).toThrow(
    /line 3: expected the name of a series, received an empty cell/,
  );
  const twice = await parseCsv("shop,day,sales\na,2020-01-01,3\na,2020-01-02,4\na,2020-01-02,5\n");
  expect(() => longSeries(twice, { series: "shop" })).toThrow(/line 4/);
});

test("the order of day and month is told by one series for all", async () => {
  const table = await parseCsv(
    "s,date,v\na,01/02/2020,1\na,02/02/2020,2\na,13/02/2020,3\nb,01/02/2020,4\nb,02/02/2020,5\n",
  );
  const { series } = longSeries(table, { series: "s", missing: "drop" });
  expect(series[1].dates).toEqual(["2020-02-01", "2020-02-02"]);
});

test("the rows of a wide table are series of their own lengths", async () => {
  const m4 = await parseCsv('"V1","V2","V3","V4"\n"W1","1","2.5",""\n"W2","","4","5"\n');
  expect(wideSeries(m4)).toEqual([
    { id: "W1", values: Float64Array.of(1, 2.5), dates: null },
    { id: "W2", values: Float64Array.of(4, 5), dates: null },
  ]);
  const bare = await parseCsv("1,2,3\n4,,6\n", { header: "none" });
  expect(() => wideSeries(bare)).toThrow(/line 2: expected a number as value 2, received an empty cell/);
  expect(wideSeries(bare, { missing: "interpolate" })[1]).toEqual({
    id: "2",
    values: Float64Array.of(4, 5, 6),
    dates: null,
  });
  const twice = await parseCsv("id,a\nx,1\nx,2\n");
  expect(() => wideSeries(twice)).toThrow(/line 3: expected a new name, received x, as in line 2/);
  const none = await parseCsv("id,a\nx,1\ny,\n");
  expect(() => wideSeries(none)).toThrow(/line 3: expected values of a series, received none/);
});

const dayAfter = (first: string, t: number) => new Date(Date.parse(first) + 86_400_000 * t).toISOString().slice(0, 10);
const seriesOf = (id: string, first: string, rows: number, step: number, of = dayAfter) =>
  Array.from({ length: rows }, (_, t) => `${id},${of(first, t * step)},${t + 1}`);
const longTable = (...series: readonly string[][]) => parseCsv(`shop,day,sales\n${series.flat().join("\n")}\n`);

test("series of different steps are refused, naming both and the line, the longest one deciding", async () => {
  const mixed = await longTable(seriesOf("b", "2023-01-02", 10, 7), seriesOf("a", "2024-01-01", 30, 1));
  expect(() => longSeries(mixed, { series: "shop" })).toThrow(
    /line 2: expected a row every day in series "b", as in series "a" \(line 12\), received a row every week/,
  );
  expect(longSeries(mixed, { series: "shop", date: false, target: "sales" }).calendar).toBeNull();
});

test("short series fit where they tell no step of their own: two rows, or days of one working week", async () => {
  const business = Array.from({ length: 40 }, (_, t) => 7 * Math.floor(t / 5) + (t % 5)).map(
    (t, k) => `a,${dayAfter("2024-01-01", t)},${k}`,
  );
  const table = await longTable(seriesOf("new", "2024-02-05", 4, 1), seriesOf("newer", "2024-02-05", 2, 3), business);
  const { calendar, series } = longSeries(table, { series: "shop" });
  expect(calendar).toMatchObject({ unit: "business day", count: 1 });
  expect(series.map(({ id }) => id)).toEqual(["new", "newer", "a"]);
  const weekend = await longTable(seriesOf("new", "2024-02-08", 4, 1), business);
  expect(() => longSeries(weekend, { series: "shop" })).toThrow(/every business day in series "new"/);
});

test("rows on days that vary within months are said to be read as months", async () => {
  const table = await parseCsv(
    `day,sales\n${[3, 9, 17, 2, 25, 11].map((day, k) => `2024-0${k + 1}-${String(day).padStart(2, "0")},${k}`).join("\n")}\n`,
  );
  const { calendar, notes } = longSeries(table);
  expect(calendar).toMatchObject({ unit: "month", dayOfMonth: null });
  expect(notes).toContain("one row in each month, on days that vary: rows are read as months");
});

test("series in different time zones are refused", async () => {
  const zoned = (id: string, zone: string) =>
    Array.from({ length: 5 }, (_, t) => `${id},2024-01-01T0${t}:00${zone},${t}`);
  const table = await longTable(zoned("a", "+01:00"), zoned("b", "Z"));
  expect(() => longSeries(table, { series: "shop" })).toThrow(/line 7: expected dates in the time zone .*01:00/);
  expect(longSeries(table, { series: "shop", timeZone: "Europe/Berlin" }).calendar?.zone).toBe("Europe/Berlin");
});

test("the order of day and month is that which the dates of all series tell", async () => {
  const table = await longTable(["a,01/02/2024,1", "a,02/02/2024,2", "a,03/02/2024,4"], ["b,13/02/2024,3"]);
  const found = longSeries(table, { series: "shop" });
  expect(found.dateFormat).toBe("day-first");
  expect(found.series[0].dates).toEqual(["2024-02-01", "2024-02-02", "2024-02-03"]);
  const neither = await longTable(["a,01/02/2024,1", "a,02/02/2024,2", "a,03/02/2024,4"], ["b,04/02/2024,3"]);
  expect(() => longSeries(neither, { series: "shop" })).toThrow(/dates that tell which number is the day/);
});

test("a row for each date is no table in wide form", async () => {
  const dates = await parseCsv("day,sales\n2024-01-02,8\n2024-01-01,7\n");
  expect(() => wideSeries(dates)).toThrow(
    /line 2: expected the name of a series in column "day", received the date 2024-01-02/,
  );
  const m4 = await parseCsv("V1,V2,V3\nW1,3,5\nQ2,7,8\n");
  expect(wideSeries(m4).map(({ id }) => id)).toEqual(["W1", "Q2"]);
});
