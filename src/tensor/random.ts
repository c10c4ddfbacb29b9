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
    const [productHi, productLo] = multiply32(0xd256d193, lo);
    lo = (productHi ^ key ^ hi) >>> 0;
    hi = productLo;
    key = (key + 0x9e3779b9) >>> 0;
  }
  return lo;
}

/** The upper 24 bits of a draw as a number in [0, 1), exact in float32. */
export function uniform(bits: number): number {
  return (bits >>> 8) * 2 ** -24;
}

/** High and low words of a 32 × 32 bit product. */
function multiply32(a: number, b: number): [number, number] {
  const aLo = a & 0xffff;
  const aHi = a >>> 16;
  const bLo = b & 0xffff;
  const bHi = b >>> 16;
  const low = aLo * bLo;
  const mid = aHi * bLo + (low >>> 16); // < 2^32 + 2^16, exact
  const mid2 = aLo * bHi + (mid % 65536);
  const hi = aHi * bHi + Math.floor(mid / 65536) + Math.floor(mid2 / 65536);
  return [hi >>> 0, Math.imul(a, b) >>> 0];
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
