import type { NdArray } from "../../tensor/nd-array.ts";

/** Areas under the curves of a classifier's probabilities, 0 to 1; null where no class can be told from another. */
export interface CurveAreas {
  /** Area under the ROC curve: of the second of two classes; of more the mean over those that come, each against the rest. */
  readonly rocAuc: number | null;
  /** Area under the precision-recall curve (average precision), likewise. */
  readonly prAuc: number | null;
}

/**
 * Areas under the ROC curve and the precision-recall curve (average precision), as scikit-learn's `roc_auc_score` and
 * `average_precision_score`: of the second of two classes; of more the mean over those that come, each against the rest. Labels by place [N],
 * probabilities [N, classes].
 */
export function curveAreas(ids: Int32Array, chances: NdArray): CurveAreas {
  const C = chances.shape[1];
  const classes = C === 2 ? [1] : Array.from({ length: C }, (_, k) => k);
  const found = classes.flatMap((k) => {
    const p = Float32Array.from(ids, (_, row) => chances.data[row * C + k]);
    return areasOf(ids, k, p) ?? [];
  });
  if (found.length === 0) return { rocAuc: null, prAuc: null };
  const mean = (of: (one: { roc: number; pr: number }) => number) =>
    found.reduce((s, one) => s + of(one), 0) / found.length;
  return { rocAuc: mean((one) => one.roc), prAuc: mean((one) => one.pr) };
}

/** Of one class against the rest; null where all rows are of one side. */
function areasOf(ids: Int32Array, k: number, p: Float32Array): { roc: number; pr: number } | null {
  const order = Int32Array.from(ids.keys()).sort((a, b) => p[b] - p[a]);
  const positives = ids.reduce((n, id) => n + (id === k ? 1 : 0), 0);
  const negatives = ids.length - positives;
  if (positives === 0 || negatives === 0) return null;
  let [truths, errors, roc, pr] = [0, 0, 0, 0];
  for (let from = 0; from < order.length; ) {
    let to = from;
    let [hits, misses] = [0, 0]; // of rows with one probability: a step of the curves
    for (; to < order.length && p[order[to]] === p[order[from]]; to++) {
      if (ids[order[to]] === k) hits++;
      else misses++;
    }
    roc += misses * (truths + hits / 2);
    truths += hits;
    errors += misses;
    pr += (hits / positives) * (truths / (truths + errors));
    from = to;
  }
  return { roc: roc / (positives * negatives), pr };
}

/** Fraction of rows whose class is among the k most probable, for k from 1 to 10; of equal ones the first comes first, as in argmax. */
export function topAccuracy(ids: Int32Array, chances: NdArray): number[] {
  const C = chances.shape[1];
  const counts = Array<number>(Math.min(C, 10)).fill(0);
  for (const [row, id] of ids.entries()) {
    const own = chances.data[row * C + id];
    let before = 0;
    for (let k = 0; k < C; k++) {
      const p = chances.data[row * C + k];
      if (p > own || (p === own && k < id)) before++;
    }
    for (let k = before; k < counts.length; k++) counts[k]++;
  }
  return counts.map((n) => n / ids.length);
}
