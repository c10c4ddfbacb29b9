import { quantile } from "../../data/quantile.ts";

/** The usual value of each phase of a season, by the median of its cycles; a season of one row is a level. */
export interface Profile {
  /** By phase, in the units of the series. */
  readonly values: Float64Array;
  /** Size from which a deviation counts no more when the profile follows the series. */
  readonly limit: number;
}

const fastest = 0.15; // of a deviation, each cycle

/** Phase of a row: its place modulo the season. */
export const phaseOf = (place: number, season: number): number => ((place % season) + season) % season;

/**
 * The profile of a column, and what each row deviates from the median of the *other* cycles: what the row itself says about the season
 * does not make it look usual. A phase of one cycle alone deviates by nothing.
 */
export function learnProfile(
  column: Float64Array,
  places: Float64Array,
  season: number,
): { profile: Profile; deviations: Float64Array } {
  const rows = Array.from({ length: season }, () => [] as number[]);
  places.forEach((place, t) => {
    rows[phaseOf(place, season)].push(t);
  });
  const level = quantile(column.slice().sort(), 0.5);
  const deviations = new Float64Array(column.length);
  const values = Float64Array.from(rows, (own) => {
    if (own.length === 0) return level;
    const sorted = Float64Array.from(
      own.slice().sort((a, b) => column[a] - column[b]),
      (t) => column[t],
    );
    const order = own.slice().sort((a, b) => column[a] - column[b]);
    order.forEach((t, rank) => {
      deviations[t] = own.length === 1 ? 0 : column[t] - medianWithout(sorted, rank);
    });
    return quantile(sorted, 0.5);
  });
  return { profile: { values, limit: 3 * spreadOf(deviations) }, deviations };
}

/** A profile that follows the series: what is usual changes with the seasons of a year. */
export class FollowingProfile {
  readonly #values: Float64Array;
  readonly #limit: number;
  readonly #rate: number;

  /** Forgets rows that lie `memory` back; seasons of weeks are remembered for longer. */
  constructor({ values, limit }: Profile, memory: number) {
    this.#values = values.slice();
    this.#limit = limit;
    this.#rate = Math.min(fastest, (2 * values.length) / memory);
  }

  /** The usual value at a place. */
  at(place: number): number {
    return this.#values[phaseOf(place, this.#values.length)];
  }

  /** Learns from a row: a little of what it deviates, of an outlier no more than of a usual row. */
  follow(place: number, deviation: number): void {
    const most = this.#limit;
    this.#values[phaseOf(place, this.#values.length)] += this.#rate * Math.max(-most, Math.min(most, deviation));
  }
}

/** 1.4826 times the median size, as robust as a median and equal to the deviation of normal numbers; where most are 0 their deviation. */
export function spreadOf(numbers: Float64Array): number {
  const median = 1.4826 * quantile(numbers.map(Math.abs).sort(), 0.5);
  return median > 0 ? median : Math.sqrt(numbers.reduce((sum, v) => sum + v * v, 0) / numbers.length);
}

/** The median of sorted numbers without the one of a rank. */
function medianWithout(sorted: Float64Array, rank: number): number {
  const rest = sorted.length - 1;
  const at = (i: number) => sorted[i < rank ? i : i + 1];
  const half = Math.floor(rest / 2);
  return rest % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}
