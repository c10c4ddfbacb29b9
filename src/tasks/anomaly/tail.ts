import { quantile } from "../../data/quantile.ts";

/** The largest values of a score on normal rows: a generalized Pareto distribution above a threshold (Pickands 1975). */
export interface Tail {
  /** Values up to here are not rare. */
  readonly from: number;
  /** Mean excess, in the units of the score. */
  readonly scale: number;
  /** Weight of the tail: 0 exponential, above 0 heavier. */
  readonly shape: number;
  /** Peaks above `from`, by row. */
  readonly rate: number;
}

/** Fewer peaks than this tell nothing of a tail. */
export const leastBlocks = 8;
const rare = 0.2; // the fraction of peaks that the tail is fitted to
const prior = 50; // excesses that the exponential tail counts as, before the data have a say in its shape

/**
 * The tail of a score: the peaks of blocks of rows (neighbours exceed a threshold together), the upper fifth of them. The scale is the mean
 * excess, but no more than 1.6 times what their median says, and no excess counts as more than exponential numbers reach: an anomaly among the
 * rows of training stretches a mean. The shape is that of
 * probability-weighted moments (Hosking & Wallis 1987), drawn to the exponential tail, plus 1/n for a scale that n excesses tell: the
 * predictive distribution of an exponential tail whose scale is estimated is a Pareto one of that shape. `leastScale` holds where the peaks are
 * too few, or all alike; `estimates` of 0 leaves the 1/n out, for scores that are rarities by such tails already.
 */
export function fitTail(scores: Float64Array, first: number, block: number, leastScale = 0, estimates = 1): Tail {
  const peaks: number[] = [];
  for (let t = first; t + block <= scores.length; t += block) peaks.push(maximum(scores, t, t + block));
  const sorted = Float64Array.from(peaks).sort();
  const from = quantile(sorted, 1 - rare);
  const above = sorted.filter((peak) => peak > from).map((peak) => peak - from);
  const n = above.length;
  const least = Math.max(0.02 * Math.abs(from), leastScale, 1e-9);
  const rate = Math.max(1, n) / (peaks.length * block); // fewer than a fifth where many peaks are alike
  if (n < 2) return { from, scale: least, shape: 0.5, rate };
  const typical = quantile(above, 0.5) / Math.LN2; // the mean of exponential numbers of that median
  const excess = above.map((v) => Math.min(v, typical * (Math.log(n) + 4)));
  const mean = excess.reduce((a, b) => a + b, 0) / n;
  const scale = Math.max(least, Math.min(mean, 1.6 * typical));
  return { from, scale, shape: shapeOf(excess, mean) + estimates / n, rate };
}

/**
 * The rows of normal data among which one is expected to score so high, as log₁₀: 4 for once in ten thousand rows.
 *
 *   rarity({ from: 3, scale: 1, shape: 0, rate: 0.01 }, 3); // 2
 */
export function rarity({ from, scale, shape, rate }: Tail, score: number): number {
  const above = (score - from) / scale;
  const nats = above <= 0 || shape < 1e-6 ? above : Math.log1p(shape * above) / shape;
  return (nats - Math.log(rate)) / Math.LN10;
}

function shapeOf(excess: Float64Array, mean: number): number {
  const n = excess.length;
  if (n < 5) return 0;
  const weighted = excess.reduce((sum, v, i) => sum + (v * (n - 1 - i)) / (n - 1), 0) / n;
  const found = 2 - mean / (mean - 2 * weighted);
  return Math.max(0, Math.min(0.4, (n / (n + prior)) * found));
}

function maximum(numbers: Float64Array, start: number, end: number): number {
  let most = numbers[start];
  for (let t = start + 1; t < end; t++) most = Math.max(most, numbers[t]);
  return most;
}
