import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { globalForecaster, loadGlobalForecaster, type SeriesRecord } from "../../index.ts";
import { logarithmOf } from "./choices.ts";
import { lagsAhead } from "./step-features.ts";
import { seenBy, type View } from "./view.ts";
import { baseAt, sizesOf, writeWindow } from "./windows.ts";

const day = (t: number): string => new Date(Date.UTC(2023, 0, 2 + t)).toISOString().slice(0, 10); // a Monday first
const days = (count: number): string[] => Array.from({ length: count }, (_, t) => day(t));
const quick = { epochs: 3, batchSize: 32, verbose: 0, holdOut: false } as const;
const small = { horizon: 7, window: 14, units: 8, hidden: 32, season: 7, shrink: false, networks: 1 };

/** Customers of a shop that is closed on holidays, which fall on any weekday. */
function shop(rows: number): { record: SeriesRecord; holidays: string[] } {
  const random = new Random(9);
  const closed = Array.from({ length: rows + 7 }, (_, t) => random.uniform() < 0.12 || t === rows + 3);
  const values = Float64Array.from({ length: rows }, (_, t) =>
    closed[t] ? 0 : Math.round((40 + 20 * (t % 7)) * Math.exp(0.05 * random.normal())),
  );
  const holidays = days(rows + 7).filter((_, t) => closed[t]);
  return { record: { id: "shop", values, dates: days(rows) }, holidays };
}

test("holidays of the steps ahead are forecast, on logarithms of one more, and a file forecasts the same", async () => {
  const { record, holidays } = shop(300);
  const task = globalForecaster({ ...small, calendar: true, holidays, logarithm: "log1p", learningRate: 0.01 });
  await task.fit([record], { ...quick, epochs: 8 });
  expect(task.learned.features).toEqual(["weekday", "holiday"]);
  const [forecast] = await task.predict([record]);
  expect(forecast.dates?.[3]).toBe(day(303));
  forecast.values.forEach((v, h) => {
    const closed = holidays.includes(day(300 + h));
    expect(v, day(300 + h))[closed ? "toBeLessThan" : "toBeGreaterThan"](closed ? 15 : 30); // open: 40 and more
  });
  expect(forecast.values.every((v) => v >= 0)).toBe(true);
  const path = join(mkdtempSync(join(tmpdir(), "cellstate-")), "shop.keras");
  await task.save(path);
  const loaded = await loadGlobalForecaster(path);
  expect(loaded.learned).toEqual(task.learned);
  expect(await loaded.predict([record])).toEqual([forecast]);
  await expect(loaded.predict([{ ...record, dates: null }])).rejects.toThrow(
    /series "shop": expected dates with a regular step, received none/,
  );
});

test("features of the calendar can be named; what does not fit is refused before training", async () => {
  const { record, holidays } = shop(60);
  const named = globalForecaster({ ...small, calendar: ["weekend", "month"] });
  await named.fit([record], { ...quick, epochs: 1 });
  expect(named.learned.features).toEqual(["weekend", "month"]);
  expect(() => globalForecaster({ holidays })).toThrow(/expected calendar beside holidays, received none/);
  expect(() => globalForecaster({ calendar: ["weekdays"] as never })).toThrow(/true, false or a list of hour, weekday/);
  expect(() => globalForecaster({ logarithm: "log2" as never })).toThrow(/true, false or "log1p"/);
  const counted = globalForecaster({ ...small, calendar: true });
  await expect(counted.fit([{ values: record.values }], quick)).rejects.toThrow(/expected dates with a regular step/);
  const logarithm = globalForecaster({ ...small, logarithm: true });
  await expect(logarithm.fit([record], quick)).rejects.toThrow(
    /numbers above 0 .* received 0\.\n {2}Give logarithm: "log1p"/,
  );
  const below = globalForecaster({ ...small, logarithm: "log1p" });
  await expect(below.fit([{ values: Array.from(record.values, (v) => v - 1) }], quick)).rejects.toThrow(
    /numbers of 0 or more/,
  );
});

