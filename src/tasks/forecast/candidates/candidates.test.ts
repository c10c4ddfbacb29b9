import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { thorough } from "../../../../test/thorough.ts";
import { etsForecast } from "../classical/exponential-smoothing.ts";
import { thetaForecast } from "../classical/theta.ts";
import { forecaster, loadForecaster } from "../forecaster.ts";
import { chooseMethods } from "./choose.ts";
import { chooseOfFew, comparedOrigins } from "./choose-of-few.ts";
import { localForecasts } from "./local-forecasts.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-methods-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny = { units: 3, window: 6, horizon: 2, backend: "js" } as const;
const quiet = { verbose: 0, epochs: 2 } as const;
const year = Array.from({ length: 96 }, (_, t) => 50 + 0.3 * t + 12 * Math.sin((2 * Math.PI * t) / 12) + ((t * 7) % 5));

type Name = "theta" | "ets" | "naive" | "network";
const candidate = (name: Name, season: number, ...off: number[]) => ({
  method: { name, season },
  values: Float64Array.from({ length: 12 }, (_, i) => off[i % off.length]),
});
const chosen = (...list: ReturnType<typeof candidate>[]) => chooseMethods(list, new Float64Array(12), 2);

test("the best method is taken, or the mean of the best of two or three kinds where that is nearer", () => {
  const { methods, errors } = chosen(
    candidate("network", 1, -1.1),
    candidate("theta", 12, 1.2),
    candidate("theta", 24, 1),
    candidate("naive", 1, 1.3),
  );
  expect(methods).toEqual([
    { name: "theta", season: 24 }, // on the other side of what followed than the network: −0.05 together
    { name: "network", season: 1 },
  ]);
  expect(errors.map(({ error }) => Number(error.toFixed(6)))).toEqual([1, 1.1, 1.2, 1.3]);
  const alone = chosen(candidate("ets", 1, 1), candidate("theta", 12, 1.1), candidate("naive", 1, 1.2));
  expect(alone.methods).toEqual([{ name: "ets", season: 1 }]);
  const three = chosen(candidate("network", 1, 1), candidate("theta", 12, 1.1), candidate("ets", 12, -2));
  expect(three.methods).toHaveLength(3);
});

test("the network counts as 5 % worse than it is, and forecasts alone where its mean with the next best is surely worse", () => {
  const names = (list: ReturnType<typeof chosen>) => list.methods.map(({ name }) => name);
  expect(names(chosen(candidate("network", 1, 1), candidate("ets", 1, 1.04)))).toEqual(["ets"]);
  expect(names(chosen(candidate("network", 1, 1), candidate("ets", 1, 1.2)))).toEqual(["network"]); // always by as much
  const byTurns = candidate("ets", 1, 0.6, 0.6, 2.4, 2.4); // worse on average, better at every other origin: no proof
  expect(names(chosen(candidate("network", 1, 1), byTurns))).toEqual(["network", "ets"]);
});

test("no one stretch of the origins decides: each third counts by its proportion", () => {
  const late = chosen(candidate("theta", 1, 1, 1, 1, 1, 1, 1, 1, 1, 30, 30, 30, 30), candidate("ets", 1, 2));
  expect(late.methods[0].name).toBe("ets"); // ∛30 is above 2
  const little = chosen(
    candidate("theta", 1, 1, 1, 1, 1, 1, 1, 1, 1, 7, 7, 7, 7),
    candidate("ets", 1, 2, 2, 2, 2, 2, 2, 2, 2, 2.5, 2.5, 2.5, 2.5),
  );
  expect(little.methods[0].name).toBe("theta"); // ∛7 is below ∛(2 · 2 · 2.5), though the mean error is larger
  expect(little.errors[0].error).toBeCloseTo(3, 9);
});

