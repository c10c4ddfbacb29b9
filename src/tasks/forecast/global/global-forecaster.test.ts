import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { globalForecaster, type SeriesRecord } from "../../index.ts";
import { loadTask } from "../../load-task.ts";

/** Series of a season of 6 steps, of levels and sizes of their own, with noise. */
function collection(count: number, rows: number): SeriesRecord[] {
  const random = new Random(3);
  return Array.from({ length: count }, (_, i) => {
    const [level, size, phase] = [20 + 100 * random.uniform(), 0.2 + 0.2 * random.uniform(), random.below(6)];
    const wave = (t: number) => 1 + size * Math.sin(((t + phase) * Math.PI) / 3);
    const values = Array.from({ length: rows - 3 * (i % 5) }, (_, t) => level * wave(t) * (1 + 0.02 * random.normal()));
    return { id: `s${i}`, values };
  });
}
const small = { horizon: 4, season: 6, window: 8, units: 8 };
const quick = { epochs: 2, batchSize: 32, verbose: 0 } as const;

test("a network over several series beats naive forecasts on their last steps, also on a series it has not seen", async () => {
  const [unseen, ...series] = collection(21, 70);
  const task = globalForecaster(small);
  await task.fit(
    series.map(({ id, values }) => ({ id, values: Array.from(values).slice(0, -4) })),
    quick,
  );
  const { methods, series: each } = await task.evaluate(series);
  expect(each).toHaveLength(20);
  expect(methods.forecast.smape).toBeLessThan(0.5 * methods.naive.smape);
  expect(methods.forecast.medianSmape).toBeGreaterThan(0);
  const other = await task.evaluate([unseen]);
  expect(other.methods.forecast.mase).toBeLessThan(0.5 * other.methods.naive.mase);
  expect(String(task.report)).toContain("sMAPE");
});

test("the same seed gives the same forecast, and a file gives it again", async () => {
  const series = collection(4, 50);
  const [a, b] = [globalForecaster(small), globalForecaster(small)];
  for (const task of [a, b]) await task.fit(series, { ...quick, epochs: 1 });
  const forecasts = await a.predict(series);
  expect(await b.predict(series)).toEqual(forecasts);
  const path = join(mkdtempSync(join(tmpdir(), "cellstate-")), "global.keras");
  await a.save(path);
  const { kind, task } = await loadTask(path);
  if (kind !== "globalForecaster") throw new Error(kind);
  expect(await task.predict(series)).toEqual(forecasts);
  expect(String(forecasts).split("\n")).toHaveLength(5);
});

test("one series with known, past and static columns: known ones are read for the steps ahead", async () => {
  const rows = 200;
  const random = new Random(5);
  const known = Float64Array.from({ length: rows + 4 }, () => random.below(2));
  const noise = Float64Array.from({ length: rows }, () => random.normal());
  const values = noise.map((v, t) => 50 + 10 * known[t] + 0.1 * v);
  const record = { values, known: { promotion: known }, past: { noise }, static: { region: "north" } };
  const task = globalForecaster({ horizon: 4, window: 8, units: 8, season: 1, shrink: false });
  await task.fit([{ ...record, known: { promotion: known.subarray(0, rows) } }], { ...quick, epochs: 4 });
  const [{ values: forecast }] = await task.predict([record]);
  const expected = known.subarray(rows).map((v) => 50 + 10 * v);
  const furthest = Math.max(...forecast.map((v, h) => Math.abs(v - expected[h])));
  expect(furthest).toBeLessThan(3); // a flat forecast is off by 5 on average
  await expect(task.predict([{ ...record, known: { promotion: known.subarray(0, rows + 2) } }])).rejects.toThrow(
    /promotion: expected at least 204 numbers, received 202.*It reaches 2 steps/s,
  );
});
