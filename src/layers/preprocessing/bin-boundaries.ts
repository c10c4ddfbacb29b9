/** Values in order, and how many numbers each stands for. */
interface Summary {
  values: Float32Array;
  weights: Float32Array;
}

/**
 * Boundaries between bins with about as many of the numbers in each, by Keras's way: a summary of the sorted numbers at steps of
 * epsilon, and quantiles of it between its entries.
 */
export function binBoundaries(numbers: Float32Array, bins: number, epsilon: number): number[] {
  const { values } = compressed(compressed(summaryOf(numbers, epsilon), epsilon), 1 / bins);
  return Array.from(values.subarray(0, values.length - 1));
}

function summaryOf(numbers: Float32Array, epsilon: number): Summary {
  const sorted = numbers.slice().sort();
  const step = Math.max(sorted.length / (1 / epsilon), 1);
  const values: number[] = [];
  for (let at = Math.trunc(step - 1); at < sorted.length; at += Math.trunc(step)) values.push(sorted[at]);
  return { values: Float32Array.from(values), weights: new Float32Array(values.length).fill(step) };
}

function compressed(summary: Summary, epsilon: number): Summary {
  const { values, weights } = summary;
  if (values.length * epsilon < 1) return summary;
  const sums = Float32Array.from(weights);
  for (let k = 1; k < sums.length; k++) sums[k] = Math.fround(sums[k] + sums[k - 1]); // as NumPy adds float32
  const total = sums[sums.length - 1];
  const shares = Array.from(sums, (s) => Math.fround(s / total));
  const count = Math.ceil(1 / epsilon); // of NumPy's arange(0, 1, epsilon)
  const percents = Array.from({ length: count }, (_, k) => epsilon + k * epsilon);
  const at = (p: number, of: ArrayLike<number>) => between(p, shares, of);
  const counted = percents.map((p) => at(p, sums));
  return {
    values: Float32Array.from(percents, (p) => at(p, values)),
    weights: Float32Array.from(counted, (c, k) => c - (k === 0 ? 0 : counted[k - 1])),
  };
}

/** NumPy's interp: the line through the points (x, y), level at its ends. */
function between(p: number, x: readonly number[], y: ArrayLike<number>): number {
  if (p <= x[0]) return y[0];
  const last = x.length - 1;
  if (p >= x[last]) return y[last];
  let k = 0;
  while (x[k + 1] <= p) k++;
  return ((y[k + 1] - y[k]) / (x[k + 1] - x[k])) * (p - x[k]) + y[k];
}