test("methods that go on row by row forecast as if they were asked alone, with the parameters of the rows they were fitted to", async () => {
  const column = Float64Array.from(year);
  for (const [name, forecast] of [
    ["theta", thetaForecast],
    ["ets", etsForecast],
  ] as const) {
    const method = { name, season: 12 };
    const at = async (...origins: number[]) => localForecasts(method, column, origins, 3, 72);
    expect(Array.from(await at(72))).toEqual(forecast(column.slice(0, 72), 3, 12));
    expect((await at(72, 75, 90)).slice(6)).toEqual(await at(90));
  }
  const demand = Float64Array.from({ length: 60 }, (_, t) => (t % 4 === 0 ? 8 : 0));
  const [next] = await localForecasts({ name: "demand", season: 1 }, demand, [60], 1, 60);
  expect(next).toBeCloseTo(2, 0); // eight, every fourth day
  expect(Array.from(await localForecasts({ name: "demand", season: 1 }, new Float64Array(9), [9], 2, 9))).toEqual([
    0, 0,
  ]);
});

test.skipIf(!thorough)(
  "a forecaster takes the mean of the best methods, says which and why, and is the same after it was saved",
  async () => {
    const task = forecaster({ ...tiny, season: 12 });
    await task.fit(year, quiet);
    const [methods] = task.learned.methods;
    expect(methods.map(({ name }) => name)).toContain("ets");
    expect(task.learned.considered[0].length).toBeGreaterThan(4);
    expect(String(task.report)).toMatch(
      /\nforecast by: .*ETS \(12\).*; RMSE of a forecast on the validation split: .*naive/,
    );
    const path = join(folder, "auto.keras");
    await task.save(path);
    const loaded = await loadForecaster(path, { backend: "js" });
    expect((await loaded.predict(year)).values.data).toEqual((await task.predict(year)).values.data);
    expect(String(loaded.report)).toBe(String(task.report));
  },
);

test("a method that is asked for forecasts alone, without a training", async () => {
  const task = forecaster({ ...tiny, season: 12, method: "theta", intervals: "gaussian" });
  const history = await task.fit(year, quiet);
  expect(history.epoch).toEqual([]);
  const { values, low, high } = await task.predict(year);
  for (const [h, v] of thetaForecast(year, 2, 12).entries()) expect(values.data[h]).toBeCloseTo(v, 9); // by way of logarithms
  expect(low!.data[0]).toBeLessThan(values.data[0]);
  expect(high!.data[1]).toBeGreaterThan(values.data[1]);
  expect(task.report!.coverage!.measured).toBeGreaterThan(0.5);
});

test("where few rows are held out theta, ETS or both are chosen at origins in the second half of all rows", async () => {
  expect(comparedOrigins(64, 8)).toEqual([32, 36, 40, 44, 48, 52, 56]);
  expect(comparedOrigins(7, 1)).toEqual([3, 4, 5, 6]);
  const column = Float64Array.from(year.slice(0, 64));
  const origins = comparedOrigins(64, 8);
  const { methods, errors } = await chooseOfFew(column, origins, 8, 12); // errors are means, in units of the series
  // Four fits, at every second origin; the error of each origin by hand.
  const off = (name: "theta" | "ets") => {
    const forecast = name === "theta" ? thetaForecast : etsForecast;
    return origins.map((origin, i) => {
      if (i % 2 > 0) return null;
      const ahead = forecast(column.slice(0, origin), 8, 12);
      return Math.sqrt(ahead.reduce((sum, v, h) => sum + (v - column[origin + h]) ** 2, 0) / 8);
    });
  };
  for (const { name, error } of errors) {
    const own = await Promise.all(
      origins.map(async (origin, i) => {
        const fitted = origins[i - (i % 2)];
        const ahead = await localForecasts({ name: name as "ets", season: 12 }, column, [origin], 8, fitted);
        return Math.sqrt(ahead.reduce((sum, v, h) => sum + (v - column[origin + h]) ** 2, 0) / 8);
      }),
    );
    off(name as "ets").forEach((expected, i) => {
      if (expected !== null) expect(own[i]).toBeCloseTo(expected, 12);
    });
    expect(error).toBeCloseTo(own.reduce((a, b) => a + b) / own.length, 9);
  }
  expect(methods).toEqual([{ name: "ets", season: 12 }]); // a straight line and a steady season
});

