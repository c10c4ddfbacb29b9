import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { globalForecaster, loadGlobalForecaster, type SeriesRecord } from "../../index.ts";
import { readGlobalLearned } from "./learned.ts";

/** Sales of shops by day with a week; a day of promotion, known beforehand, sells 1.8 times as much. */
function shops(count: number, rows: number): SeriesRecord[] {
  const random = new Random(11);
  return Array.from({ length: count }, (_, i) => {
    const promotion = Float64Array.from({ length: rows + 7 }, () => (random.uniform() < 0.25 ? 1 : 0));
    const level = 50 * (i + 1);
    const values = Float64Array.from(
      { length: rows },
      (_, t) =>
        level *
        (1 + 0.4 * Math.sin((2 * Math.PI * t) / 7)) *
        (1 + 0.8 * promotion[t]) *
        Math.exp(0.05 * random.normal()),
    );
    return { id: `shop ${i}`, values, known: { promotion } };
  });
}

test("beside a network that has learned little, a regression that reads the columns known beforehand forecasts", async () => {
  const series = shops(6, 110);
  const task = globalForecaster({ horizon: 7, season: 7, units: 4, hidden: 8, networks: 1, learningRate: 1e-4 });
  await task.fit(series, { epochs: 1, batchSize: 8, verbose: 0 });
  expect(task.learned.towards).toEqual(["regression"]);
  const { forecast, theta } = task.report!.methods;
  expect(forecast.smape).toBeLessThan(0.5 * theta.smape);
  const path = join(mkdtempSync(join(tmpdir(), "cellstate-")), "shops.keras");
  await task.save(path);
  const loaded = await loadGlobalForecaster(path);
  expect(loaded.learned).toEqual(task.learned);
  const forecasts = await loaded.predict(series);
  expect(forecasts).toEqual(await task.predict(series));
  const [{ values }] = forecasts;
  const { promotion } = series[0].known as { promotion: Float64Array };
  const usual = (t: number) => 50 * (1 + 0.4 * Math.sin((2 * Math.PI * t) / 7)) * (1 + 0.8 * promotion[t]);
  values.forEach((v, h) => {
    expect(v / usual(110 + h)).toBeCloseTo(1, 0);
  });
  const data = { ...structuredClone(task.learned), task: "globalForecaster" } as never;
  expect(() => readGlobalLearned({ ...(data as object), regression: [1, 2] } as never)).toThrow(/regression.*weights/);
  expect(() => readGlobalLearned({ ...(data as object), regression: null } as never)).toThrow(/regression.*weights/);
});

test("without columns known beforehand there is no regression", async () => {
  const plain = shops(4, 60).map(({ id, values }) => ({ id, values }));
  const task = globalForecaster({ horizon: 7, season: 7, units: 2, hidden: 4, networks: 1 });
  await task.fit(plain, { epochs: 1, batchSize: 4, verbose: 0 });
  expect(task.learned.towards).not.toContain("regression");
  expect(task.learned.regression).toBeNull();
});
