/**
 * Counter-based random numbers: a draw depends only on (seed, step, stream, element), never on what was drawn before,
 * so every backend, any number of threads and a resumed run give the same bits. Philox 2x32 with 10 rounds
 * (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): counter (element, step), key seed ⊕ stream.
 *
 *   randomBits(seed, step, stream, element);       // uint32
 *   uniform(randomBits(1, 0, 0, 0));               // in [0, 1)
 */
export function randomBits(seed: number, step: number, stream: number, element: number): number {
  let hi = step >>> 0;
  let lo = element >>> 0;
  let key = (Math.imul(seed, 0x9e3779b9) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  for (let round = 0; round < 10; round++) {
    // The upper word of 0xd256d193 · lo, from products of halves; each sum is below 2^32.
    const [loLo, loHi] = [lo & 0xffff, lo >>> 16];
    const low = 0xd193 * loLo;
    const mid = 0xd256 * loLo + (low >>> 16);
    const mid2 = 0xd193 * loHi + (mid & 0xffff);
    const upper = 0xd256 * loHi + (mid >>> 16) + (mid2 >>> 16);
    const lower = Math.imul(0xd256d193, lo) >>> 0;
    lo = (upper ^ key ^ hi) >>> 0;
    hi = lower;
    key = (key + 0x9e3779b9) >>> 0;
  }
  return lo;
}

/** The upper 24 bits of a draw as a number in [0, 1), exact in float32. */
export function uniform(bits: number): number {
  return (bits >>> 8) * 2 ** -24;
}

/** A stream of draws for host-side work (initializers, shuffles): the counter runs on. */
export class Random {
  readonly #seed: number;
  readonly #stream: number;
  #count = 0;

  constructor(seed: number, stream = 0) {
    this.#seed = seed >>> 0;
    this.#stream = stream;
  }

  /** 32 random bits as a whole number from 0 to 2³² − 1. */
  bits(): number {
    const n = this.#count++;
    return randomBits(this.#seed, Math.floor(n / 2 ** 32), this.#stream, n >>> 0);
  }

  /** Uniform in [low, high), 24 bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * uniform(this.bits());
  }

  /** Standard normal by Box and Muller (1958). */
  normal(): number {
    const u = 1 - uniform(this.bits()); // in (0, 1]
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * uniform(this.bits()));
  }

  /** A whole number in [0, n), without bias. */
  below(n: number): number {
    const limit = Math.floor(2 ** 32 / n) * n;
    let b = this.bits();
    while (b >= limit) b = this.bits();
    return b % n;
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T extends { length: number; [i: number]: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }
}
