/** Logarithms of the values, of one more (`"log1p"`, for counts with zeros), or none. */
export type Logarithm = boolean | "log1p";

/** Values as levels: their logarithms, or themselves. */
export function levelsOf(logarithm: Logarithm, values: Float64Array): Float64Array {
  return logarithm ? values.map(logarithm === "log1p" ? Math.log1p : Math.log) : values;
}

/** Levels as values, not below 0 where levels are logarithms of one more; `scale` is a factor of levels that are no logarithms. */
export function valuesOf(logarithm: Logarithm, levels: Float64Array, scale: number): Float64Array {
  if (logarithm === "log1p") return levels.map((v) => Math.max(0, Math.expm1(v)));
  return levels.map((v) => (logarithm ? Math.exp(v) : v * scale));
}

const most = 50; // units: one outlier does not outweigh a batch

/** A number in units as a network reads it. */
export const clipped = (v: number): number => Math.max(-most, Math.min(most, v));
