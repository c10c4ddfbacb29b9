/**
 * The q-quantile of sorted numbers, linear between neighbours.
 *
 *   quantile(Float64Array.of(0, 1, 2, 10), 0.5); // 1.5
 */
export function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}
