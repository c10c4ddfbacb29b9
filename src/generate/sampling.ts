import { DataError, problem } from "../errors.ts";
import { Random } from "../tensor/random.ts";
import { above0, type Field, from0, from0to1, orNull, readOptions, wholeFrom } from "../train/options.ts";

/** Sampling options for the next id. Without temperature, topK and topP: always the most probable. */
export interface SamplingOptions {
  /**
   * Probabilities to the power 1 / temperature: below 1 more predictable, above 1 more surprising; 0 takes the most probable id.
   * Default null: 1 where `topK` or `topP` is given.
   */
  temperature?: number;
  /** Draws among the k most probable ids (Fan et al. 2018). Default null: all. */
  topK?: number;
  /** Draws among the most probable ids that together have this probability (Holtzman et al. 2020). Default null: all. */
  topP?: number;
  /** The log-probability of ids already seen times this: above 1 makes them rarer (after Keskar et al. 2019). Default 1. */
  repetitionPenalty?: number;
  /** The same seed draws the same ids. Default 1. */
  seed?: number;
  /** Ids that are never generated. Default: none. */
  banned?: readonly number[];
}

/** Chooses ids one after the other, without allocating for each. */
export interface Sampler {
  /** An id from probabilities p [vocabulary]; it counts as seen from then on. */
  pick(p: Float32Array): number;
  /** The id has been there: the repetition penalty applies to it. */
  see(id: number): void;
}

export const idList: Field<readonly number[]> = {
  otherwise: [],
  expected: "a list of ids",
  fits: (v) => Array.isArray(v) && v.every((id) => Number.isInteger(id) && id >= 0),
};

const fields = {
  temperature: orNull(from0(1)),
  topK: orNull(wholeFrom(1)(40)),
  topP: orNull(from0to1(0.9)),
  repetitionPenalty: above0(1),
  seed: wholeFrom(0)(1),
  banned: idList,
};

/**
 * A sampler over ids 0 to vocabulary − 1. Of equals the lower id comes first. Throws DataError for options out of range.
 *
 *   const { pick } = sampler(283, { temperature: 0.8, topK: 40, seed: 7 });
 */
export function sampler(vocabulary: number, options: SamplingOptions = {}): Sampler {
  const { temperature, topK, topP, repetitionPenalty, seed, banned } = readOptions("generate", options, fields);
  checkBanned("generate", banned, vocabulary);
  const greedy = temperature === 0 || (temperature === null && topK === null && topP === null);
  const power = 1 / (temperature || 1);
  const random = new Random(seed, 3_000_003);
  const allowed = new Uint8Array(vocabulary).fill(1);
  for (const id of banned) allowed[id] = 0;
  const seen = new Uint8Array(vocabulary);
  const weights = new Float64Array(vocabulary);
  const order = new Int32Array(vocabulary);

  /** Fills `weights`, and finds the largest. */
  const weigh = (p: Float32Array): number => {
    let best = -1;
    for (let id = 0; id < vocabulary; id++) {
      if (!allowed[id]) continue;
      weights[id] = seen[id] && repetitionPenalty !== 1 ? p[id] ** repetitionPenalty : p[id];
      if (best < 0 || weights[id] > weights[best]) best = id;
    }
    return best;
  };
  const pick = (p: Float32Array): number => {
    const best = weigh(p);
    if (greedy || weights[best] === 0) return best;
    const scale = 1 / weights[best]; // the largest becomes 1, so that no power takes all of them to 0
    if (power !== 1) for (let id = 0; id < vocabulary; id++) weights[id] = (weights[id] * scale) ** power;
    const count = topK === null ? allOf(weights, order, topP) : largest(weights, Math.min(topK, vocabulary), order);
    return draw(weights, order, topP === null ? count : nucleus(weights, order, count, topP), random.uniform());
  };
  const see = (id: number) => {
    seen[id] = 1; // beyond the vocabulary: nothing
  };
  return {
    see,
    pick: (p) => {
      const id = pick(p);
      see(id);
      return id;
    },
  };
}

/** Throws DataError where nothing is left to say. */
export function checkBanned(who: string, banned: readonly number[], vocabulary: number): void {
  if (new Set(banned.filter((id) => id < vocabulary)).size < vocabulary) return;
  throw new DataError(problem(who, "an id that is not banned", "all banned", "Ban fewer."));
}

/** Puts the ids that may be drawn into `order`, in falling order of weight where topP needs it; returns their number. */
function allOf(weights: Float64Array, order: Int32Array, topP: number | null): number {
  let all = 0;
  for (const w of weights) all += w;
  // What is below this sums to less than 1 − topP of all: the others hold topP, and there are few of them to sort.
  const least = topP === null ? 0 : ((1 - topP) * all) / weights.length;
  let count = 0;
  for (let id = 0; id < weights.length; id++) if (weights[id] > 0 && weights[id] >= least) order[count++] = id;
  if (topP !== null) order.subarray(0, count).sort((a, b) => weights[b] - weights[a] || a - b);
  return count;
}

/** Puts the ids of the `most` largest weights into `order`, in falling order. */
export function largest(weights: ArrayLike<number>, most: number, order: Int32Array): number {
  let count = 0;
  for (let id = 0; id < weights.length; id++) {
    const w = weights[id];
    if (!(w > 0) || (count === most && w <= weights[order[count - 1]])) continue;
    let at = count < most ? count++ : count - 1;
    for (; at > 0 && weights[order[at - 1]] < w; at--) order[at] = order[at - 1];
    order[at] = id;
  }
  return count;
}

/** Number of leading ids among the first `count` whose weights add up to a fraction topP of the total. */
function nucleus(weights: Float64Array, order: Int32Array, count: number, topP: number): number {
  let all = 0;
  for (const w of weights) all += w;
  let sum = 0;
  for (let k = 0; k < count; k++) {
    sum += weights[order[k]];
    if (sum >= topP * all) return k + 1;
  }
  return count;
}

/** One of the first `count` ids by their weights; `u` in [0, 1). */
function draw(weights: Float64Array, order: Int32Array, count: number, u: number): number {
  let all = 0;
  for (let k = 0; k < count; k++) all += weights[order[k]];
  let left = u * all;
  for (let k = 0; k < count; k++) {
    left -= weights[order[k]];
    if (left < 0) return order[k];
  }
  return order[count - 1]; // rounding left something over
}
