import { DataError, problem } from "../errors.ts";
import { type ArrayLike, asNdArray, NdArray } from "../tensor/nd-array.ts";
import { hostSize } from "./host-size.ts";

const who = "toCategorical";

/**
 * Class numbers as rows of zeros with a single one: labels [N] → f32 [N, numClasses]. A last axis of one falls away
 * ([N, 1] → [N, numClasses]); `numClasses` is the largest label + 1 if not given.
 * Throws DataError for a label that is negative, fractional, or `numClasses` and above.
 *
 *   toCategorical([0, 2, 1]).toArray();   // [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
 */
export function toCategorical(y: ArrayLike | number, numClasses?: number): NdArray {
  if (numClasses !== undefined && !(Number.isInteger(numClasses) && numClasses > 0)) {
    throw new DataError(problem(who, "numClasses to be a whole number, 1 or more", String(numClasses)));
  }
  const labels = asNdArray(y, { who: `${who} y` });
  const largest = checkLabels(labels, numClasses);
  if (largest < 0 && numClasses === undefined) {
    throw new DataError(problem(who, "at least one label", "none", "Give numClasses if there can be none."));
  }
  const classes = numClasses ?? largest + 1;

  const dropped = labels.rank > 1 && labels.shape[labels.rank - 1] === 1;
  const shape = [...(dropped ? labels.shape.slice(0, -1) : labels.shape), classes];
  const next = 'Keep the labels as they are and compile with loss "sparseCategoricalCrossentropy".';
  const data = new Float32Array(hostSize(shape, who, next));
  labels.data.forEach((label, i) => {
    data[i * classes + label] = 1;
  });
  return new NdArray(data, shape);
}

/** The largest label, or -1 where there is none. */
function checkLabels(labels: NdArray, numClasses: number | undefined): number {
  let largest = -1;
  labels.data.forEach((label, i) => {
    if (!(Number.isInteger(label) && label >= 0)) {
      throw new DataError(
        problem(who, `a class (a whole number, 0 or more) at ${i}`, String(label), "Count classes from 0."),
      );
    }
    if (numClasses !== undefined && label >= numClasses) {
      const next = `Classes count from 0: give numClasses at least ${label + 1}, or look at this label.`;
      throw new DataError(problem(who, `a class below numClasses ${numClasses} at ${i}`, String(label), next));
    }
    largest = Math.max(largest, label);
  });
  return largest;
}
