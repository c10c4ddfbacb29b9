import { difference } from "./forecast-differences.ts";
import type { ArrayLikeNumbers } from "./forecast-series.ts";

const clear = 0.3; // autocorrelation from which a season is believed

/**
 * How many steps a season lasts: the lag from 2 to a third of the series (400 at most) at which its changes resemble
 * themselves most, where that is a peak and above 0.3; 1 where there is none.
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
  let best = 1;
  for (let lag = 2; lag <= most; lag++) {
    const peak = likeness[lag] >= likeness[lag - 1] && likeness[lag] >= likeness[lag + 1];
    if (peak && likeness[lag] > clear && (best === 1 || likeness[lag] > likeness[best])) best = lag;
  }
  return best;
}
