import { counted, DataError, problem, ShapeError, showShape, showValue } from "../errors.ts";
import { type ArrayLike, asNdArray, type NdArray } from "../tensor/nd-array.ts";
import { checkWhole } from "./checks.ts";

export interface SplitOptions {
  /** The fraction (below 1) or the number of rows to train on: the oldest. */
  train: number;
  /** The fraction or number of rows after them for validation. Default 0. The remaining, newest rows are the test set. */
  validation?: number;
  /** Rows left out between two parts, where windows of neighbouring rows overlap: `sequenceLength - 1`. Default 0. */
  gap?: number;
}

/** Rows of one part; x and y share memory with the whole. */
export interface Part {
  /** Inputs [N, ...]. */
  x: NdArray;
  /** Targets [N, ...]. */
  y: NdArray;
}

/** The parts from old to new. A part may be empty, `train` never. */
export interface TimeSplit {
  /** The oldest rows. */
  train: Part;
  /** The rows after those for training. */
  validation: Part;
  /** The newest rows. */
  test: Part;
}

/**
 * Cuts rows that are in order of time into train, validation and test without shuffling: validation and test rows
 * come after the training rows. x [N, …] and y [N, …]. Fractions are rounded down to rows, as Keras does for
 * `validationSplit`. Throws DataError where the parts do not fit.
 *
 *   const parts = splitByTime([1, 2, 3, 4, 5], [0, 0, 0, 1, 1], { train: 0.6, validation: 0.2 });
 *   parts.train.x.toArray(); // [1, 2, 3]
 *   parts.test.y.toArray(); // [1]
 */
export function splitByTime(x: ArrayLike, y: ArrayLike, options: SplitOptions): TimeSplit {
  const who = "splitByTime";
  const read = (rows: ArrayLike, name: string) => asNdArray(rows, { who: `${who}: ${name}` });
  const [xs, ys] = [read(x, "x"), read(y, "y")];
  const rows = xs.shape[0] ?? 0;
  if (rows === 0) throw new DataError(problem(who, "at least one row", `x ${showShape(xs.shape)}`));
  if (ys.shape[0] !== rows) {
    throw new ShapeError(problem(who, `y with ${rows} rows, as x has`, `y ${showShape(ys.shape)}`));
  }
  const { gap = 0 } = options;
  checkWhole(who, "gap", gap, 0);
  const train = rowCount(who, "train", options.train, rows);
  const validation = rowCount(who, "validation", options.validation ?? 0, rows);
  if (train === 0) throw new DataError(problem(who, "train to hold at least one row", `${options.train} of ${rows}`));
  const validationFrom = Math.min(rows, train + gap);
  const validationTo = validationFrom + validation;
  if (validationTo > rows) {
    const received = `${train} + ${validation}${gap > 0 ? ` and a gap of ${gap}` : ""}`;
    throw new DataError(problem(who, `train and validation within ${rows} rows`, received));
  }
  const testFrom = validation === 0 ? validationFrom : Math.min(rows, validationTo + gap);
  const part = (from: number, to: number): Part => ({ x: xs.slice(from, to), y: ys.slice(from, to) });
  return { train: part(0, train), validation: part(validationFrom, validationTo), test: part(testFrom, rows) };
}

export interface RollingOptions {
  /** Number of folds. */
  folds: number;
  /** Rows tested in each. Default: rows / (folds + 1), rounded down. */
  testRows?: number;
  /** Rows left out between training and test. Default 0. */
  gap?: number;
  /** Largest number of training rows, the newest before the test: a window that moves instead of growing. Default: all. */
  maxTrainRows?: number;
}

/** Row ranges, `end` excluded: `x.slice(fold.train.start, fold.train.end)`. */
export interface Fold {
  /** Rows to train on: from `start` to before `end`. */
  train: { start: number; end: number };
  /** Rows to evaluate on, right behind: from `start` to before `end`. */
  test: { start: number; end: number };
}

/**
 * Folds with a rolling origin: each trains on the past and tests on the `testRows` that follow, the last fold up to the
 * last row (Tashman 2000, "Out-of-sample tests of forecasting accuracy"). Throws DataError where they do not fit.
 *
 *   const [first, second] = rollingOrigin(10, { folds: 2 });
 *   first; // {"train": {"start": 0, "end": 4}, "test": {"start": 4, "end": 7}}
 *   second.train.end; // 7
 */
export function rollingOrigin(rows: number, options: RollingOptions): Fold[] {
  const who = "rollingOrigin";
  const { folds, gap = 0, maxTrainRows } = options;
  checkWhole(who, "rows", rows, 1);
  checkWhole(who, "folds", folds, 1);
  const testRows = options.testRows ?? Math.floor(rows / (folds + 1));
  const next = "Give fewer folds, or more rows.";
  if (testRows === 0)
    throw new DataError(
      problem(who, `at least ${counted(folds + 1, "row")} for ${counted(folds, "fold")}`, counted(rows, "row"), next),
    );
  checkWhole(who, "testRows", testRows, 1);
  checkWhole(who, "gap", gap, 0);
  if (maxTrainRows !== undefined) checkWhole(who, "maxTrainRows", maxTrainRows, 1);
  if (rows - folds * testRows - gap < 1) {
    const received = `${rows} rows for ${folds} folds of ${testRows}${gap > 0 ? ` and a gap of ${gap}` : ""}`;
    throw new DataError(problem(who, "at least one row to train on", received, next));
  }
  return Array.from({ length: folds }, (_, i) => {
    const start = rows - (folds - i) * testRows;
    const end = start - gap;
    const from = maxTrainRows === undefined ? 0 : Math.max(0, end - maxTrainRows);
    return { train: { start: from, end }, test: { start, end: start + testRows } };
  });
}

/** A fraction or a number of rows as a number of rows. */
function rowCount(who: string, name: string, value: number, rows: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= rows) return value;
  // 0.7 · 10 is 7.000000000000001 or 6.999999999999999 by chance of binary fractions: a fraction meant as whole stays whole.
  if (typeof value === "number" && value > 0 && value < 1) return Math.floor(value * rows + 1e-9);
  const expected = `${name} to be a fraction below 1 or a number of rows up to ${rows}`;
  throw new DataError(problem(who, expected, showValue(value)));
}
