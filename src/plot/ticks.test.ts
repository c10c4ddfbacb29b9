import { expect, test } from "vitest";
import { paddedRange, rangeTexts, ticks, tickTexts, wholeTicks } from "./ticks.ts";

test("ticks are multiples of 1, 2 or 5 times a power of ten inside the range, without rounding noise", () => {
  expect(ticks(0.15, 0.51, 6)).toEqual([0.2, 0.3, 0.4, 0.5]);
  expect(ticks(-1.1, 1.1, 6)).toEqual([-1, -0.5, 0, 0.5, 1]);
  expect(ticks(0, 30_000, 6)).toEqual([0, 5000, 10_000, 15_000, 20_000, 25_000, 30_000]);
  expect(ticks(0.0001, 0.0008, 4)).toEqual([0.0002, 0.0004, 0.0006, 0.0008]);
});

test("epochs are marked at the first and at round whole numbers", () => {
  expect(wholeTicks(1, 1, 8)).toEqual([1]);
  expect(wholeTicks(1, 5, 8)).toEqual([1, 2, 3, 4, 5]);
  expect(wholeTicks(1, 30, 8)).toEqual([1, 5, 10, 15, 20, 25, 30]);
  expect(wholeTicks(1, 1000, 8)).toEqual([1, 200, 400, 600, 800, 1000]);
});

test("the numbers of one axis have equal decimals, very large and small ones exponents", () => {
  expect(tickTexts([0.5, 0.55, 0.6])).toEqual(["0.50", "0.55", "0.60"]);
  expect(tickTexts([0, 1e7, 2e7])).toEqual(["0", "1e7", "2e7"]);
  expect(tickTexts([2e-4, 4e-4])).toEqual(["2e-4", "4e-4"]);
  expect(rangeTexts([0.487, 0.326, 0.165], 0.322)).toEqual(["0.487", "0.326", "0.165"]);
});

test("a range leaves room around finite values, around a constant as well", () => {
  expect(paddedRange([0, 1, Number.NaN, Number.POSITIVE_INFINITY])).toEqual([-0.05, 1.05]);
  expect(paddedRange([5, 5])).toEqual([4.5, 5.5]);
  expect(paddedRange([0])).toEqual([-0.1, 0.1]);
  expect(paddedRange([Number.NaN])).toEqual([0, 1]);
});
