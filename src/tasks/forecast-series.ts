import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import { type ArrayLike, asNdArray, NdArray } from "../tensor/nd-array.ts";

/** A series by column: values[k][t] is column k at row t, in double precision. */
export interface Series {
  readonly rows: number;
  readonly values: readonly Float64Array[];
}

/** A series [T] or [T, D], every number finite. Throws DataError naming row and column of one that is not. */
export function seriesOf(given: ArrayLike, who: string, names: readonly string[] | null = null): Series {
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
  const array = asNdArray(given, { who });
  if (array.size === 0)
    throw new DataError(problem(who, "a series with numbers", "an empty one", "Look where the rows were lost."));
  if (array.rank !== 1 && array.rank !== 2) {
    const next = "One series at a time: [T], or [T, D] with D columns.";
    throw new ShapeError(problem(who, "a series [T] or [T, D]", showShape(array.shape), next));
  }
  const D = array.rank === 1 ? 1 : array.shape[1];
  if (names && names.length !== D) {
    const next = "Give one name a column, in the order of the columns.";
    throw new ShapeError(problem(who, `${names.length} columns: ${names.join(", ")}`, `${D}`, next));
  }
  const bad = array.data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) {
    const column = names ? `"${names[bad % D]}"` : `${bad % D}`;
    const next = 'Fill the gap first: columnNumbers(table, names, { missing: "previous" }), for one.';
    throw new DataError(
      problem(who, `a finite number in row ${Math.floor(bad / D)}, column ${column}`, String(array.data[bad]), next),
    );
  }
  const rows = array.size / D;
  // Nested lists become f32 on their way; lists of numbers are read as they are.
  const flat = Array.isArray(given) && array.rank === 1 ? (given as readonly number[]) : array.data;
  return {
    rows,
    values: Array.from({ length: D }, (_, k) => Float64Array.from({ length: rows }, (_, t) => flat[t * D + k])),
  };
}

/** Rows `from` (included) to `to` (excluded). */
export const cutRows = ({ values }: Series, from: number, to: number): Series => ({
  rows: to - from,
  values: values.map((column) => column.subarray(from, to)),
});

/** Columns side by side as rows, [T, D]. */
export function rowsOf(values: readonly ArrayLikeNumbers[]): NdArray {
  const [T, D] = [values[0].length, values.length];
  return new NdArray(
    Float32Array.from({ length: T * D }, (_, i) => values[i % D][Math.floor(i / D)]),
    [T, D],
  );
}

/** Numbers in a row, of any kind. */
export type ArrayLikeNumbers = { readonly length: number; readonly [i: number]: number };