test("a choice at origins of all rows is told with their number, kept in the file, and needs three", async () => {
  const rows = year.slice(0, 48);
  const task = forecaster({ ...tiny, horizon: 8, season: 12 });
  await task.fit(rows, quiet);
  expect(task.learned.comparedAt).toBe(5);
  expect(String(task.report)).toMatch(
    /forecast by: .*; RMSE of a forecast at 5 origins in the second half of the rows \(too few were held out\): ETS \(12\) .*theta/,
  );
  const path = join(folder, "few.keras");
  await task.save(path);
  const loaded = await loadForecaster(path, { backend: "js" });
  expect(loaded.learned).toMatchObject({ comparedAt: 5, considered: task.learned.considered });
  expect((await loaded.predict(rows)).values.data).toEqual((await task.predict(rows)).values.data);
});

test("without rows held out and with few of any theta and ETS forecast together; several columns choose each for itself", async () => {
  const short = forecaster({ ...tiny, season: 1, horizon: 7 });
  const few = year.slice(0, 24);
  await short.fit(few, { ...quiet, validationSplit: 0 });
  expect([short.learned.comparedAt, short.learned.considered]).toEqual([0, []]);
  const [first] = Array.from((await short.predict(few)).values.data);
  const both = [thetaForecast(few, 1), etsForecast(few, 1)].map(([v]) => v);
  expect(first).toBeCloseTo((both[0] + both[1]) / 2, 9);
  const two = forecaster({ ...tiny, columns: ["a", "b"] });
  await two.fit(
    year.map((v, t) => [v, t % 3 === 0 ? t % 2 : 0]),
    quiet,
  );
  expect(two.learned.methods).toHaveLength(2);
  expect(String(two.report)).toMatch(/\na: forecast by: .*\nb: forecast by: /);
});

test("quantiles are the network's, and a method that is none is refused", async () => {
  const quantiles = forecaster({ ...tiny, intervals: "quantile" });
  await quantiles.fit(year, quiet);
  expect(quantiles.learned.methods).toEqual([[{ name: "network", season: 1 }]]);
  expect(() => forecaster({ method: "theta", intervals: "quantile" })).toThrow(
    /expected quantiles of the network, received "theta"/,
  );
  expect(() => forecaster({ method: "arima" as never })).toThrow(/method.*"auto"/);
});

test("fit with `continue` trains on, with the scalers, season and window it has", async () => {
  const task = forecaster({ ...tiny, method: "network" });
  await task.fit(year.slice(0, 72), quiet);
  const { inputs, window, season } = task.learned;
  const steps = task.model.iterations;
  const history = await task.fit(year, { ...quiet, epochs: 3, continue: true, patience: 9 });
  expect(history.epoch).toHaveLength(3);
  expect(task.model.iterations).toBeGreaterThan(2 * steps);
  expect(task.learned.inputs).toBe(inputs);
  expect([task.learned.window, task.learned.season, task.learned.rows]).toEqual([window, season, 96]);
  await expect(forecaster(tiny).fit(year, { continue: true })).rejects.toThrow(/expected a trained task/);
});

test("a file says by its version that it forecasts by more than a network, so that an earlier version refuses it", async () => {
  for (const [method, version] of [
    ["theta", 4],
    ["network", 2],
  ] as const) {
    const task = forecaster({ ...tiny, method });
    await task.fit(year, quiet);
    await task.save(join(folder, `${method}.keras`));
    const { assets } = (await loadForecaster(join(folder, `${method}.keras`))).model;
    const data = JSON.parse(new TextDecoder().decode(assets.get("cellstate/task.json"))) as { version: number };
    expect(data.version).toBe(version);
  }
});
