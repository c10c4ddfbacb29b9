import { difference } from "./differences.ts";
import type { ArrayLikeNumbers } from "./series.ts";
import { every } from "./windows.ts";

const clear = 0.3; // autocorrelation from which a season is believed

/**
 * Estimates the season's length in steps: the lag from 2 to a third of the series (400 at most) at which its changes resemble
 * themselves most, where that is a peak and above 0.3; the shortest of those that are nearly as alike (a day, not two); 1
 * where there is none.
 */
export function findSeason(series: ArrayLikeNumbers): number {
  const changes = difference(series, [1]);
  const mean = changes.reduce((a, b) => a + b, 0) / changes.length;
  const x = changes.map((v) => v - mean);
  const variance = x.reduce((sum, v) => sum + v * v, 0);
  if (!(variance > 0)) return 1;
  const most = Math.min(400, Math.floor(changes.length / 3));
  const likeness = Array.from({ length: most + 2 }, (_, lag) => {
    let sum = 0;
    for (let t = lag; t < x.length; t++) sum += x[t] * x[t - lag];
    return sum / variance;
  });
  const peaks = every(2, most).filter(
    (lag) => likeness[lag] > clear && likeness[lag] >= likeness[lag - 1] && likeness[lag] >= likeness[lag + 1],
  );
  const best = Math.max(...peaks.map((lag) => likeness[lag]));
  return peaks.find((lag) => likeness[lag] >= 0.9 * best) ?? 1;
}
