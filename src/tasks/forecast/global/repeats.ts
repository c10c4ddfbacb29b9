import type { View } from "./view.ts";
import { unitRows } from "./windows.ts";

// Rules of thumb: a collection is kept to repeated values only where that made the errors of held-out steps smaller (`repeatsHelp`).
const often = 0.3; // of the recent rows
const nearer = 0.5; // of the distance that the other rows have from it, in the mean

/**
 * A forecast of a series that has one value again and again, as an idle machine or a stuck sensor does: steps nearer to that value than to what
 * the other rows are in the mean become it. The network comes near such a value, but is never on it. Whole numbers are counts, whose
 * zeros are days like others: they stay as they are.
 */
export function withRepeats(view: View, history: Float64Array, forecast: Float64Array): Float64Array {
  const recent = recentOf(view, history);
  const value = repeatedIn(recent);
  if (value === null) return forecast;
  const others = recent.filter((v) => v !== value);
  const distance = others.reduce((sum, v) => sum + Math.abs(v - value), 0) / Math.max(1, others.length);
  return forecast.map((v) => (others.length === 0 || Math.abs(v - value) <= nearer * distance ? value : v));
}

/** Whether `withRepeats` has a value to keep to. */
export const hasRepeats = (view: View, history: Float64Array): boolean => repeatedIn(recentOf(view, history)) !== null;

const recentOf = (view: View, history: Float64Array): Float64Array =>
  history.subarray(Math.max(0, history.length - unitRows(view)));

/** The value that many rows have; null where there is none, or all are whole numbers. */
function repeatedIn(rows: Float64Array): number | null {
  const counts = new Map<number, number>();
  for (const v of rows) counts.set(v, (counts.get(v) ?? 0) + 1);
  const [value, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0]);
  return count >= often * rows.length && !rows.every(Number.isInteger) ? value : null;
}
