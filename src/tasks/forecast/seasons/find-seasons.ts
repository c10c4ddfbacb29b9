import { mean } from "../deviation.ts";
import { autoregression } from "./autoregression.ts";
import { calendarSeasons, type SeriesStep, usualSeasons, withinCalendar } from "./calendar-seasons.ts";
import { type Candidate, candidate, isWhole, roughEvidence } from "./candidate.ts";
import { coherence } from "./coherence.ts";
import { withoutOutliers, withoutUnexpected } from "./outliers.ts";
import { seasonalProfile } from "./profile.ts";
import { standardized, whiten } from "./whitened.ts";

// Found on made series of other seeds than the tests': most seasons right while noise, walks and autoregressions have none.
const mostRows = 20_000; // the newest are read
const mostSteps = 400; // every period up to here, and the expected ones beyond
const looked = 40; // candidates that are looked at closely
const enough = 16; // evidence (BIC) from which one is believed
const alike = 0.45; // coherence from which a season is believed
const steady = 0.85; // and where outliers or an autoregression's own cycles may be all there is
const welcome = 6; // evidence that an expected period has beforehand
const few = 6; // cycles of a season that show less than more would

/**
 * The seasons of a series in steps, the shortest first; none where no period explains more than chance, lingering noise or an
 * autoregression do and repeats itself from stretch to stretch. Periods up to a third of the rows and 400 steps, and the longer ones that
 * are usual (a week of minutes); single outliers are set aside.
 *
 *   const monthly = Array.from({ length: 96 }, (_, t) => t % 12);
 *   findSeasons(monthly); // [12]
 *   findSeasons(monthly, { step: { unit: "month", count: 1 } }); // [12]
 */
export function findSeasons(series: ArrayLike<number>, options: { step?: SeriesStep } = {}): number[] {
  const welcomed = options.step === undefined ? usualSeasons : calendarSeasons(options.step);
  const expected = { welcomed, reach: options.step === undefined ? 0 : 0.25 };
  const whole = (period: number) => (welcomed.includes(period) ? period : withinCalendar(period, options.step ?? null));
  let found = within(series, expected);
  // Rows that are missing shift the phase: then the newest rows alone show the season.
  for (let rows = 2000; !welcomed.includes(found[0]) && rows >= 500 && rows < series.length / 2; rows /= 2) {
    const newest = within(Array.prototype.slice.call(series, -rows), expected);
    if (found.length === 0 || welcomed.includes(newest[0])) found = newest;
  }
  return [...new Set(found.map(whole))].sort((a, b) => a - b);
}

/** The shortest of `findSeasons`, by the step where it is known; 1 where there is none. */
export const findSeason = (series: ArrayLike<number>, step: SeriesStep | null = null): number =>
  findSeasons(series, step ? { step } : {})[0] ?? 1;

/** Periods that are expected, and how far from one that is found: in cycles over all rows, as the length of few cycles is not known well. */
interface Expected {
  readonly welcomed: readonly number[];
  readonly reach: number;
}

function within(series: ArrayLike<number>, expected: Expected): number[] {
  const seasons: number[] = [];
  let y = standardized(Array.prototype.slice.call(series, -mostRows));
  while (y !== null && seasons.length < 3) {
    const strongest = strongestIn(y, seasons, expected);
    if (strongest === null) break;
    const day = dayOf(strongest);
    const period = day !== null && !seasons.includes(day) ? day : strongest.candidate.period;
    if (seasons.includes(period) || (seasons.length > 0 && !fits(period, seasons, expected.welcomed))) break;
    seasons.push(period);
    const profile = seasonalProfile(strongest.y, period);
    y = standardized(
      strongest.y.map((v, t) => v - profile[t % period]),
      0.01,
    );
  }
  return seasons;
}

/** A further season is a usual one, or whole seasons long. */
const fits = (period: number, seasons: readonly number[], welcomed: readonly number[]): boolean =>
  welcomed.includes(period) || seasons.some((s) => period % s === 0 || s % period === 0);

/** Of periods that differ by 3 % at most the strongest, or the usual one that is nearly as strong. */
function apart(candidates: readonly Candidate[], { welcomed, reach }: Expected, rows: number): Candidate[] {
  const near = (a: Candidate, b: Candidate, far = 0.03) => Math.abs(a.period - b.period) <= far * b.period;
  const kept: Candidate[] = [];
  for (const c of candidates) {
    if (kept.some((k) => near(k, c))) continue;
    const far = Math.max(0.03, (reach * c.period) / rows);
    const usual = (u: Candidate) =>
      welcomed.includes(u.period) && near(u, c, far) && u.evidence + welcome > 0.95 * c.evidence;
    kept.push(candidates.find(usual) ?? c);
  }
  return kept;
}

interface Found {
  /** The series without what was set aside. */
  readonly y: Float64Array;
  readonly candidate: Candidate;
}

