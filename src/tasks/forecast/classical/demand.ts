import type { Running } from "./running.ts";

/**
 * Demand that is mostly none: the chance of some, and how much it is then, each smoothed by itself (Teunter, Syntetos & Babai 2011); the forecast
 * is their product at every step. Smoothing weights are those of the smallest squared error on the history.
 */
export function demandOf(history: Float64Array): Running {
  let best: { error: number; states: Demand } | null = null;
  for (const alpha of weights)
    for (const beta of weights) {
      const states = new Demand(history, alpha, beta);
      let error = 0;
      for (const v of history) {
        error += (v - states.expected) ** 2;
        states.see(v);
      }
      if (best === null || error < best.error) best = { error, states };
    }
  const { states } = best!;
  return { see: (v) => states.see(v), forecast: (horizon) => Array.from({ length: horizon }, () => states.expected) };
}

const weights = [0.02, 0.05, 0.1, 0.2, 0.3];

class Demand {
  readonly #alpha: number;
  readonly #beta: number;
  #size: number;
  #chance: number;

  /** Begins with the means of the first half. */
  constructor(history: Float64Array, alpha: number, beta: number) {
    const first = history.slice(0, Math.max(1, Math.ceil(history.length / 2)));
    const some = first.filter((v) => v !== 0);
    this.#alpha = alpha;
    this.#beta = beta;
    this.#chance = first.length === 0 ? 0 : some.length / first.length;
    this.#size = some.length === 0 ? 0 : some.reduce((sum, v) => sum + v, 0) / some.length;
  }

  get expected(): number {
    return this.#size * this.#chance;
  }

  see(v: number): void {
    this.#chance += this.#beta * ((v === 0 ? 0 : 1) - this.#chance);
    if (v !== 0) this.#size += this.#alpha * (v - this.#size);
  }
}
