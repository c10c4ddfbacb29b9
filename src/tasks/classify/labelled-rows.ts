import { DataError, problem, ShapeError } from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { isRecord } from "../shared/task-file.ts";
import type { Label } from "./labels.ts";

/**
 * Splits classification data into inputs and labels, from two lists or from rows `{ [name]: …, label }`. Throws DataError naming a row that
 * lacks one of them.
 */
export function apart(given: unknown, second: unknown, name: "text" | "sequence" | "clip", who: string) {
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  const paired = isRow(list[0]);
  if (!paired) return { paired, values: given, labels: second as readonly Label[] };
  const rows = list.map((row, i) => {
    if (isRow(row) && name in row && "label" in row) return row;
    const found = isRow(row) ? `{ ${Object.keys(row).join(", ")} }` : row === null ? "null" : typeof row;
    const next = `Rename the columns, or give two lists: ${name}s, labels.`;
    throw new DataError(problem(who, `{ ${name}, label }`, found, next).with({ row: i }));
  });
  return { paired, values: rows.map((row) => row[name]), labels: rows.map((row) => row.label as Label) };
}

/** Whether it has columns: an object that is no array and no recording. */
const isRow = (v: unknown): v is Record<string, unknown> =>
  isRecord(v) && !ArrayBuffer.isView(v) && !(v instanceof NdArray) && !("samples" in v);

/** Throws DataError for no rows or no list of labels, ShapeError where there are not as many of both. */
export function checkLengths(rows: number, labels: readonly Label[], who: string): void {
  if (rows === 0) throw new DataError(problem(who, "at least one row", "none", "Check filters and input files."));
  if (!(Array.isArray(labels) || ArrayBuffer.isView(labels))) {
    const next = "Give labels beside the rows, or rows that hold their label.";
    throw new DataError(problem(who, "a list of labels", labels === null ? "null" : typeof labels, next));
  }
  if (labels.length !== rows)
    throw new ShapeError(
      problem(who, `${rows} labels, one per row`, `${labels.length}`, "Cut both from the same rows."),
    );
}