/** A week that is made of days is found as one period first: then the day. */
function dayOf({ y, candidate: week }: Found): number | null {
  const day = week.period / 7;
  if (!Number.isInteger(day) || day < 24) return null;
  // The seventh harmonic of a week among the first ones is a day of its own: what is of weeks alone has slower ones first.
  const byItself = week.harmonics?.slice(0, 3).some((k) => k % 7 === 0) ?? false;
  const { evidence } = candidate(whiten(y), day);
  return evidence > (byItself ? enough : 0.3 * week.evidence) || isOfDays(seasonalProfile(y, week.period)) ? day : null;
}

/**
 * Whether five days of a week's profile or more go up and down alike, by their changes from step to step, less each day's own slope. Where there is
 * hardly any noise, or a Sunday is far from the other days, that tells days where their part of the variance does not.
 */
function isOfDays(profile: Float64Array): boolean {
  const steps = profile.length / 7;
  const changes = Array.from({ length: 7 }, (_, d) => {
    const own = Array.from({ length: steps }, (_, h) => {
      const t = d * steps + h;
      return profile[t] - profile[(t || profile.length) - 1];
    });
    const slope = mean(own);
    return own.map((v) => v - slope);
  });
  const usual = changes[0].map((_, h) => changes.map((day) => day[h]).sort((a, b) => a - b)[3]);
  const squares = (list: readonly number[]) => list.reduce((sum, v) => sum + v * v, 0);
  return changes.filter((day) => squares(day.map((v, h) => v - usual[h])) < 0.5 * squares(day)).length >= 5;
}

function strongestIn(y: Float64Array, seasons: readonly number[], expected: Expected): Found | null {
  const cleaned = withoutOutliers(y);
  const usual = foundIn(cleaned, seasons, expected);
  // Spikes of a season are taken for outliers, but those come in every cycle.
  const spikes = cleaned === y ? null : foundIn(y, seasons, expected, 0.6);
  const found = spikes && spikes.candidate.evidence > (usual?.candidate.evidence ?? 0) ? spikes : usual;
  const again = found && withoutUnexpected(found.y, found.candidate);
  return (again && foundIn(again, seasons, expected)) ?? found;
}

function foundIn(y: Float64Array, seasons: readonly number[], expected: Expected, least = alike): Found | null {
  const { welcomed, reach } = expected;
  const further = seasons.length > 0;
  const w = whiten(y);
  const third = Math.floor(y.length / 3);
  const periods = Array.from({ length: Math.max(0, Math.min(third, mostSteps) - 1) }, (_, i) => i + 2);
  for (const period of welcomed) if (period > mostSteps && period <= third) periods.push(period);
  const isNew = (period: number) => !seasons.some((s) => s % period === 0 || Math.abs(s - period) <= 0.03 * s);
  const bonus = (period: number) => (welcomed.includes(period) ? welcome : 0);
  // An expected period made of the seasons found, or one of the step's own calendar.
  const whole = (period: number) => welcomed.includes(period) && (reach > 0 || seasons.some((s) => period % s === 0));
  const noSeason = autoregression(w);
  const candidates = [...new Set(periods)]
    .filter(isNew)
    .map((period) => ({ period, evidence: roughEvidence(w, period) + bonus(period) }))
    .filter(({ evidence }) => evidence > 0)
    .sort((a, b) => b.evidence - a.evidence)
    .filter(({ period }, k) => k < looked || welcomed.includes(period))
    .map(({ period }) => candidate(w, period))
    .filter(({ period, evidence }) => evidence + 1.5 * bonus(period) > (further ? 2 * enough : enough))
    // High harmonics alone are another, broken period, as rows that are missing make them.
    .filter((c) => welcomed.includes(c.period) || isWhole(w, c))
    .sort((a, b) => b.evidence + bonus(b.period) - a.evidence - bonus(a.period));
  const believed = apart(candidates, expected, y.length)
    .slice(0, 8)
    .flatMap((c) => {
      // May be the autoregression's own cycle, where it has one.
      const wanders = noSeason.modulus > 0 && noSeason.modulus <= 0.99 && c.evidence <= 0.75 * noSeason.evidence;
      const likeness = coherence(y, c);
      if (likeness < (wanders ? (y.length >= 20 * c.period ? steady : 0.999) : least)) return [];
      // In few cycles, some phases of the many that there are look alike by chance.
      const spikes = c.phases !== null && c.phases.length < c.period - 1;
      const doubtful = y.length < few * c.period && (further || (spikes && !welcomed.includes(c.period)));
      const clear = c.evidence > 6 * enough && whole(c.period) ? 0.7 : 0.9; // a week of days, where much speaks for it
      return doubtful && likeness < clear ? [] : [{ ...c, likeness }];
    });
  if (believed.length === 0) return null;
  const strength = (c: { evidence: number; likeness: number; period: number }) =>
    c.likeness * (c.evidence + bonus(c.period));
  const strongest = believed.reduce((a, b) => (strength(b) > strength(a) ? b : a));
  const shorter = believed
    .filter((c) => strongest.period % c.period === 0 && strength(c) > 0.9 * strength(strongest))
    .sort((a, b) => a.period - b.period)[0];
  return { y, candidate: shorter };
}
