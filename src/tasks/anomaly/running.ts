import { quantile } from "../../data/quantile.ts";
import { spreadOf } from "./season-profile.ts";

/** Centre and spread that a score is measured by at first. */
export interface Level {
  readonly centre: number;
  readonly spread: number;
}

/** Of the rows of training that are finite. */
export function levelOf(numbers: Float64Array): Level {
  const known = numbers.filter(Number.isFinite);
  const centre = quantile(known.slice().sort(), 0.5);
  const least = Math.max(1e-9 * Math.abs(centre), 1e-12);
  return { centre, spread: Math.max(least, spreadOf(known.map((v) => v - centre))) };
}

const most = 3; // spreads that a value counts at most when centre and spread follow

/** Deviations in spreads, both of which follow the series with a memory of so many rows; outliers count as usual values at the limit. */
export class RunningLevel {
  #centre: number;
  #square: number;
  readonly #least: number;
  readonly #memory: number;

  constructor({ centre, spread }: Level, memory: number) {
    this.#centre = centre;
    this.#square = spread * spread;
    this.#least = 1e-3 * this.#square;
    this.#memory = memory;
  }

  /** Measures a value, then learns from it. */
  measure(value: number): number {
    const spread = Math.sqrt(this.#square);
    const deviation = value - this.#centre;
    const counted = Math.max(-most * spread, Math.min(most * spread, deviation));
    this.#centre += counted / this.#memory;
    // Normal numbers cut off at 3 deviations have a variance of 0.95.
    this.#square = Math.max(this.#least, this.#square + (1.05 * counted * counted - this.#square) / this.#memory);
    return deviation / spread;
  }
}

/** The mean of the last values, of fewer at the beginning. */
export class MovingMean {
  readonly #last: Float64Array;
  #count = 0;

  constructor(size: number) {
    this.#last = new Float64Array(size);
  }

  add(value: number): number {
    const size = this.#last.length;
    this.#last[this.#count++ % size] = value;
    const held = Math.min(this.#count, size);
    let sum = 0; // added up again each time: a running sum would gather rounding errors over years
    for (let i = 0; i < held; i++) sum += this.#last[i];
    return sum / held;
  }
}
