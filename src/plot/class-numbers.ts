import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";

/** Rows of probabilities, one number a class: [N, K] as they are, sigmoid outputs [N, 1] as [1 − p, p]. */
export function probabilityRows(probabilities: ArrayLike, who: string): number[][] {
  const array = asNdArray(probabilities, { who });
  if (array.rank !== 2 || array.size === 0) {
    const next = array.rank === 1 ? "Put the probabilities of one row in brackets: [row]." : undefined;
    throw new ShapeError(problem(who, "probabilities [N, K], or [N, 1] of a sigmoid", showShape(array.shape), next));
  }
  return Array.from({ length: array.shape[0] }, (_, i) => {
    const row = Array.from(array.row(i).data);
    row.forEach((p, k) => {
      if (p >= 0 && p <= 1 + 1e-5) return; // f32 sums of a softmax
      const next = "Class probabilities come from a softmax or sigmoid; logits need one.";
      throw new DataError(problem(who, `a probability at [${i}][${k}]`, String(p), next));
    });
    return row.length === 1 ? [1 - row[0], row[0]] : row;
  });
}

/** A square matrix of counts [K, K]: rows are the actual classes, columns the predicted ones. */
export function countRows(matrix: ArrayLike, who: string): number[][] {
  const array = asNdArray(matrix, { who });
  const [rows, columns] = array.shape;
  if (array.rank !== 2 || rows !== columns || rows === 0) {
    throw new ShapeError(problem(who, "a confusion matrix [K, K]", showShape(array.shape)));
  }
  const wrong = array.data.findIndex((count) => !(Number.isFinite(count) && count >= 0));
  if (wrong >= 0) {
    const place = `[${Math.floor(wrong / columns)}][${wrong % columns}]`;
    throw new DataError(problem(who, `a count at ${place}`, String(array.data[wrong])));
  }
  return Array.from({ length: rows }, (_, i) => Array.from(array.row(i).data));
}

/** A name for each class; "0", "1", … where none are given. */
export function classLabels(labels: readonly string[] | undefined, classes: number, who: string): readonly string[] {
  if (labels === undefined) return Array.from({ length: classes }, (_, k) => String(k));
  if (labels.length === classes) return labels;
  throw new DataError(problem(who, `${classes} labels, one per class`, `${labels.length}`));
}

/** Index of the largest number, the first on a tie; so a sigmoid's 0.5 is class 0, as in Keras (> 0.5 is 1). */
export function largest(row: readonly number[]): number {
  return row.indexOf(Math.max(...row));
}
