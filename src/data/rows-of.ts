import { DataError, problem, ShapeError, showValue } from "../errors.ts";
import { isPlainArray, NdArray, type Numbers, type PlainArray } from "../tensor/nd-array.ts";

/** Rows of any kind: an NdArray, a typed array, or a list of whatever a program has: numbers, nested lists, texts, objects. */
export type RowList = NdArray | PlainArray | Numbers | readonly unknown[];

/** Number of rows. Throws DataError for data without rows. */
export function rowCount(rows: unknown, who: string): number {
  if (isPlainArray(rows)) return rows.shape[0] ?? 0;
  if (Array.isArray(rows) || (ArrayBuffer.isView(rows) && !(rows instanceof DataView)))
    return (rows as readonly unknown[]).length;
  throw new DataError(problem(who, "a list, a typed array or an NdArray", showValue(rows)));
}

/** The rows of these numbers, in the form that they came in; a copy. */
export function rowsAt<R extends RowList>(rows: R, at: Int32Array): R {
  if (isPlainArray(rows)) return (rows instanceof NdArray ? rows : new NdArray(rows.data, rows.shape)).take(at) as R;
  if (Array.isArray(rows)) return Array.from(at, (i) => rows[i]) as unknown as R;
  const typed = rows as unknown as Numbers;
  return (typed.constructor as unknown as { from(list: readonly number[]): R }).from(Array.from(at, (i) => typed[i]));
}

/** The number of each row's label among the distinct ones, and those in order: numbers by size, texts by their letters. */
export function distinct(labels: RowList, who: string): { classes: readonly (string | number)[]; of: Int32Array } {
  const list = (labels instanceof NdArray ? Array.from(labels.data) : Array.from(labels as readonly unknown[])) as (
    | string
    | number
  )[];
  const wrong = list.find((v) => typeof v !== "string" && typeof v !== "number" && typeof v !== "boolean");
  if (wrong !== undefined || list.length === 0)
    throw new DataError(problem(who, "a text or a number for each row", list.length === 0 ? "none" : showValue(wrong)));
  const kinds = [...new Set(list.map((v) => typeof v))];
  if (kinds.length > 1)
    throw new DataError(
      problem(who, "labels of one kind", `${kinds.join(" and ")} values`, "Make them all texts: labels.map(String)."),
    );
  const classes = [...new Set(list)].sort((a, b) => (a < b ? -1 : 1));
  const numbers = new Map(classes.map((name, k) => [name, k]));
  return { classes, of: Int32Array.from(list, (name) => numbers.get(name)!) };
}

/** Counts of the numbers 0 to n − 1. */
export function counted(numbers: Int32Array, n: number): number[] {
  const counts = Array<number>(n).fill(0);
  for (const k of numbers) counts[k]++;
  return counts;
}

/** The list, which must have as many rows as x. Throws ShapeError otherwise. */
export function sameRows<R extends RowList>(who: string, name: string, list: R, rows: number): R {
  const found = rowCount(list, `${who}: ${name}`);
  if (found === rows) return list;
  throw new ShapeError(
    problem(
      `${who}: ${name}`,
      `${rows} rows, as x has`,
      `${found}`,
      "Both come from the same rows, in the same order.",
    ),
  );
}
