import { type Component, type ComponentName, component, componentsOf } from "./components.ts";
import type { DetectorLearned } from "./learned.ts";
import { FollowingProfile } from "./season-profile.ts";
import { rarity } from "./tail.ts";

const most = 8; // scales that a deviation counts at most in the network's input

/** A deviation as the network reads it. */
export const scaled = (deviation: number, scale: number): number => Math.max(-most, Math.min(most, deviation / scale));

/** The usual values of a row by the season of its columns, and what it deviates from them. */
export interface Expected {
  /** By column, in the units of the series. */
  readonly usual: readonly number[];
  readonly deviations: readonly number[];
}

/** The seasons of all columns, which follow the rows: these are given in order. */
export class Seasons {
  readonly #profiles: readonly FollowingProfile[];

  constructor({ usual, memory }: Pick<DetectorLearned, "usual" | "memory">) {
    this.#profiles = usual.map(({ profile }) => new FollowingProfile(profile, memory));
  }

  next(values: ArrayLike<number>, place: number): Expected {
    const usual = this.#profiles.map((profile) => profile.at(place));
    const deviations = usual.map((expected, k) => values[k] - expected);
    this.#profiles.forEach((profile, k) => {
      profile.follow(place, deviations[k]);
    });
    return { usual, deviations };
  }
}

/** The score of a row, and where it comes from. */
export interface Scored {
  /** log₁₀ of the rows of normal data among which one is expected to score so high; NaN before enough was read. */
  readonly score: number;
  /** The column that is farthest off, by number. */
  readonly column: number;
  /** The way it is off. */
  readonly component: ComponentName;
  /** Its distance: usual deviations; rows of a standstill. */
  readonly size: number;
}

/** Scores of rows in order: how rare the rarest of all components and columns is. */
export class Scorer {
  readonly #learned: DetectorLearned;
  readonly #components: readonly (readonly Component[])[];
  readonly #rarest: (rarity: number) => number;

  constructor(learned: DetectorLearned) {
    const names = componentsOf(learned.method);
    this.#learned = learned;
    this.#components = learned.usual.map(({ tiny, levels }) =>
      names.map((name, i) => component(name, learned, tiny, levels[i])),
    );
    const { together } = learned;
    const several = Math.log10(names.length * learned.usual.length);
    this.#rarest = (v) => (together ? rarity(together, v - several) : v - several);
  }

  /** Values, deviations and the network's errors by column. */
  next(values: ArrayLike<number>, deviations: ArrayLike<number>, errors: ArrayLike<number>): Scored {
    const names = componentsOf(this.#learned.method);
    let best: Scored = { score: Number.NaN, column: 0, component: names[0], size: 0 };
    this.#components.forEach((list, column) => {
      const seen = { value: values[column], deviation: deviations[column], error: errors[column] };
      list.forEach((one, i) => {
        const size = one.add(seen);
        if (Number.isNaN(size) || Number.isNaN(seen.error)) return;
        const score = rarity(this.#learned.usual[column].tails[i], size);
        if (!(score <= best.score)) best = { score, column, component: names[i], size };
      });
    });
    return { ...best, score: this.#rarest(best.score) };
  }
}
