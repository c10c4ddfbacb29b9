import { mean } from "../deviation.ts";
import type { Candidate } from "./candidate.ts";

/**
 * The likeness of a season in up to eight stretches of the series: the mean over stretches of the cosine between what one shows and
 * what the others show together. Near 1 for a season, near 0 for cycles whose length wanders, as those of an autoregression.
 */
export function coherence(y: Float64Array, { period, phi, harmonics, phases }: Candidate): number {
  const cycles = Math.floor((y.length - 1) / period); // from row 1: row 0 has none before it
  const stretches = Math.min(8, cycles);
  const shown = Array.from({ length: stretches }, (_, b) => {
    const from = 1 + Math.floor((b * cycles) / stretches) * period;
    const to = 1 + Math.floor(((b + 1) * cycles) / stretches) * period;
    const profile = profileOf(y, phi, period, from, to);
    if (harmonics) return harmonics.flatMap((k) => wave(profile, k));
    return phases && phases.length < period - 1 ? phases.map((j) => profile[j]) : Array.from(profile);
  });
  const together = shown[0].map((_, i) => shown.reduce((sum, one) => sum + one[i], 0));
  const likeness = shown.map((one) => {
    const others = together.map((sum, i) => (sum - one[i]) / (stretches - 1));
    const [own, theirs] = [dot(one, one), dot(others, others)];
    // A single spike has a sign alone: there its height counts too.
    const length = !harmonics && one.length <= 3 ? Math.max(own, theirs) : Math.sqrt(own * theirs);
    return length > 0 ? dot(one, others) / length : 0;
  });
  return mean(likeness);
}

/** The mean of y[t] − φ y[t−1] by phase, less their mean. */
function profileOf(y: Float64Array, phi: number, period: number, from: number, to: number): Float64Array {
  const sums = new Float64Array(period);
  const count = new Float64Array(period);
  for (let t = from; t < to; t++) {
    sums[t % period] += y[t] - phi * y[t - 1];
    count[t % period]++;
  }
  const means = sums.map((sum, j) => sum / (count[j] || 1));
  const middle = mean(means);
  return means.map((v) => v - middle);
}

function wave(profile: Float64Array, k: number): [number, number] {
  const angle = (2 * Math.PI * k) / profile.length;
  let [c, s] = [0, 0];
  profile.forEach((v, j) => {
    c += v * Math.cos(angle * j);
    s += v * Math.sin(angle * j);
  });
  return [c, s];
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0);
