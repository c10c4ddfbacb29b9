import { expect, test } from "vitest";
import { DataError, ShapeError } from "../errors.ts";
import { rollingOrigin, type SplitOptions, splitByTime } from "./splits.ts";

const x = Array.from({ length: 10 }, (_, t) => [t, -t]);
const y = x.map(([t]) => t);
const targets = (options: SplitOptions) => {
  const { train, validation, test } = splitByTime(x, y, options);
  return [train, validation, test].map((part) => part.y.toArray());
};

test("the parts follow each other in time and together hold every row", () => {
  expect(targets({ train: 0.6, validation: 0.2 })).toEqual([
    [0, 1, 2, 3, 4, 5],
    [6, 7],
    [8, 9],
  ]);
  expect(targets({ train: 7 })).toEqual([[0, 1, 2, 3, 4, 5, 6], [], [7, 8, 9]]);
  expect(targets({ train: 5, validation: 5 })).toEqual([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], []]);
  expect(splitByTime(x, y, { train: 0.5 }).test.x.row(0).toArray()).toEqual([5, -5]);
});

test("a fraction that should be whole is whole in spite of binary fractions", () => {
  const rows = new Float32Array(100);
  expect(splitByTime(rows, rows, { train: 0.29 }).train.x.shape).toEqual([29]); // 0.29 · 100 = 28.999999999999996
  expect(splitByTime(rows, rows, { train: 0.705 }).train.x.shape).toEqual([70]);
});

test("a gap leaves rows out between the parts", () => {
  expect(targets({ train: 3, validation: 2, gap: 2 })).toEqual([[0, 1, 2], [5, 6], [9]]);
  expect(targets({ train: 3, gap: 2 })).toEqual([[0, 1, 2], [], [5, 6, 7, 8, 9]]);
});

test("the folds are those of scikit-learn's TimeSeriesSplit", () => {
  const ranges = (options: Parameters<typeof rollingOrigin>[1], rows = 6) =>
    rollingOrigin(rows, options).map(({ train, test }) => [train.start, train.end, test.start, test.end]);
  expect(ranges({ folds: 5 })).toEqual([
    [0, 1, 1, 2],
    [0, 2, 2, 3],
    [0, 3, 3, 4],
    [0, 4, 4, 5],
    [0, 5, 5, 6],
  ]);
  expect(ranges({ folds: 3, testRows: 2, gap: 2 }, 12)).toEqual([
    [0, 4, 6, 8],
    [0, 6, 8, 10],
    [0, 8, 10, 12],
  ]);
  expect(ranges({ folds: 2, maxTrainRows: 3 }, 10)).toEqual([
    [1, 4, 4, 7],
    [4, 7, 7, 10],
  ]);
});

const wrong: [run: () => unknown, message: RegExp][] = [
  [() => targets({ train: 0 }), /train to hold at least one row/],
  [() => targets({ train: 0.05 }), /0.05 of 10/],
  [() => targets({ train: 11 }), /train to be a fraction below 1 or a number of rows up to 10, received 11/],
  [() => targets({ train: 1.5 }), /received 1.5/],
  [() => targets({ train: -0.5 }), /received -0.5/],
  [() => targets({ train: Number.NaN }), /received NaN/],
  [() => targets({ train: "0.5" as never }), /received "0.5"/],
  [() => targets({ train: 0.8, validation: 0.4 }), /within 10 rows, received 8 \+ 4/],
  [() => targets({ train: 5, validation: 4, gap: 2 }), /and a gap of 2/],
  [() => targets({ train: 5, gap: -1 }), /gap to be a whole number.*\n {2}Give gap 0, for example\./],
  [() => splitByTime([], [], { train: 1 }), /at least one row/],
  [() => rollingOrigin(3, { folds: 3 }), /at least 4 rows for 3 folds, received 3 rows/],
  [() => rollingOrigin(10, { folds: 0 }), /folds/],
  [() => rollingOrigin(10, { folds: 5, testRows: 2 }), /at least one row to train on/],
  [() => rollingOrigin(10, { folds: 2, maxTrainRows: 0 }), /maxTrainRows/],
];

test("parts that do not fit are refused", () => {
  for (const [run, message] of wrong) {
    expect(run, String(message)).toThrow(message);
    expect(run, String(message)).toThrow(DataError);
  }
  expect(() => splitByTime(x, y.slice(1), { train: 0.5 })).toThrow(ShapeError);
});

test("parts hold the numbers of the rows, not those nearest in f32", () => {
  const t = [1700000001, 1700000002, 1700000003];
  expect(splitByTime(t, t, { train: 2 / 3 }).train.x.toArray()).toEqual(t.slice(0, 2));
});
