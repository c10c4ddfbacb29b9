import { FormatError, problem } from "../errors.ts";

/** Bytes that what is read from a file of this size may take: an honest one stays far below, a crafted one ends there. */
export const memoryFor = (fileBytes: number, times = 16): number => 2 ** 26 + times * fileBytes;

/** Steps of searching that a file of this size may cost: a second or so, whatever stands in it. */
export const workFor = (fileBytes: number): number => 2 ** 24 + 64 * fileBytes;

/**
 * Counts what a reader is about to hold, or to do, against what the size of its file allows; beyond it throws FormatError.
 *
 *   const memory = new Budget("model.onnx", memoryFor(bytes.length), "bytes of numbers");
 *   memory.take(8 * size, "node 3 (Add)");
 */
export class Budget {
  readonly limit: number;
  readonly #who: string;
  readonly #what: string;
  readonly #next: string;
  #left: number;

  constructor(who: string, limit: number, what: string, next = "No library writes this: do not trust this file.") {
    this.limit = limit;
    this.#who = who;
    this.#what = what;
    this.#next = next;
    this.#left = limit;
  }

  /** Bytes taken so far. */
  get taken(): number {
    return this.limit - this.#left;
  }

  take(count: number, place = ""): void {
    this.#left -= count;
    if (this.#left >= 0) return;
    const where = place === "" ? this.#who : `${this.#who}, ${place}`;
    throw new FormatError(problem(where, `at most ${this.limit} ${this.#what}`, "more", this.#next));
  }
}
