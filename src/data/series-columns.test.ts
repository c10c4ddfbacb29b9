import { expect, test } from "vitest";
import { parseCsv } from "./csv.ts";
import { seriesColumns } from "./series-columns.ts";

/** The columns that are kept of one called `x` beside one that is surely a series. */
async function kept(cells: readonly (string | number)[]): Promise<string[]> {
  const rows = cells.map((cell, i) => `${cell},${[3, 1, 4, 1, 5][i]}`);
  return seriesColumns(await parseCsv(`x,y\n${rows.join("\n")}\n`));
}

test("what counts or dates the rows is no series", async () => {
  expect(await kept([1, 2, 3, 4, 5])).toEqual(["y"]);
  expect(await kept([1960, 1959, 1958, 1957, 1956])).toEqual(["y"]); // newest first
  expect(await kept([1262304000, 1262307600, 1262311200, 1262314800, 1262318400])).toEqual(["y"]); // seconds, hourly
  expect(await kept([20240130, 20240131, 20240201, 20240202, 20240203])).toEqual(["y"]);
  expect(await kept([202411, 202412, 202501, 202502, 202503])).toEqual(["y"]);
  expect(await kept(["1949-01", "1949-02", "1949-03", "1949-04", "1949-05"])).toEqual(["y"]); // never a number
});

test("what goes up unevenly, stands still, has gaps or fractions is a series", async () => {
  expect(await kept([112, 118, 132, 135, 140])).toEqual(["x", "y"]);
  expect(await kept([7, 7, 7, 7, 7])).toEqual(["x", "y"]);
  expect(await kept([1, 2, "", 4, 5])).toEqual(["x", "y"]);
  expect(await kept([0.5, 1, 1.5, 2, 2.5])).toEqual(["x", "y"]);
  expect(await kept([202411, 202413, 202414, 202415, 202420])).toEqual(["x", "y"]); // no thirteenth month
  expect(await kept([20240230, 20240199, 20240201, 20240202, 20240203])).toEqual(["x", "y"]);
});

test("numbers that count are the series where there is no other", async () => {
  expect(seriesColumns(await parseCsv("v\n1\n2\n3\n"))).toEqual(["v"]);
});
