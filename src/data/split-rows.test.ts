import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NdArray } from "../tensor/nd-array.ts";
import { kFold } from "./k-fold.ts";
import { trainTestSplit } from "./train-test-split.ts";

/** scikit-learn's answers, by test/judges/make-splits.py. */
const cases = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/golden/values/splits.json"), "utf8"));

describe("scikit-learn has the same rows in each part", () => {
  for (const [number, c] of cases.entries()) {
    const x = Array.from({ length: c.n }, (_, i) => i);
    const told = (work: () => unknown) => {
      try {
        return work();
      } catch {
        return "refused";
      }
    };
    const split = (options: object) =>
      told(() => {
        const { train, test: kept } = trainTestSplit(x, c.labels, { testSize: c.size, ...options });
        return [train.x, kept.x];
      });
    const folds = (options: object) =>
      told(() => kFold(c.n, { folds: c.folds, ...options }).map(({ test: kept }) => [...kept]));
    const { seed, labels, groups } = c;
    test(`case ${number}: ${c.n} rows, test size ${c.size}, ${c.folds} folds`, () => {
      expect(split({ seed })).toEqual(c.plain);
      expect(split({ shuffle: false })).toEqual(c.ordered);
      expect(split({ seed, stratify: true })).toEqual(c.stratified);
      expect(split({ seed, groups, testSize: c.size < 1 ? c.size : 0.3 })).toEqual(c.grouped);
      expect(folds({})).toEqual(c.kFold);
      expect(folds({ shuffle: true, seed })).toEqual(c.kFoldShuffled);
      expect(folds({ stratify: labels })).toEqual(c.stratifiedKFold);
      expect(folds({ stratify: labels, shuffle: true, seed })).toEqual(c.stratifiedKFoldShuffled);
      expect(folds({ groups })).toEqual(c.groupKFold);
    });
  }
});

test("rows come back in the form that they came in", () => {
  const y = Int32Array.of(0, 1, 0, 1);
  const a = new NdArray(
    Float32Array.from({ length: 24 }, (_, i) => i),
    [4, 3, 2],
  );
  const { train, test: kept } = trainTestSplit(a, y, { testSize: 1 });
  expect([train.x.shape, kept.x.shape, train.y.constructor]).toEqual([[3, 3, 2], [1, 3, 2], Int32Array]);
  expect(kept.x.at(0, 0, 0)).toBe(kept.rows[0] * 6);
  const texts = trainTestSplit(["so", "la", "ti", "do"], ["a", "b", "a", "b"], { stratify: true, testSize: 0.5 });
  expect([...texts.train.y].sort()).toEqual(["a", "b"]);
});

test("no group is in both parts, no row is lost", () => {
  const groups = Array.from({ length: 30 }, (_, i) => `person ${i % 7}`);
  const x = groups.map((_, i) => i);
  const { train, test: kept } = trainTestSplit(x, groups, { groups, testSize: 0.3, seed: 9 });
  expect(train.y.filter((g) => kept.y.includes(g))).toEqual([]);
  expect([...train.x, ...kept.x].sort((a, b) => a - b)).toEqual(x);
});

test("a slip is told by name", () => {
  const [x, y] = [
    [1, 2, 3, 4],
    ["a", "b", "a", "c"],
  ];
  expect(() => trainTestSplit(x, y, { testsize: 0.5 } as never)).toThrow(/unknown option "testsize".*testSize/s);
  expect(() => trainTestSplit(x, [1, 2])).toThrow(/trainTestSplit: y: expected 4 rows, as x has, received 2/);
  expect(() => trainTestSplit(x, y, { testSize: 4 })).toThrow(/at least one row in each part, received 4 of 4/);
  expect(() => trainTestSplit(x, y, { testSize: 1.5 })).toThrow(/a fraction between 0 and 1, or a number of rows/);
  expect(() => trainTestSplit(x, y, { stratify: true })).toThrow(/two rows or more of each class, received one of b/);
  expect(() => trainTestSplit(7 as never, y)).toThrow(/x: expected a list, a typed array or an NdArray, received 7/);
  expect(() => trainTestSplit(x, y, { seed: -1 })).toThrow(/seed: expected a whole number from 0/);
  expect(() => kFold(3, { folds: 4 })).toThrow(/at most 3 folds/);
  expect(() => kFold(4, { groups: [1, 1, 1, 1], folds: 2 })).toThrow(/at most 1 folds, as there are groups/);
});
