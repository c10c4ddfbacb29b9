import { expect, test } from "vitest";
import { dateTicks } from "./date-ticks.ts";
import { forecastChart, plotForecast } from "./forecast.ts";

const days = (count: number, from: string, step = 1) =>
  Array.from({ length: count }, (_, t) =>
    new Date(Date.parse(from) + t * step * 86_400_000).toISOString().slice(0, 10),
  );
const texts = (dates: readonly string[], width = 600) => dateTicks(dates, width).map(({ text }) => text);

test("rows are marked where years, months, days or hours begin", () => {
  expect(texts(days(1500, "2019-01-01"))).toEqual(["2019", "2020", "2021", "2022", "2023"]);
  expect(texts(days(120, "2020-11-15"))).toEqual(["2020-12", "2021-01", "2021-02", "2021-03"]);
  expect(dateTicks(days(120, "2020-11-15"), 600)[0].at).toBe(16);
  const hours = Array.from({ length: 30 }, (_, t) => new Date(Date.UTC(2021, 2, 1, t)).toISOString().slice(0, 19));
  expect(texts(hours, 900).slice(0, 2)).toEqual(["2021-03-01 00:00", "2021-03-01 05:00"]);
  expect(texts(["2020-W52", "2020-W53", "2021-W01", "2021-W02"])).toEqual([
    "2020-W52",
    "2020-W53",
    "2021-W01",
    "2021-W02",
  ]);
  expect(texts(["2021-01-31T10:00:00+01:00"])).toEqual(["2021-01-31 10:00:00"]);
});

test("marks that would touch are thinned", () => {
  expect(texts(days(20, "2020-11-01"), 300)).toHaveLength(3);
  expect(texts(days(20_000, "1950-01-01"), 200).length).toBeLessThan(5);
});

test("a forecast with dates has them below its axis, those of its own steps too", async () => {
  const forecast = { actual: [1, 2, 3, 4], forecast: [5, 6], dates: days(6, "2020-01-01") };
  const svg = await plotForecast(forecast);
  expect(svg).toMatch(/>Date</);
  expect(svg).toMatch(/>2020-01-06</);
  expect(forecastChart(forecast)).toMatch(/2020-01-01 .*2020-01-05 forecast.*2020-01-06/);
  await expect(plotForecast({ ...forecast, dates: days(4, "2020-01-01") })).rejects.toThrow(
    /a date for each of 6 steps, received 4/,
  );
});

test("the last date has room at the right, where it stands at the end of the axis", async () => {
  const dates = ["10", "11", "12", "13", "14"].map((hour) => `2023-12-22T${hour}:00:00Z`);
  const svg = await plotForecast({ actual: [1, 2, 3], forecast: [4, 5], dates });
  const width = Number(/<svg[^>]* width="(\d+)"/.exec(svg)?.[1]);
  const at = [...svg.matchAll(/translate\(([\d.]+),[^>]*>2023-12-22 14:00</g)].map(([, x]) => Number(x));
  expect(at).toHaveLength(1);
  expect(at[0] + 3.4 * 16).toBeLessThanOrEqual(width); // half of 16 letters
});
