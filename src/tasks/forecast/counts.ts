import { mean, unevenness } from "./deviation.ts";

const groups = 8;
const fewest = 10; // changes of a group

/**
 * Whether `log1p`, the logarithm of one more, makes a series calmer: its numbers are counts (whole, none below 0) or have a zero among numbers
 * none below 0, and changes over `lag` steps are larger where the numbers are large. The changes are put in eight groups by level; on
 * logarithms their sizes are to be the more even ones, over the groups.
 */
export function growsFromZero(values: Float64Array, lag: number): boolean {
  if (values.some((v) => v < 0)) return false;
  if (!values.includes(0) && !values.every(Number.isInteger)) return false;
  const changes = Array.from({ length: Math.max(0, values.length - lag) }, (_, i) => {
    const [before, after] = [values[i], values[i + lag]];
    return { level: before + after, plain: after - before, logarithms: Math.log1p(after) - Math.log1p(before) };
  }).sort((a, b) => a.level - b.level);
  const size = Math.floor(changes.length / groups);
  if (size < fewest) return false;
  const parts = Array.from({ length: groups }, (_, k) => changes.slice(k * size, (k + 1) * size));
  if (parts[groups - 1][0].level <= 3 * Math.max(1, parts[0][size - 1].level)) return false; // nearly one level
  const sizes = (of: "plain" | "logarithms") => parts.map((part) => mean(part.map((change) => Math.abs(change[of]))));
  return unevenness(sizes("logarithms")) < unevenness(sizes("plain"));
}
