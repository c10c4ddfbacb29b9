import { DataError, problem, showValue } from "../errors.ts";
import { RandomState } from "../tensor/random-state.ts";
import { checkKnown } from "./checks.ts";
import { distinct, type RowList, rowCount, rowsAt, sameRows } from "./rows-of.ts";

export interface TrainTestOptions {
  /** The fraction of the rows (below 1), or their number, that is kept for the test. Of groups: of the groups. Default 0.25. */
  testSize?: number;
  /** Rows in random order; `false` keeps the order, the last rows are the test. Default true. */
  shuffle?: boolean;
  /** A label for each row: both parts have the classes in the same proportion. `true`: those of y. Default false. */
  stratify?: boolean | RowList;
  /** A group for each row, a person or a machine: all rows of a group go to the same part. Default: none. */
  groups?: RowList;
  /** Whole number from 0: the same seed gives the same split, that of scikit-learn's `random_state`. Default 0. */
  seed?: number;
}

/** Rows of a part, in the form that they came in, and their numbers in the whole. */
export interface SplitPart<X, Y> {
  /** Inputs of these rows. */
  x: X;
  /** Targets of these rows. */
  y: Y;
  /** Indices of these rows in the whole, from 0. */
  rows: Int32Array;
}

const names = ["testSize", "shuffle", "stratify", "groups", "seed"] as const;

/**
 * Splits rows into a part to train on and a part to test on, as scikit-learn's `train_test_split`: the same rows for the same
 * seed. x and y are lists, typed arrays or NdArrays of as many rows, and come back in the same form. For rows in order of time
 * use `splitByTime`. Throws DataError where a part would be empty, or a class too small to be in both.
 *
 *   const { train, test } = trainTestSplit(["a", "b", "c", "d"], [0, 1, 0, 1], { testSize: 0.5, stratify: true });
 *   test.x; // ["d", "a"]
 */
export function trainTestSplit<X extends RowList, Y extends RowList>(
  x: X,
  y: Y,
  options: TrainTestOptions = {},
): { train: SplitPart<X, Y>; test: SplitPart<X, Y> } {
  const who = "trainTestSplit";
  const rows = checkRows(who, x, y);
  const { testSize = 0.25, shuffle = true, stratify = false, groups, seed = 0 } = checkKnown(who, options, names);
  if (typeof shuffle !== "boolean") throw new DataError(problem(who, "shuffle: true or false", showValue(shuffle)));
  const random = new RandomState(seed);
  let split: Split;
  if (groups !== undefined) {
    if (stratify) throw new DataError(problem(who, "groups or stratify", "both", "Leave one of them out."));
    split = byGroup(who, sameRows(who, "groups", groups, rows), testSize, shuffle ? random : null);
  } else if (stratify) {
    if (!shuffle) throw new DataError(problem(who, "shuffle for stratify", "shuffle: false", "Leave shuffle out."));
    const labels = stratify === true ? y : sameRows(who, "stratify", stratify, rows);
    split = byClass(who, distinct(labels, `${who}: stratify`), sizes(who, testSize, rows), random);
  } else {
    const { train, test } = sizes(who, testSize, rows);
    const order = shuffle ? random.permutation(rows) : Int32Array.from({ length: rows }, (_, i) => i);
    // scikit-learn takes the test from the front of a random order, and from the end of one that is kept.
    split = shuffle
      ? { test: order.slice(0, test), train: order.slice(test) }
      : { train: order.slice(0, train), test: order.slice(train) };
  }
  const part = (at: Int32Array): SplitPart<X, Y> => ({ x: rowsAt(x, at), y: rowsAt(y, at), rows: at });
  return { train: part(split.train), test: part(split.test) };
}

interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Number of rows of each part: the test's fraction is rounded up, as in scikit-learn. */
function sizes(who: string, testSize: number, rows: number): { train: number; test: number } {
  const whole = Number.isInteger(testSize) && testSize >= 1;
  if (!whole && !(testSize > 0 && testSize < 1)) {
    const expected = "testSize as a fraction between 0 and 1, or a number of rows";
    throw new DataError(problem(who, expected, showValue(testSize), "0.25 keeps a quarter of the rows."));
  }
  const test = whole ? testSize : Math.ceil(testSize * rows);
  if (test >= rows)
    throw new DataError(
      problem(
        who,
        "at least one row in each part",
        `${test} of ${rows} for the test`,
        "Give a smaller testSize, or more rows.",
      ),
    );
  return { train: rows - test, test };
}

function byGroup(who: string, groups: RowList, testSize: number, random: RandomState | null): Split {
  const { classes, of } = distinct(groups, `${who}: groups`);
  const { train, test } = sizes(`${who}: groups`, testSize, classes.length);
  const order = random?.permutation(classes.length) ?? Int32Array.from({ length: classes.length }, (_, i) => i);
  const tested = new Set(random ? order.slice(0, test) : order.slice(train));
  const rows = Int32Array.from(of, (_, i) => i);
  return { train: rows.filter((i) => !tested.has(of[i])), test: rows.filter((i) => tested.has(of[i])) };
}

function byClass(
  who: string,
  { classes, of }: ReturnType<typeof distinct>,
  { train, test }: { train: number; test: number },
  random: RandomState,
): Split {
  const members = classes.map((): number[] => []);
  for (const [i, k] of of.entries()) members[k].push(i);
  const counts = members.map((list) => list.length);
  const single = counts.indexOf(1);
  if (single >= 0) {
    const next = "Leave stratify out, drop the class, or give more rows of it.";
    throw new DataError(
      problem(`${who}: stratify`, "two rows or more of each class", `one of ${classes[single]}`, next),
    );
  }
  if (Math.min(train, test) < classes.length)
    throw new DataError(
      problem(
        `${who}: stratify`,
        `parts of at least ${classes.length} rows, one for each class`,
        `${train} and ${test}`,
      ),
    );
  const trained = proportional(counts, train, random);
  const tested = proportional(
    counts.map((n, k) => n - trained[k]),
    test,
    random,
  );
  const [inTrain, inTest]: [number[], number[]] = [[], []];
  for (const [k, list] of members.entries()) {
    const order = Array.from(random.permutation(list.length), (i) => list[i]);
    inTrain.push(...order.slice(0, trained[k]));
    inTest.push(...order.slice(trained[k], trained[k] + tested[k]));
  }
  return { train: random.shuffle(Int32Array.from(inTrain)), test: random.shuffle(Int32Array.from(inTest)) };
}

/** So many draws divided in the proportion of the counts; what rounding leaves goes to the largest remainders, ties by chance. */
function proportional(counts: readonly number[], draws: number, random: RandomState): number[] {
  const all = counts.reduce((a, b) => a + b, 0);
  const exact = counts.map((n) => (n / all) * draws);
  const found = exact.map(Math.floor);
  let left = Math.trunc(draws - found.reduce((a, b) => a + b, 0));
  const remainders = exact.map((v, k) => v - found[k]);
  for (const value of [...new Set(remainders)].sort((a, b) => b - a)) {
    if (left === 0) break;
    const tied = [...remainders.keys()].filter((k) => remainders[k] === value);
    const order = random.permutation(tied.length).slice(0, Math.min(tied.length, left));
    for (const i of order) found[tied[i]]++;
    left -= order.length;
  }
  return found;
}

function checkRows(who: string, x: RowList, y: RowList): number {
  const rows = rowCount(x, `${who}: x`);
  if (rows === 0)
    throw new DataError(problem(`${who}: x`, "at least one row", "none", "Check filters and input files."));
  sameRows(who, "y", y, rows);
  return rows;
}
