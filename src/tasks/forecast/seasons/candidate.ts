import { byPhase, carries, evidence, type Whitened } from "./whitened.ts";

const mostHarmonics = 12; // that are looked at
const mostTaken = 6;

/** A season of this period: described by a few harmonics, or by the means of some of its phases (a spike a week). */
export interface Candidate {
  readonly period: number;
  /** Evidence for it: twice the gain in log-likelihood less what its parameters cost (BIC). */
  readonly evidence: number;
  /** The carry φ under which that was found. */
  readonly phi: number;
  /** Harmonics or phases; the others are 0. */
  readonly harmonics: readonly number[] | null;
  readonly phases: readonly number[] | null;
}

/** A quick estimate of the evidence for a period: harmonics taken as orthogonal, which they nearly are. */
export function roughEvidence(w: Whitened, period: number): number {
  const { now, before, count } = byPhase(w, period);
  const { cos, sin } = circle(period);
  const most = Math.min(mostHarmonics, Math.floor(period / 2));
  const cost = 2 * w.logRows + 2 * Math.log(most);
  const sums = Array.from({ length: most }, (_, i) => {
    const s = [0, 0, 0, 0, 0, 0];
    for (let j = 0, at = 0; j < period; j++) {
      s[0] += now[j] * cos[at];
      s[1] += now[j] * sin[at];
      s[2] += before[j] * cos[at];
      s[3] += before[j] * sin[at];
      s[4] += count[j] * cos[at];
      s[5] += count[j] * sin[at];
      at += i + 1;
      if (at >= period) at -= period;
    }
    return s;
  });
  let best = Number.NEGATIVE_INFINITY;
  for (const [g, phi] of carries.entries()) {
    const gains = sums.map(([nowC, nowS, beforeC, beforeS, oneC, oneS], i) => {
      const c = nowC - phi * beforeC - w.mean[g] * oneC;
      const s = nowS - phi * beforeS - w.mean[g] * oneS;
      return 2 * (i + 1) === period ? (c * c) / w.rows : (2 * (c * c + s * s)) / w.rows;
    });
    let rest = w.squares[g];
    for (const [k, gain] of gains
      .sort((a, b) => b - a)
      .slice(0, mostTaken)
      .entries()) {
      rest -= gain;
      best = Math.max(best, evidence(w, rest, (k + 1) * cost));
    }
    const phases = now.map((v, j) => (v - phi * before[j] - w.mean[g] * count[j]) ** 2 / (count[j] || 1));
    const whole = phases.reduce((a, b) => a + b, 0);
    const spike = phases.reduce((a, b) => Math.max(a, b), 0);
    best = Math.max(best, evidence(w, w.squares[g] - whole, (period - 1) * w.logRows));
    best = Math.max(best, evidence(w, w.squares[g] - spike, w.logRows + 4 * Math.log(period)));
  }
  return best;
}

/** The evidence for a period: one harmonic after the other, each by weighted least squares on what those before leave over. */
export function candidate(w: Whitened, period: number): Candidate {
  const { now, before, count } = byPhase(w, period);
  const waves = circle(period);
  const most = Math.min(mostHarmonics, Math.floor(period / 2));
  let best: Candidate | null = null;
  for (const [g, phi] of carries.entries()) {
    const phases = ofPhases(w, g, phaseGains(w, g, now, before, count), period);
    if (!best || phases.evidence > best.evidence) best = { period, phi, harmonics: null, ...phases };
    const left = now.map((v, j) => v - phi * before[j] - w.mean[g] * count[j]);
    const taken: number[] = [];
    let rest = w.squares[g];
    let cost = 0;
    while (taken.length < Math.min(mostTaken, most)) {
      let next: Fit | null = null;
      for (let k = 1; k <= most; k++) {
        if (taken.includes(k)) continue;
        const fit = fitHarmonic(left, count, k, waves);
        if (!next || fit.gain > next.gain) next = fit;
      }
      if (!next) break;
      taken.push(next.k);
      rest -= next.gain;
      cost += (2 * next.k === period ? 1 : 2) * w.logRows + 2 * Math.log(most);
      for (let j = 0, at = 0; j < period; j++, at = (at + next.k) % period)
        left[j] -= count[j] * (next.c * waves.cos[at] + next.s * waves.sin[at]);
      // Harmonics that have a divisor in common make a shorter season, which has its own turn.
      const found = evidence(w, rest, cost);
      if (taken.reduce(greatestDivisor, period) === 1 && found > best.evidence)
        best = { period, phi, evidence: found, harmonics: [...taken], phases: null };
    }
  }
  return best as Candidate;
}

