import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { globalForecaster, loadGlobalForecaster, type SeriesRecord } from "../../index.ts";
import { readGlobalLearned } from "./learned.ts";
import { regressedForecast } from "./regressed.ts";

/** Sales of shops by day with a week; a day of promotion, known beforehand, sells more by so much. */
function shops(count: number, rows: number, gain = 0.8): SeriesRecord[] {
  const random = new Random(11);
  return Array.from({ length: count }, (_, i) => {
    const promotion = Float64Array.from({ length: rows + 7 }, () => (random.uniform() < 0.25 ? 1 : 0));
    const level = 50 * (i + 1);
    const values = Float64Array.from(
      { length: rows },
      (_, t) =>
        level *
        (1 + 0.4 * Math.sin((2 * Math.PI * t) / 7)) *
        (1 + gain * promotion[t]) *
        Math.exp(0.05 * random.normal()),
    );
    return { id: `shop ${i}`, values, known: { promotion } };
  });
}

const day = (t: number): string => new Date(Date.UTC(2023, 0, 2 + t)).toISOString().slice(0, 10);

test("beside a network that has learned little, a regression that all series share forecasts by what the calendar says", async () => {
  const dates = Array.from({ length: 110 }, (_, t) => day(t));
  const series = shops(6, 110, 0).map(({ id, values }) => ({ id, values, dates }));
  const options = { calendar: ["weekday"], season: 1, units: 4, hidden: 8, networks: 1, learningRate: 1e-4 } as const;
  const task = globalForecaster({ horizon: 7, ...options });
  await task.fit(series, { epochs: 1, batchSize: 8, verbose: 0 });
  expect(task.learned.towards).toEqual(["regression"]);
  const { forecast, theta } = task.report!.methods;
  expect(forecast.smape).toBeLessThan(0.8 * theta.smape);
  const path = join(mkdtempSync(join(tmpdir(), "cellstate-")), "shops.keras");
  await task.save(path);
  const loaded = await loadGlobalForecaster(path);
  expect(loaded.learned).toEqual(task.learned);
  const forecasts = await loaded.predict(series);
  expect(forecasts).toEqual(await task.predict(series));
  const [{ values }] = forecasts;
  const usual = (t: number) => 50 * (1 + 0.4 * Math.sin((2 * Math.PI * t) / 7));
  values.forEach((v, h) => {
    expect(v / usual(110 + h)).toBeCloseTo(1, 0);
  });
  const data = { ...structuredClone(task.learned), task: "globalForecaster" } as never;
  expect(() => readGlobalLearned({ ...(data as object), regression: [1, 2] } as never)).toThrow(/regression.*weights/);
  expect(() => readGlobalLearned({ ...(data as object), regression: null } as never)).toThrow(/regression.*weights/);
});

test("without columns known beforehand or a calendar there is no regression", async () => {
  const plain = shops(4, 60).map(({ id, values }) => ({ id, values }));
  const task = globalForecaster({ horizon: 7, season: 7, units: 2, hidden: 4, networks: 1 });
  await task.fit(plain, { epochs: 1, batchSize: 4, verbose: 0 });
  expect(task.learned.towards).not.toContain("regression");
  expect(task.learned.regression).toBeNull();
});

test("theta or exponential smoothing of what each series' own regression leaves forecasts where promotions and a wandering level go together", async () => {
  const random = new Random(5);
  const own = [30, -20, 45, 10, -35, 25]; // what a promotion does, in each shop another thing
  const series = own.map((effect, i): SeriesRecord => {
    const promotion = Float64Array.from({ length: 147 }, () => (random.uniform() < 0.3 ? 1 : 0));
    let level = 200;
    const values = Float64Array.from({ length: 140 }, (_, t) => {
      level += 2 * random.normal();
      return level + 15 * Math.sin((2 * Math.PI * t) / 7) + effect * promotion[t] + random.normal();
    });
    return { id: `shop ${i}`, values, known: { promotion } };
  });
  const task = globalForecaster({ horizon: 7, season: 7, units: 2, hidden: 4, networks: 1, learningRate: 1e-4 });
  await task.fit(series, { epochs: 1, batchSize: 4, verbose: 0 });
  expect(["regressedTheta", "regressedEts"]).toContain(task.learned.towards.at(-1));
  const { forecast, theta } = task.report!.methods;
  expect(forecast.smape).toBeLessThan(0.6 * theta.smape);
  const path = join(mkdtempSync(join(tmpdir(), "cellstate-")), "own.keras");
  await task.save(path);
  const loaded = await loadGlobalForecaster(path);
  expect(await loaded.predict(series)).toEqual(await task.predict(series));
});

test("a regression of one series takes the part of a column off and adds that of the steps ahead", async () => {
  const column = Float64Array.from({ length: 64 }, (_, t) => (t % 5 === 0 || t === 61 ? 1 : 0));
  const levels = Float64Array.from({ length: 60 }, (_, t) => 10 + 6 * column[t]);
  const seen = { levels, known: [column], holidays: [] };
  for (const name of ["regressedTheta", "regressedEts"] as const) {
    const ahead = await regressedForecast({ horizon: 4 }, name, 1, seen, 60);
    ahead.forEach((v, h) => {
      expect(v, name).toBeCloseTo(10 + 6 * column[60 + h], 1);
    });
  }
  const few = await regressedForecast({ horizon: 1 }, "regressedTheta", 1, seen, 4); // too few rows for a weight
  expect(few[0]).toBeCloseTo(10, -1);
});
