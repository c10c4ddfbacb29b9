/**
 * Whether two lists of runs differ in the mean: mean(a) - mean(b) and the half width of its 95 % interval by Welch's t, for runs
 * whose spreads may differ (Welch 1947). Two runs a list at least.
 *
 *   meanDifference([0.85, 0.86, 0.84], [0.85, 0.83, 0.86]); // { difference: 0.0033, halfWidth: 0.0312, freedom: 3.45 }
 */
export function meanDifference(a, b) {
  const [one, other] = [a, b].map((list) => {
    const { mean, spread } = meanAndSpread(list);
    return { mean, error: spread ** 2 / list.length, freedom: list.length - 1 };
  });
  const error = one.error + other.error;
  const freedom = error ** 2 / (one.error ** 2 / one.freedom + other.error ** 2 / other.freedom);
  return { difference: one.mean - other.mean, halfWidth: studentQuantile(0.975, freedom) * Math.sqrt(error), freedom };
}

/**
 * The same of runs that belong together, one of each for a seed: the mean of their differences, which knows nothing of how far seeds
 * lie apart.
 *
 *   pairedDifference([0.85, 0.7, 0.84], [0.86, 0.72, 0.84]); // { difference: -0.01, halfWidth: 0.0248, freedom: 2 }
 */
export function pairedDifference(a, b) {
  const { mean, spread } = meanAndSpread(a.map((v, k) => v - b[k]));
  const freedom = a.length - 1;
  return { difference: mean, halfWidth: (studentQuantile(0.975, freedom) * spread) / Math.sqrt(a.length), freedom };
}

/** The mean, and the standard deviation of the sample. */
export function meanAndSpread(list) {
  const mean = list.reduce((sum, v) => sum + v, 0) / list.length;
  return { mean, spread: Math.sqrt(list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (list.length - 1)) };
}

/** The value that Student's t with so many degrees of freedom stays below with probability p, for p from 0.5 on. */
export function studentQuantile(p, freedom) {
  // t = sqrt(freedom) tan(angle) makes of the density a power of the cosine, on an interval that ends.
  const density = (angle) => Math.cos(angle) ** (freedom - 1);
  const half = integral(density, Math.PI / 2);
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (0.5 + integral(density, middle) / half / 2 < p) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan(low);
}

/** From 0 to `end`, by Simpson's rule. */
function integral(f, end) {
  const parts = 2000;
  let sum = f(0) + f(end);
  for (let i = 1; i < parts; i++) sum += f((end * i) / parts) * (i % 2 ? 4 : 2);
  return (sum * end) / parts / 3;
}