test("a step ahead is read beside the steps of its phase before, and known columns beside theirs there", () => {
  const values = Float64Array.from({ length: 40 }, (_, t) => 10 * (t % 4) + t);
  const price = Float64Array.from({ length: 44 }, (_, t) => t);
  const monday = Float64Array.from({ length: 44 }, (_, t) => t % 2);
  const view: View = {
    ...{ horizon: 4, window: 8, seasons: [4, 8], base: 4, head: "steps", logarithm: false, unit: 1 },
    ...{ known: [{ mean: 0, deviation: 1 }], calendar: 1, holidays: 0, past: 0, static: [] },
  };
  const member = {
    id: "a",
    values,
    dates: null,
    known: [price],
    calendar: [monday],
    holidays: [],
    past: [],
    static: [],
  };
  const { channels, context, ahead } = sizesOf(view);
  const roomOf = () => ({
    steps: new Float32Array(view.window * channels),
    context: new Float32Array(context),
    ahead: new Float32Array(view.horizon * ahead),
  });
  const room = roomOf();
  const unit = writeWindow(view, seenBy(view, member), 38, room);
  expect(unit).toBeCloseTo(1, 12); // every season adds 4, the mean change over a season, which is the scale
  const units = (row: number) => values[row] / 4;
  const step = Array.from(room.ahead.subarray(ahead, 2 * ahead)); // of row 39
  // the second of four steps; the median of 4, 8, 16, 24 and 32 rows before less the last value; each of them less the median
  expect(step.slice(0, 2)).toEqual([0.5, units(23) - units(37)]);
  expect(step.slice(2, 7)).toEqual([35, 31, 23, 15, 7].map((row) => units(row) - units(23)));
  expect(step.slice(7)).toEqual([1, 39, 4, 8, 4]); // Monday; price, and less that of 4 and 8 rows before and of the mean of 4 rows before
  // all places before, and the change of the last value since 4 and 8 rows before
  expect([...room.context]).toEqual([0, 1, 1, 1, 1, 1, 1, 2]);
  const last = [...room.steps.subarray(-channels)];
  expect(last).toEqual([0, 1, 1, 1, 2, 1, 37]); // row 37: nothing less than itself; a season and two before; its price
  const early = roomOf();
  writeWindow(view, seenBy(view, member), 10, early);
  expect([...early.context.subarray(1, 6)]).toEqual([1, 1, 0, 0, 0]); // 16 rows before there is none
  expect([...early.ahead.subarray(4, 7)]).toEqual([0, 0, 0]);
  expect([...baseAt(view, seenBy(view, member), 38)].map((v) => 4 * v)).toEqual(
    [22, 23, 24, 25].map((row) => values[row]),
  );
});

test("the lags of a day and a week are six days and four weeks, of a week alone four weeks", () => {
  const lagsOf = (...seasons: number[]) =>
    lagsAhead({ seasons } as unknown as View).map((lag) => lag.season * lag.times);
  expect(lagsOf(24, 168)).toEqual([24, 48, 72, 96, 120, 144, 168, 336, 504, 672]);
  expect(lagsOf(7)).toEqual([7, 14, 21, 28]);
  expect(lagsOf(7, 365)).toEqual([7, 14, 21, 28, 35, 42, 365, 730, 1095, 1460]);
  expect(lagsOf()).toEqual([]);
});

test("the logarithm is that of most series: of one more for counts with zeros, of the values where all are above 0, or none", () => {
  const random = new Random(4);
  const bikes = (least: number) =>
    Float64Array.from({ length: 400 }, (_, t) =>
      Math.max(least, Math.round(Math.expm1(5 * Math.max(0, Math.sin(t / 3.8)) * Math.exp(0.1 * random.normal())))),
    );
  expect(logarithmOf([bikes(0), bikes(0), bikes(1)], 24)).toBe("log1p");
  expect(logarithmOf([bikes(1), bikes(1)], 24)).toBe(true);
  expect(logarithmOf([Float64Array.from({ length: 400 }, () => Math.round(3 * random.normal()))], 1)).toBe(false);
});
