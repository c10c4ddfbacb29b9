import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { Random } from "../../tensor/random.ts";
import { calmest, needed } from "./choose-differences.ts";
import { calibrationOrigins, widening } from "./conformal.ts";
import { forecaster, loadForecaster } from "./forecaster.ts";

const quiet = { verbose: 0, epochs: 2 } as const;
const tiny = { units: 3, window: 6, backend: "js" } as const;

/** A week with noise, about a level that wanders back. */
function weeks(rows: number, seed: number): number[] {
  const random = new Random(seed);
  let level = 0;
  return Array.from({ length: rows }, (_, t) => {
    level = 0.6 * level + 3 * random.normal();
    return 100 + 10 * Math.sin((2 * Math.PI * t) / 7) + level;
  });
}

test.skipIf(!thorough)(
  "conformal intervals of any method hold about the fraction they should of rows nobody saw",
  async () => {
    for (const method of ["auto", "network", "ets", "seasonalNaive"] as const) {
      const rows = weeks(700, 5);
      const task = forecaster({ ...tiny, method, horizon: 7, season: 7, coverage: 0.8 });
      await task.fit(rows.slice(0, 500), quiet);
      const { coverage } = await task.evaluate(rows);
      expect(task.learned.intervals).toBe("conformal"); // requested by a coverage
      expect(coverage!.asked).toBe(0.8);
      // 194 origins are 28 independent weeks: three standard errors are about 0.1.
      expect(coverage!.measured, method).toBeGreaterThan(0.7);
      expect(coverage!.measured, method).toBeLessThan(0.92);
      expect(coverage!.msis, method).toBeGreaterThan(0);
    }
  },
);

test("few rows: intervals by the second half of all rows, and without held-out rows too; they are kept in the file", async () => {
  const rows = weeks(40, 2);
  const folder = mkdtempSync(join(tmpdir(), "cellstate-conformal-"));
  for (const validationSplit of [undefined, 0]) {
    const task = forecaster({ ...tiny, horizon: 7, season: 7, intervals: "conformal" });
    await task.fit(rows, { ...quiet, ...(validationSplit === undefined ? {} : { validationSplit }) });
    const { values, low, high } = await task.predict(rows);
    for (const [i, v] of values.data.entries()) expect(low!.data[i] < v && v < high!.data[i]).toBe(true);
    for (const { name } of task.learned.methods[0]) expect(["theta", "ets"]).toContain(name);
    expect(task.learned.comparedAt).toBe(5);
    const path = join(folder, "few.keras");
    await task.save(path);
    const again = await (await loadForecaster(path, { backend: "js" })).predict(rows);
    expect(again.low!.toArray()).toEqual(low!.toArray());
  }
  rmSync(folder, { recursive: true });
});

test("a choice of few rows says what it was made by, and one that there are too few rows for says so", async () => {
  const task = forecaster({ ...tiny, horizon: 7, season: 7 });
  await task.fit(weeks(60, 3), quiet);
  expect(String(task.report)).toMatch(
    /forecast by: ETS \(7\); RMSE of a forecast at 8 origins in the second half of the rows/,
  );
  await task.fit(weeks(24, 3), quiet);
  expect(String(task.report)).toMatch(
    /mean of theta \(7\) and ETS \(7\); there are too few rows to choose by their errors/,
  );
});

test("origins to calibrate at, and how much wider few of them make intervals", () => {
  const later = [90, 91, 92, 93];
  expect(calibrationOrigins(later, 1, 94, true)).toBe(later); // four horizons
  expect(calibrationOrigins(later, 2, 95, false)).toBe(later); // a network saw the rows before
  expect(calibrationOrigins(later, 2, 95, true)).toEqual(Array.from({ length: 47 }, (_, i) => 47 + i));
  expect(widening(100, 1)).toBeCloseTo(1.0075, 12);
  expect(widening(3, 12)).toBe(1.75);
});

test("a further difference is taken where the level wanders, not where it comes back to the season", () => {
  const series = (values: number[]) => ({ rows: values.length, values: [Float64Array.from(values)] });
  const back = series(weeks(400, 1));
  expect(calmest(back, 7)).toEqual([7, 1]);
  expect(needed(back, 7, 7)).toEqual([7]);
  const random = new Random(4);
  let level = 0;
  const walk = Array.from({ length: 400 }, (_, t) => {
    level += 3 * random.normal();
    return level + 10 * Math.sin((2 * Math.PI * t) / 7);
  });
  const wandering = series(walk);
  expect(needed(wandering, 7, 2)).toEqual([7, 1]); // variances of 2h beside 7, in units of one step's
  expect(needed(wandering, 7, 14)).toEqual([7]);
  expect(needed(series([1, 2, 3, 4]), 1, 9)).toEqual(calmest(series([1, 2, 3, 4]), 1));
});
