export type Numbers = readonly number[] | Float64Array;

export const mean = (x: Numbers): number => (x as number[]).reduce((a, b) => a + b, 0) / x.length;

/** The root of the mean square of the distances to the mean. */
export function deviation(x: Numbers): number {
  const middle = mean(x);
  return Math.sqrt((x as number[]).reduce((sum, v) => sum + (v - middle) ** 2, 0) / x.length);
}

/** Deviation over mean, without units. */
export const unevenness = (x: Numbers): number => deviation(x) / (mean(x) || 1);
