import { counted, DataError, option, problem, ShapeError, sentence, showShape } from "../../errors.ts";
import { type ArrayLike, asNdArray, NdArray } from "../../tensor/nd-array.ts";

/** A series by column: values[k][t] is column k at row t, in double precision. */
export interface Series {
  readonly rows: number;
  readonly values: readonly Float64Array[];
}

/** A series [T] or [T, D], every number finite. Throws DataError naming row and column of one that is not. */
export function seriesOf(
  given: ArrayLike,
  who: string,
  names: readonly string[] | null = null,
  otherColumns = "Give one name a column, in the order of the columns.",
): Series {
  if (given === null || given === undefined || typeof given !== "object") {
    throw new DataError(
      problem(
        who,
        "a series: a list of numbers, or of rows",
        given === null ? "null" : typeof given,
        "Oldest row first: [112, 118, 132], or [[112, 1], [118, 2]].",
      ),
    );
  }
  if (Array.isArray(given)) checkCells(given, who, names);
  const array = asNdArray(given, { who });
  if (array.size === 0)
    throw new DataError(problem(who, "a series with numbers", "an empty one", "Check filters and input files."));
  if (array.rank !== 1 && array.rank !== 2) {
    const next = "One series at a time: [T], or [T, D] with D columns.";
    throw new ShapeError(problem(who, "a series [T] or [T, D]", showShape(array.shape), next));
  }
  const D = array.rank === 1 ? 1 : array.shape[1];
  if (names && names.length !== D) {
    const expected = `${counted(names.length, "column")}: ${names.join(", ")}`;
    throw new ShapeError(problem(who, expected, `${D}`, otherColumns));
  }
  const bad = array.data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) {
    throw new DataError(
      problem(who, `a finite number in ${placeOf(Math.floor(bad / D), bad % D, names)}`, String(array.data[bad]), fill),
    );
  }
  const rows = array.size / D;
  const { data } = array;
  return {
    rows,
    values: Array.from({ length: D }, (_, k) => Float64Array.from({ length: rows }, (_, t) => data[t * D + k])),
  };
}

const fill = sentence`Fill missing values first: ${option("missing", "interpolate", 'timeSeries(table, { missing: "interpolate" })')}, for example.`;
const placeOf = (row: number, column: number, names: readonly string[] | null): string =>
  `row ${row}, column ${names?.[column] === undefined ? column : JSON.stringify(names[column])}`;

/** Throws DataError for a cell that is no number: a gap, a date, a word. */
function checkCells(given: readonly unknown[], who: string, names: readonly string[] | null): void {
  for (const [t, row] of given.entries()) {
    if (ArrayBuffer.isView(row)) continue;
    for (const [k, cell] of (Array.isArray(row) ? row : [row]).entries()) {
      if (typeof cell === "number" || Array.isArray(cell)) continue;
      const gap = cell === null || cell === undefined;
      const found = gap || cell instanceof Date ? String(cell) : `${typeof cell} ${JSON.stringify(cell)}`;
      const next = gap ? fill : "Numbers only: leave dates and words out, as columnNumbers(table, names) does.";
      throw new DataError(problem(who, `a number in ${placeOf(t, k, names)}`, found, next));
    }
  }
}

/** Rows `from` (included) to `to` (excluded). */
export const cutRows = ({ values }: Series, from: number, to: number): Series => ({
  rows: to - from,
  values: values.map((column) => column.subarray(from, to)),
});

/** Columns side by side as rows [T, D], nothing rounded. */
export function rowsOf(values: readonly ArrayLikeNumbers[]): NdArray {
  const [T, D] = [values[0].length, values.length];
  return new NdArray(
    Float64Array.from({ length: T * D }, (_, i) => values[i % D][Math.floor(i / D)]),
    [T, D],
  );
}

/** Numbers in a row, of any kind. */
export type ArrayLikeNumbers = {
  /** Number of values. */
  readonly length: number;
  readonly [i: number]: number;
};
