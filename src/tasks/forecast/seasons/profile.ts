/**
 * The contribution of each phase of a season: the mean, by phase, of the series less its moving average over one season (the additive
 * classical decomposition). Phase 0 is row 0.
 *
 *   seasonalProfile([1, 3, 2, 4, 3, 5, 4, 6], 2); // [-0.75, 0.75]
 */
export function seasonalProfile(series: ArrayLike<number>, period: number): Float64Array {
  const n = series.length;
  const sums = new Float64Array(n + 1);
  for (let t = 0; t < n; t++) sums[t + 1] = sums[t] + series[t];
  const total = new Float64Array(period);
  const count = new Float64Array(period);
  const half = Math.floor(period / 2);
  for (let t = half; t + half < n; t++) {
    const around = sums[t + half] - sums[t - half];
    const trend =
      period % 2 === 1
        ? (sums[t + half + 1] - sums[t - half]) / period
        : (around + sums[t + half + 1] - sums[t - half + 1]) / (2 * period);
    total[t % period] += series[t] - trend;
    count[t % period]++;
  }
  return total.map((sum, j) => sum / (count[j] || 1));
}