/** Whether some of a season is as slow as itself: high harmonics alone are a shorter period, broken by rows that are missing. */
export function isWhole(w: Whitened, { period, phi, harmonics, phases }: Candidate): boolean {
  if (harmonics) return Math.min(...harmonics) <= 3;
  if (!phases || phases.length < period - 1) return true;
  const { now, before, count } = byPhase(w, period);
  const left = now.map((v, j) => v - phi * before[j] - w.mean[carries.indexOf(phi)] * count[j]);
  const waves = circle(period);
  const slow = [1, 2, 3].filter((k) => 2 * k <= period).map((k) => fitHarmonic(left, count, k, waves).gain);
  const all = left.reduce((sum, v, j) => sum + (v * v) / (count[j] || 1), 0);
  return slow.reduce((a, b) => a + b, 0) > 0.05 * all;
}

interface Fit {
  readonly k: number;
  readonly gain: number;
  readonly c: number;
  readonly s: number;
}

/** The k-th harmonic, fitted to sums by phase. */
function fitHarmonic(left: Float64Array, count: Float64Array, k: number, { cos, sin }: Circle): Fit {
  const period = left.length;
  let [u, v, cc, ss, cs] = [0, 0, 0, 0, 0];
  for (let j = 0, at = 0; j < period; j++) {
    const c = cos[at];
    const s = sin[at];
    u += left[j] * c;
    v += left[j] * s;
    cc += count[j] * c * c;
    ss += count[j] * s * s;
    cs += count[j] * c * s;
    at += k;
    if (at >= period) at -= period;
  }
  if (2 * k === period) return { k, gain: (u * u) / cc, c: u / cc, s: 0 };
  const determinant = cc * ss - cs * cs;
  const c = (u * ss - v * cs) / determinant;
  const s = (v * cc - u * cs) / determinant;
  return { k, gain: c * u + s * v, c, s };
}

/** The part that the mean of each phase explains, the best first: [squares, phase]. */
function phaseGains(w: Whitened, g: number, now: Float64Array, before: Float64Array, count: Float64Array) {
  const gains = Array.from(now, (v, j): [number, number] => {
    const d = v - carries[g] * before[j] - w.mean[g] * count[j];
    return [(d * d) / (count[j] || 1), j];
  });
  return gains.sort((a, b) => b[0] - a[0]);
}

/** Few phases cost the choice among all of them; the whole profile costs one parameter each. */
function ofPhases(w: Whitened, g: number, gains: readonly [number, number][], period: number) {
  const whole = (period - 1) * w.logRows;
  let rest = w.squares[g];
  let best = { evidence: Number.NEGATIVE_INFINITY, taken: 0 };
  for (let m = 1; m < period; m++) {
    rest -= gains[m - 1][0];
    const few = 2 * Math.log(period) + m * (w.logRows + 2 * Math.log(period));
    const found = evidence(w, rest, m === period - 1 ? whole : Math.min(few, whole + 0.5 * period));
    if (found > best.evidence) best = { evidence: found, taken: m };
  }
  return { evidence: best.evidence, phases: gains.slice(0, best.taken).map(([, j]) => j) };
}

interface Circle {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}
function circle(period: number): Circle {
  const angle = (2 * Math.PI) / period;
  return {
    cos: Float64Array.from({ length: period }, (_, j) => Math.cos(angle * j)),
    sin: Float64Array.from({ length: period }, (_, j) => Math.sin(angle * j)),
  };
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));
