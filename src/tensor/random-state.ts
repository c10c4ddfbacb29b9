import { DataError, problem } from "../errors.ts";

/**
 * NumPy's legacy generator, `numpy.random.RandomState(seed)`, as far as data sets shuffled by Keras and splits drawn by
 * scikit-learn need it: the same bits, the same order. Mersenne Twister MT19937 (Matsumoto & Nishimura 1998). For everything new, use `Random`.
 * `seed` is a whole number from 0 to 2^32 - 1; DataError otherwise.
 *
 *   const rng = new RandomState(113);
 *   rng.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);   // [9, 3, 6, 1, 0, 7, 4, 8, 2, 5]
 */
export class RandomState {
  readonly #key = new Uint32Array(624);
  #next = 624; // index of the next word; 624: twist first

  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new DataError(problem("seed", "a whole number from 0 to 4294967295", String(seed)));
    }
    this.#key[0] = seed;
    for (let i = 1; i < 624; i++) {
      const before = this.#key[i - 1];
      this.#key[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
  }

  /** The next 32 bits as a whole number. */
  bits(): number {
    if (this.#next === 624) this.#twist();
    let y = this.#key[this.#next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A whole number from 0 to `max`, both included: draws under the next power of two until one fits. */
  interval(max: number): number {
    if (max === 0) return 0; // without a draw
    const mask = 0xffffffff >>> Math.clz32(max);
    let value = (this.bits() & mask) >>> 0;
    while (value > max) value = (this.bits() & mask) >>> 0;
    return value;
  }

  /** Shuffles in place, from the last entry to the second, and returns the same array. */
  shuffle<A extends { readonly length: number; [index: number]: number }>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.interval(i);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }

  /** The numbers 0 to n − 1 in random order. */
  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  }

  /** A number from 0 to below 1, of 53 bits. */
  double(): number {
    const high = this.bits() >>> 5;
    return (high * 2 ** 26 + (this.bits() >>> 6)) / 2 ** 53;
  }

  #twist(): void {
    const key = this.#key;
    for (let i = 0; i < 624; i++) {
      const y = (key[i] & 0x80000000) | (key[(i + 1) % 624] & 0x7fffffff);
      key[i] = key[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
