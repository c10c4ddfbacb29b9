import fc from "fast-check";
import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { toCategorical } from "./to-categorical.ts";

test("labels become rows with a single one", () => {
  const rows = toCategorical([0, 2, 1]);
  expect(rows.data).toBeInstanceOf(Float32Array);
  expect(rows.toArray()).toEqual([
    [1, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
  ]);
});

test("numClasses may be more than the labels need", () => {
  expect(toCategorical(Int32Array.of(1), 4).toArray()).toEqual([[0, 1, 0, 0]]);
});

// The shapes were printed by Keras 3.15.1.
test.each([
  [
    [0, 2, 1],
    [3, 3],
  ],
  [
    [[0], [1]],
    [2, 2],
  ],
  [[[[0], [1]]], [1, 2, 2]],
  [3, [4]],
  [
    [
      [0, 1],
      [1, 0],
    ],
    [2, 2, 2],
  ],
  [[[1]], [1, 2]],
  [[1], [1, 2]],
])("labels %j have the shape %j", (labels, shape) => {
  expect(toCategorical(labels).shape).toEqual(shape);
});

test("argmax gives the labels back, for any labels", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { minLength: 1 }), fc.nat(5), (labels, spare) => {
      const rows = toCategorical(labels, Math.max(...labels) + 1 + spare);
      expect(Array.from(rows.argmax().data)).toEqual(labels);
      expect(Array.from(rows.data).reduce((sum, v) => sum + v, 0)).toBe(labels.length);
    }),
    { seed: 7 },
  );
});

test("negative, fractional and missing labels are refused by their place", () => {
  expect(() => toCategorical([0, -1])).toThrow(/at 1, received -1/);
  expect(() => toCategorical([0.5])).toThrow(DataError);
  expect(() => toCategorical([Number.NaN])).toThrow(DataError);
  expect(() => toCategorical(["cat"] as never)).toThrow(DataError);
});

test("a label out of range says which numClasses it needs", () => {
  expect(() => toCategorical([0, 3], 3)).toThrow(/below numClasses 3 at 1, received 3/);
  expect(() => toCategorical([0, 3], 3)).toThrow(/at least 4/);
});

test("no labels need numClasses", () => {
  expect(() => toCategorical([])).toThrow(/Give numClasses/);
  expect(toCategorical(new NdArray(new Int32Array(0)), 3).shape).toEqual([0, 3]);
});

test.each([0, -2, 1.5])("numClasses %s is refused", (numClasses) => {
  expect(() => toCategorical([0], numClasses)).toThrow(/numClasses to be a whole number/);
});

test("a stray huge label is answered before memory is", () => {
  expect(() => toCategorical([0, 2 ** 31])).toThrow(/sparseCategoricalCrossentropy/);
});
