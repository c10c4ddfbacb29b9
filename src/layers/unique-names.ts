/**
 * Names that are all different: one that is taken gets a number, `lstm_1`, `lstm_2`, … Each number is tried once, so that
 * thousands of one name cost no more than they are.
 *
 *   const names = new UniqueNames(["lstm"]);
 *   names.of("lstm"); // "lstm_1"
 */
export class UniqueNames {
  readonly #used: Set<string>;
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.#used = new Set(taken);
  }

  has(name: string): boolean {
    return this.#used.has(name);
  }

  /** Takes the name `wanted`, or the first free one of `base` with a number. */
  of(wanted: string, base = wanted): string {
    let name = wanted;
    if (this.#used.has(name)) {
      let k = this.#next.get(base) ?? 1;
      while (this.#used.has(`${base}_${k}`)) k++;
      name = `${base}_${k}`;
      this.#next.set(base, k + 1);
    }
    this.#used.add(name);
    return name;
  }
}
