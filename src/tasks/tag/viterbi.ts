import { problem, ShapeError, showShape } from "../../errors.ts";
import type { ChainWeights } from "../../layers/structured/crf.ts";
import type { NdArray } from "../../tensor/nd-array.ts";

/**
 * The best label sequence under a chain (Viterbi 1967): scores [T, K] of one sentence → T labels, numbers from 0. `allowed(i, j)` may
 * forbid label j after label i, null for the begin; of equal ones the first label wins. Throws ShapeError for
 * scores of another shape.
 *
 *   const labels = viterbi(scores.row(0), layer.chain);
 */
export function viterbi(
  scores: NdArray,
  { transitions, first, last }: ChainWeights,
  allowed: ((label: number | null, next: number) => boolean) | null = null,
): number[] {
  const [steps, count] = scores.shape;
  if (scores.rank !== 2 || transitions.shape[0] !== count) {
    const expected = `scores [T, ${transitions.shape[0]}]`;
    throw new ShapeError(problem("viterbi", expected, showShape(scores.shape), "Give one sentence's scores."));
  }
  if (steps === 0) return [];
  const barred = (i: number | null, j: number) => (allowed === null || allowed(i, j) ? 0 : never);
  const moves = Float64Array.from(transitions.data, (v, k) => v + barred(Math.floor(k / count), k % count));
  let best = Float64Array.from({ length: count }, (_, j) => scores.data[j] + first.data[j] + barred(null, j));
  const from: Int32Array[] = [];
  for (let t = 1; t < steps; t++) {
    const next = new Float64Array(count);
    const back = new Int32Array(count);
    for (let j = 0; j < count; j++) {
      let top = 0;
      for (let i = 1; i < count; i++) if (best[i] + moves[i * count + j] > best[top] + moves[top * count + j]) top = i;
      next[j] = best[top] + moves[top * count + j] + scores.data[t * count + j];
      back[j] = top;
    }
    best = next;
    from.push(back);
  }
  let label = largest(best.map((v, j) => v + last.data[j]));
  const labels = [label];
  for (const back of from.reverse()) {
    label = back[label];
    labels.push(label);
  }
  return labels.reverse();
}

const never = -1e9; // far below any score, and sums of them stay ordered

const largest = (values: Float64Array): number => values.reduce((top, v, j) => (v > values[top] ? j : top), 0);
