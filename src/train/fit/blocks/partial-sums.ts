import type { Memory } from "../../../backends/backend.ts";

/** Sums of some blocks: what the last block left in `place`, and before it what was put aside, the last on top. */
export class PartialSums {
  readonly place: Memory;
  readonly #allocate: () => Memory;
  #aside: Memory[] = [];
  readonly #spare: Memory[] = [];

  /** `allocate` gives memories of the size of `place`. */
  constructor(place: Memory, allocate: () => Memory) {
    this.place = place;
    this.#allocate = allocate;
  }

  /** Forgets what was put aside: a sum that was broken off leaves some. */
  begin(): void {
    this.#spare.push(...this.#aside);
    this.#aside = [];
  }

  /** Puts aside what lies in `place`, which is then to be written over. */
  put(): void {
    const other = this.#spare.pop() ?? this.#allocate();
    this.#aside.push(other);
    if (this.place.exchange) this.place.exchange(other);
    else other.write(0, numbersOf(this.place));
  }

  /** Adds to `place` what was put aside last. */
  add(): void {
    const other = this.#aside.pop()!;
    this.#spare.push(other);
    if (this.place.add) this.place.add(other);
    else addNumbers(this.place, other);
  }

  /** Sums that were put aside, the first of them first, to be written over after `use`. */
  async aside<T>(use: (memories: readonly Memory[]) => Promise<T>): Promise<T> {
    const result = await use(this.#aside);
    this.begin();
    return result;
  }

  free(): void {
    for (const memory of [this.place, ...this.#aside, ...this.#spare]) memory.free();
  }
}

function addNumbers(to: Memory, from: Memory): void {
  const [sum, more] = [to, from].map(numbersOf);
  for (let i = 0; i < sum.length; i++) sum[i] += more[i]; // rounded as in float32: of one sum the double's rounding changes nothing
  to.write(0, sum);
}

/** All numbers of a memory. */
export const numbersOf = (memory: Memory): Float32Array => memory.read(0, memory.words, "f32") as Float32Array;
