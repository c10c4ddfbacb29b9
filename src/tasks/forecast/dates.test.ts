import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Forecaster, forecaster, loadForecaster } from "../../index.ts";
import { readCalendar } from "./dates.ts";

const series = Array.from({ length: 40 }, (_, t) => 10 + (t % 4) + t / 10);
const months = (count: number, from = 24_240) =>
  Array.from(
    { length: count },
    (_, t) => `${Math.floor((from + t) / 12)}-${String(((from + t) % 12) + 1).padStart(2, "0")}`,
  );
const quick = { epochs: 1, verbose: 0 } as const;
const small = { horizon: 3, units: 2, window: 4, season: 4, backend: "js" } as const;
let trained: Forecaster;
beforeAll(async () => {
  trained = forecaster(small);
  await trained.fit(series, { ...quick, dates: months(40) });
});

test("a forecast carries the dates that follow those of the series, in the table too", async () => {
  const found = await trained.predict(series, { dates: months(40) });
  expect(found.dates).toEqual(["2023-05", "2023-06", "2023-07"]);
  expect(String(found)).toMatch(/^ *date +forecast.*\n2023-05 /);
  expect((await trained.predict(series)).dates).toBeNull();
  expect((await trained.predict(series, { dates: months(40, 24_241) })).dates?.[0]).toBe("2023-06");
});

test("the calendar lies in the file", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "cellstate-dates-")), "m.keras");
  await trained.save(path);
  const loaded = await loadForecaster(path, { backend: "js" });
  expect(loaded.learned.calendar).toEqual({
    unit: "month",
    count: 1,
    dayOfMonth: 1,
    zone: null,
    precision: "month",
  });
  expect((await loaded.predict(series, { dates: months(40) })).dates).toHaveLength(3);
});

test("a calendar of a damaged file is refused", () => {
  const day = { unit: "day", count: 1, dayOfMonth: null, zone: null, precision: "day" };
  const read = (calendar: unknown) => readCalendar({ task: "forecaster", calendar });
  expect(read(day)).toEqual(day);
  expect([read(undefined), read(null)]).toEqual([null, null]);
  const wrong = { unit: "fortnight", count: 0.5, dayOfMonth: 32, zone: 7, precision: "hour" };
  for (const [name, value] of Object.entries(wrong))
    expect(() => read({ ...day, [name]: value })).toThrow(new RegExp(`forecaster: ${name}: expected`));
  expect(() => read("daily")).toThrow(/calendar/);
});

test("rows of another step than those of training are refused, and as many dates as rows are needed", async () => {
  const days = series.map((_, t) => new Date(Date.UTC(2020, 0, 1 + t)).toISOString().slice(0, 10));
  await expect(trained.predict(series, { dates: days })).rejects.toThrow(
    /expected a row every month, as in training, received one every day/,
  );
  await expect(trained.evaluate(series, { from: 20, dates: days })).rejects.toThrow(/every day/);
  await expect(trained.predict(series, { dates: months(39) })).rejects.toThrow(
    /a date for each of 40 rows, received 39/,
  );
  await expect(forecaster(small).fit(series, { ...quick, dates: [...months(20), ...months(20)] })).rejects.toThrow(
    /row 20: expected a date after 2021-08/,
  );
  await expect(forecaster(small).fit(series, { dates: [2020] as never })).rejects.toThrow(/a list of dates as text/);
  expect(() => forecaster({ reading: { colour: "red" } as never })).toThrow(/reading/);
});

test("a time zone is that of the forecast, and a backtest takes dates", async () => {
  const hours = series.map((_, t) => `2021-03-${26 + Math.floor((t + 12) / 24)} ${(t + 12) % 24}:00`);
  const zoned = forecaster({ ...small, timeZone: "Europe/Berlin" });
  await zoned.fit(series.slice(0, 37), { ...quick, dates: hours.slice(0, 37) });
  const { dates } = await zoned.predict(series.slice(0, 37), { dates: hours.slice(0, 37) });
  expect(dates).toEqual(["2021-03-28T01:00:00+01:00", "2021-03-28T03:00:00+02:00", "2021-03-28T04:00:00+02:00"]);
  const { folds } = await forecaster(small).backtest(series, { ...quick, folds: 1, dates: months(40) });
  expect(folds).toHaveLength(1);
});
