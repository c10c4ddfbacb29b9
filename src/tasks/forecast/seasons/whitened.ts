/**
 * A series of mean 0 and deviation 1 as candidates for a season see it: y[t] − φ y[t−1] for a few φ, of which φ = 0 is the series
 * itself and φ = 1 its changes. Noise that lingers (a random walk, an autoregression) is nearly white for one of them, and there the
 * evidence for a season can be counted as for independent rows.
 */
export interface Whitened {
  readonly y: Float64Array;
  /** Rows that have one before them. */
  readonly rows: number;
  /** By `carries`: the mean of y[t] − φ y[t−1], and the sum of its squared deviations. */
  readonly mean: readonly number[];
  readonly squares: readonly number[];
  /** The smallest sum of squares that no season explains. */
  readonly unexplained: number;
  readonly logRows: number;
}

/** The values of φ that are tried. */
export const carries: readonly number[] = [0, 0.4, 0.7, 0.9, 0.97, 1];

/** Less a cubic trend, of deviation 1; null for fewer than 8 rows, and where no more than `least` of the variance is left. */
export function standardized(series: ArrayLike<number>, least = 0): Float64Array | null {
  const n = series.length;
  if (n < 8) return null;
  const y = Float64Array.from(series);
  const largest = y.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const basis: Float64Array[] = []; // orthogonal polynomials of the row, up to the third degree
  for (let degree = 0; degree <= 3; degree++) {
    const next = Float64Array.from({ length: n }, (_, t) => ((2 * t + 1) / n - 1) ** degree);
    for (const b of basis) takeAway(next, b);
    basis.push(next);
    takeAway(y, next);
  }
  const variance = y.reduce((sum, v) => sum + v * v, 0) / n;
  if (!(variance > Math.max(least, 1e-18 * largest * largest))) return null;
  return y.map((v) => v / Math.sqrt(variance));
}

/** Removes the component along x from y. */
function takeAway(y: Float64Array, x: Float64Array): void {
  let [along, length] = [0, 0];
  for (let t = 0; t < y.length; t++) {
    along += y[t] * x[t];
    length += x[t] * x[t];
  }
  for (let t = 0; t < y.length; t++) y[t] -= (along / length) * x[t];
}

export function whiten(y: Float64Array): Whitened {
  const rows = y.length - 1;
  const sums = carries.map((phi) => {
    let sum = 0;
    let squares = 0;
    for (let t = 1; t < y.length; t++) {
      const z = y[t] - phi * y[t - 1];
      sum += z;
      squares += z * z;
    }
    return { mean: sum / rows, squares: squares - (sum * sum) / rows };
  });
  const squares = sums.map((s) => s.squares);
  return {
    y,
    rows,
    mean: sums.map((s) => s.mean),
    squares,
    unexplained: Math.min(...squares),
    logRows: Math.log(rows),
  };
}

/** Log-likelihood that rows gain when a season leaves `rest` of the squares, less what its parameters cost (BIC). */
export function evidence({ rows, unexplained }: Whitened, rest: number, cost: number): number {
  const exact = 1e-4 * rows; // a series without noise leaves nothing
  return rows * Math.log((unexplained + exact) / (Math.max(rest, 0) + exact)) - cost;
}

/** The sums of y[t], of y[t−1] and of 1 over the rows t of each phase. */
export function byPhase(
  { y }: Whitened,
  period: number,
): { now: Float64Array; before: Float64Array; count: Float64Array } {
  const [now, before, count] = [0, 1, 2].map(() => new Float64Array(period)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let t = 1, k = 1 % period; t < y.length; t++) {
    now[k] += y[t];
    before[k] += y[t - 1];
    count[k]++;
    if (++k === period) k = 0;
  }
  return { now, before, count };
}
