import { DataError, problem } from "../errors.ts";
import { RandomState } from "../tensor/random-state.ts";
import { checkKnown, checkWhole } from "./checks.ts";
import { counted, distinct, type RowList, sameRows } from "./rows-of.ts";

export interface KFoldOptions {
  /** Number of folds: each row is tested once. Default 5. */
  folds?: number;
  /** Rows in random order before they are cut. Default false. */
  shuffle?: boolean;
  /** A label for each row: every fold has the classes in the same proportion. Default: none. */
  stratify?: RowList;
  /** A group for each row: all rows of a group are tested in the same fold. Default: none. */
  groups?: RowList;
  /** Whole number from 0, as scikit-learn's `random_state`. Default 0. */
  seed?: number;
}

/**
 * Row numbers of k folds for cross-validation, as scikit-learn's `KFold`, `StratifiedKFold` (with `stratify`) and `GroupKFold` (with
 * `groups`): the same rows for the same seed. Throws DataError where there are fewer rows, rows of a class, or groups than folds.
 *
 *   kFold(5, { folds: 2 }).map(({ test }) => [...test]); // [[0, 1, 2], [3, 4]]
 */
export function kFold(rows: number, options: KFoldOptions = {}): { train: Int32Array; test: Int32Array }[] {
  const who = "kFold";
  const known = checkKnown(who, options, ["folds", "shuffle", "stratify", "groups", "seed"]);
  const { folds = 5, shuffle = false, stratify, groups, seed = 0 } = known;
  checkWhole(who, "rows", rows, 1);
  checkWhole(who, "folds", folds, 2);
  if (stratify !== undefined && groups !== undefined)
    throw new DataError(problem(who, "groups or stratify", "both", "Leave one of them out."));
  if (groups !== undefined && shuffle)
    throw new DataError(
      problem(who, "groups as they are", "shuffle: true", "Leave shuffle out: folds follow from the groups' sizes."),
    );
  if (folds > rows)
    throw new DataError(problem(who, `at most ${rows} folds, as there are rows`, `${folds}`, "Give fewer folds."));
  const random = shuffle ? new RandomState(seed) : null;
  const fold =
    stratify !== undefined
      ? foldsByClass(who, sameRows(who, "stratify", stratify, rows), folds, random)
      : groups !== undefined
        ? foldsByGroup(who, sameRows(who, "groups", groups, rows), folds)
        : plainFolds(rows, folds, random);
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  return Array.from({ length: folds }, (_, k) => ({
    train: all.filter((i) => fold[i] !== k),
    test: all.filter((i) => fold[i] === k),
  }));
}

/** For each row its fold: stretches of the order, the first ones a row longer where it does not divide. */
function plainFolds(rows: number, folds: number, random: RandomState | null): Int32Array {
  const order = random?.permutation(rows) ?? Int32Array.from({ length: rows }, (_, i) => i);
  const fold = new Int32Array(rows);
  let at = 0;
  for (let k = 0; k < folds; k++) {
    const size = Math.floor(rows / folds) + (k < rows % folds ? 1 : 0);
    for (const i of order.subarray(at, at + size)) fold[i] = k;
    at += size;
  }
  return fold;
}

function foldsByClass(who: string, labels: RowList, folds: number, random: RandomState | null): Int32Array {
  const { classes, of } = distinct(labels, `${who}: stratify`);
  const seen = [...new Set(of)]; // classes by their first row
  const place = new Map(seen.map((k, i) => [k, i]));
  const number = Int32Array.from(of, (k) => place.get(k)!);
  const counts = counted(number, seen.length);
  const fewest = Math.max(...counts);
  if (folds > fewest) {
    const largest = classes[seen[counts.indexOf(fewest)]];
    const received = `${fewest} of ${largest}, the largest class`;
    throw new DataError(
      problem(`${who}: stratify`, `${folds} rows of a class, one for each fold`, received, "Give fewer folds."),
    );
  }
  const sorted = Int32Array.from(number).sort();
  const allocation = Array.from({ length: folds }, (_, f) => {
    return counted(
      sorted.filter((_, i) => i % folds === f),
      seen.length,
    );
  });
  const fold = new Int32Array(of.length);
  for (const k of seen.keys()) {
    const own = Int32Array.from(allocation.flatMap((counted, f) => Array<number>(counted[k]).fill(f)));
    random?.shuffle(own);
    let next = 0;
    for (const [i, v] of number.entries()) if (v === k) fold[i] = own[next++];
  }
  return fold;
}

/** The largest groups first, each to the fold that has the fewest rows so far. */
function foldsByGroup(who: string, groups: RowList, folds: number): Int32Array {
  const { classes, of } = distinct(groups, `${who}: groups`);
  if (folds > classes.length)
    throw new DataError(
      problem(who, `at most ${classes.length} folds, as there are groups`, `${folds}`, "Give fewer folds."),
    );
  const counts = counted(of, classes.length);
  const bySize = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || b - a);
  const sizes = new Int32Array(folds);
  const foldOf = new Int32Array(classes.length);
  for (const k of bySize) {
    const lightest = sizes.indexOf(Math.min(...sizes));
    sizes[lightest] += counts[k];
    foldOf[k] = lightest;
  }
  return Int32Array.from(of, (k) => foldOf[k]);
}
