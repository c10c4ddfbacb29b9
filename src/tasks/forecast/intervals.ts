/** Forecasts on the scale the model works on, by origin, step and target, and the bounds of their intervals, if any. */
export interface Levels {
  readonly middle: Float64Array;
  readonly bounds: { readonly low: Float64Array; readonly high: Float64Array } | null;
}

/**
 * Widening of the intervals, by target, for a fraction `coverage` of these values to lie within: the conformal correction
 * (Vovk et al. 2005; of quantiles, Romano et al. 2019). A value's score is its distance from the middle in units of the half
 * width on its side; the factor is the ⌈(n + 1) coverage⌉-th smallest score, the largest where there are fewer.
 */
export function stretchFor({ middle, bounds }: Levels, actual: Float64Array, K: number, coverage: number): number[] {
  return Array.from({ length: bounds === null ? 0 : K }, (_, k) => {
    const scores: number[] = [];
    for (let i = k; i < middle.length; i += K) {
      const half = actual[i] > middle[i] ? bounds!.high[i] - middle[i] : middle[i] - bounds!.low[i];
      scores.push(half > 0 ? Math.abs(actual[i] - middle[i]) / half : 0);
    }
    scores.sort((a, b) => a - b);
    return scores[Math.min(scores.length, Math.ceil((scores.length + 1) * coverage)) - 1] ?? 1;
  });
}

/** The intervals made wider or narrower by a factor for each target; as they are where there are no factors. */
export function stretched({ middle, bounds }: Levels, factors: readonly number[]): Levels {
  if (bounds === null || factors.length === 0) return { middle, bounds };
  const from = (end: Float64Array) => end.map((v, i) => middle[i] + factors[i % factors.length] * (v - middle[i]));
  return { middle, bounds: { low: from(bounds.low), high: from(bounds.high) } };
}

/** The same forecasts, those from `at` on in intervals stretched by what came before, those before by what came after. */
export function crossStretched(
  levels: Levels,
  actual: Float64Array,
  at: number,
  factors: (levels: Levels, actual: Float64Array) => readonly number[],
): Levels {
  const [first, second] = [part(levels, 0, at), part(levels, at)];
  const a = stretched(first, factors(second, actual.subarray(at)));
  const b = stretched(second, factors(first, actual.subarray(0, at)));
  if (a.bounds === null || b.bounds === null) return levels;
  const join = (x: Float64Array, y: Float64Array) => Float64Array.from([...x, ...y]);
  return {
    middle: levels.middle,
    bounds: { low: join(a.bounds.low, b.bounds.low), high: join(a.bounds.high, b.bounds.high) },
  };
}

function part({ middle, bounds }: Levels, from: number, to?: number): Levels {
  const cut = (x: Float64Array) => x.subarray(from, to);
  return { middle: cut(middle), bounds: bounds && { low: cut(bounds.low), high: cut(bounds.high) } };
}
