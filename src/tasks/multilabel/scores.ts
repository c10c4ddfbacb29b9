import { NdArray } from "../../tensor/nd-array.ts";
import type { Scores } from "../../train/classification-report.ts";
import { type CurveAreas, curveAreas } from "../classify/curve-areas.ts";

/** Results of a multi-label classifier on labelled rows. */
export interface MultiLabelEvaluation extends CurveAreas {
  /** Mean binary cross-entropy over rows and labels, probabilities kept 1e-7 away from 0 and 1, as Keras does. */
  readonly loss: number;
  /** Fraction of rows whose labels are all right, and no other. */
  readonly exact: number;
  /** Fraction of the rows' labels, present or not, that are wrong (Hamming loss). */
  readonly hamming: number;
  /** Precision, recall and F1 of all labels' decisions together. */
  readonly micro: Scores;
  /** The mean of the labels' precision, recall and F1. */
  readonly macro: Scores;
  /** Of each label, with the threshold of its probability. */
  readonly labels: readonly (Scores & { readonly label: string; readonly threshold: number })[];
  /** Number of rows. */
  readonly rows: number;
}

/**
 * Decisions by thresholds against the right ones: targets and probabilities [N, C] → what scikit-learn's `precision_recall_fscore_support`,
 * `accuracy_score` and `hamming_loss` give; a label that is never predicted has precision 0, one that never comes recall 0.
 */
export function scored(
  targets: Float32Array,
  chances: Float32Array,
  labels: readonly string[],
  thresholds: readonly number[],
): MultiLabelEvaluation {
  const C = labels.length;
  const N = targets.length / C;
  const counts = labels.map(() => ({ hit: 0, said: 0, right: 0 }));
  let [loss, wrong, exact] = [0, 0, 0];
  for (let row = 0; row < N; row++) {
    let odd = 0;
    for (let k = 0; k < C; k++) {
      const [y, p] = [targets[row * C + k], chances[row * C + k]];
      const said = p >= thresholds[k] ? 1 : 0;
      loss -= Math.log(Math.min(1 - 1e-7, Math.max(1e-7, y === 1 ? p : 1 - p)));
      counts[k].said += said;
      counts[k].right += y;
      if (said === y) counts[k].hit += y;
      else odd++;
    }
    wrong += odd;
    if (odd === 0) exact++;
  }
  const each = counts.map((count, k) => ({ label: labels[k], threshold: thresholds[k], ...scoresOf(count) }));
  const all = counts.reduce((a, b) => ({ hit: a.hit + b.hit, said: a.said + b.said, right: a.right + b.right }));
  const mean = (of: (one: Scores) => number) => each.reduce((sum, one) => sum + of(one), 0) / C;
  const macro = {
    ...{ precision: mean((one) => one.precision), recall: mean((one) => one.recall) },
    ...{ f1: mean((one) => one.f1), support: all.right },
  };
  return {
    ...{ loss: loss / (N * C), exact: exact / N, hamming: wrong / (N * C) },
    ...{ micro: scoresOf(all), macro, labels: each, rows: N },
    ...meanAreas(targets, chances, C),
  };
}

function scoresOf({ hit, said, right }: { hit: number; said: number; right: number }): Scores {
  const ratio = (a: number, b: number) => (b === 0 ? 0 : a / b);
  return { precision: ratio(hit, said), recall: ratio(hit, right), f1: ratio(2 * hit, said + right), support: right };
}

/** Means of the areas under each label's curves, over those that some rows have and some have not. */
function meanAreas(targets: Float32Array, chances: Float32Array, C: number): CurveAreas {
  const N = targets.length / C;
  const found = Array.from({ length: C }, (_, k) => {
    const ids = Int32Array.from({ length: N }, (_, row) => targets[row * C + k]);
    const two = Float32Array.from({ length: 2 * N }, (_, at) => chances[(at >> 1) * C + k] * (at % 2));
    return curveAreas(ids, new NdArray(two, [N, 2]));
  }).filter((one) => one.rocAuc !== null);
  const mean = (of: (one: CurveAreas) => number | null) =>
    found.length === 0 ? null : found.reduce((sum, one) => sum + of(one)!, 0) / found.length;
  return { rocAuc: mean((one) => one.rocAuc), prAuc: mean((one) => one.prAuc) };
}

const fewest = 5; // rows with a label, and without it, that a threshold is chosen by

/** The threshold of each label that gives the largest F1 on rows: between two probabilities there; 0.5 for a label with too few rows. */
export function bestThresholds(targets: Float32Array, chances: Float32Array, C: number): number[] {
  const N = targets.length / C;
  return Array.from({ length: C }, (_, k) => {
    const order = Array.from({ length: N }, (_, row) => row).sort((a, b) => chances[b * C + k] - chances[a * C + k]);
    const right = order.reduce((n, row) => n + targets[row * C + k], 0);
    if (right < fewest || N - right < fewest) return 0.5;
    let [hit, best, threshold] = [0, 0, 0.5];
    for (const [at, row] of order.entries()) {
      hit += targets[row * C + k];
      const [p, next] = [chances[row * C + k], at + 1 < N ? chances[order[at + 1] * C + k] : 0];
      const f1 = (2 * hit) / (at + 1 + right);
      if (p > next && f1 > best) [best, threshold] = [f1, (p + next) / 2];
    }
    return threshold;
  });
}
