/** A series from a file, as the command line reads it, and a forecaster that learned from another arrangement of it. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSeries } from "../../src/cli/readers/read-series.ts";
import { forecaster } from "../../src/index.ts";
import { speaker } from "./say.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-series-"));

function file(name: string, head: string, row: (t: number) => string): string {
  const path = join(folder, name);
  writeFileSync(path, `${head}\n${Array.from({ length: 50 }, (_, t) => row(t)).join("\n")}\n`);
  return path;
}

const [rain, wind] = [(t: number) => 20 + 5 * Math.sin(t), (t: number) => 3 + Math.cos(t / 2)];

test("columns in another order at forecast time give the same forecast, and a column of years is no series", async () => {
  const trained = file("a.csv", "year,rain,wind", (t) => `${1950 + t},${rain(t)},${wind(t)}`);
  const other = file("b.csv", "wind,other,rain", (t) => `${wind(t)},${t * t},${rain(t)}`);
  const { series, columns } = await readSeries([trained], undefined);
  expect(columns).toEqual(["rain", "wind"]);
  const task = forecaster({ columns, units: 3, window: 4, horizon: 2 });
  await task.fit(series, { verbose: 0, epochs: 2 });
  const again = await readSeries([other], task.learned.names!);
  const [a, b] = [await task.predict(series), await task.predict(again.series)];
  expect(b.values.toArray()).toEqual(a.values.toArray());
});

test("a column that is missing, and a gap, are named with what to do", async () => {
  const gap = file("gap.csv", "year,rain", (t) => `${1950 + t},${t === 7 ? "NA" : rain(t)}`);
  await expect(readSeries([gap], undefined)).rejects.toThrow(/line 9: expected a number in column "rain", received NA/);
  expect((await readSeries([gap], undefined, { missing: "ffill" })).series.shape).toEqual([50, 1]);
  expect((await readSeries([gap], undefined, { missing: "drop" })).series.shape).toEqual([49, 1]);
  await expect(readSeries([gap], ["rian"])).rejects.toThrow(/rain/);
});

test("a value beyond --min or --max is named by its line, wherever sorting puts it", async () => {
  const day = (t: number) => new Date(Date.UTC(2024, 1, 60 - t)).toISOString().slice(0, 10); // newest first
  const low = file("low.csv", "day,sales,other", (t) => `${day(t)},${t === 7 ? 2 : 9 + (t % 3)},${t % 4}`);
  await expect(readSeries([low], undefined, { min: 5, targets: ["sales"] })).rejects.toThrow(
    /low\.csv: line 9: expected 5 or more in column "sales", by --min, received 2\./,
  );
  await expect(readSeries([low], ["sales"], { max: 10 })).rejects.toThrow(/line 4: .*10 or less.*--max, received 11/);
  expect((await readSeries([low], undefined, { min: 2, targets: ["sales"] })).columns).toEqual(["sales", "other"]);
});

test("a series that is too short is told of by its file", async () => {
  const { file: at, say } = speaker("short");
  writeFileSync(at("one.csv"), "day,sales\n2024-01-01,5\n");
  expect((await say("train", "anomaly", at("one.csv"), "--save", at("a.keras"))).err).toMatch(
    /one\.csv: expected a series of at least \d+ rows, received 1 row/,
  );
  expect((await say("backtest", at("one.csv"))).err).toMatch(
    /one\.csv: expected at least 4 rows for 3 folds, received 1 row/,
  );
});
