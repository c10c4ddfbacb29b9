/** Places for so many at once; the others wait, first come first served. */
export class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** A place; the function that it resolves to gives it back. Rejects with the reason of a signal that was aborted meanwhile. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((given) => this.#waiting.push(given));
    let taken = true;
    const leave = () => {
      if (taken) this.#leave();
      taken = false;
    };
    if (signal.aborted) leave();
    signal.throwIfAborted();
    return leave;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
