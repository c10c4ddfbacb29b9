import type { Backend } from "../../backends/backend.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Parameters } from "../parameters.ts";

/**
 * Number of rows of a batch computed at a time, so that the event loop gets its turn, and a signal is observed, before the batch
 * is done. Powers of two from 2 on: plain TypeScript computes rows in pairs, and a row's bits are to be those of the whole batch.
 */
export class Pace {
  #rows: number;
  readonly #longest: number; // seconds

  /** `longest`: how many seconds a group of rows should take at most; `expected`: how many a row will take, roughly. */
  constructor(longest: number, expected: number) {
    this.#longest = longest;
    this.#rows = powerOfTwo(longest / Math.max(expected, 1e-9));
  }

  /** For a batch of a number of rows. */
  rowsOf(batch: number): number {
    return Math.min(batch, this.#rows);
  }

  /** Does a group's work, and lets the next be larger or smaller by what it took. */
  async group<T>(rows: number, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const done = await work();
    const seconds = (performance.now() - begun) / 1000;
    const fitting = powerOfTwo((this.#longest * rows) / Math.max(seconds, 1e-9));
    // Each size is a program of its own: not changed for little.
    if (seconds > 1.5 * this.#longest || fitting >= 8 * this.#rows) this.#rows = fitting;
    return done;
  }
}

const powerOfTwo = (rows: number): number => 2 ** Math.min(20, Math.max(1, Math.floor(Math.log2(rows))));

/** Seconds that a group should take where it holds up the event loop, and where it only holds up a signal. */
const blocking = 0.02;
const watching = 0.04;

/**
 * Splits the work on these inputs; null where there is no need: the backend computes beside the event loop and no other may
 * interrupt it, or the rows of a batch are not to be parted.
 */
export function paceOf(
  backend: Backend,
  inputs: readonly NdArray[],
  store: Parameters,
  { signal, whole }: { signal?: AbortSignal; whole: boolean },
): Pace | null {
  if (whole || !(backend.blocks || signal)) return null;
  return new Pace(backend.blocks ? blocking : watching, arithmetic(inputs, store) / rates[backend.name]);
}

/** Of one part of a program that holds up the event loop: multiplications. */
export const partOf = (backend: Backend): number => blocking * rates[backend.name];

/** Multiplications and additions of a second, carefully: what is too small a group soon grows. */
const rates: Readonly<Record<string, number>> = { js: 4e8, wasm: 2e9, native: 2e10 };

/** Of a row, roughly: every matrix once a step. */
function arithmetic(inputs: readonly NdArray[], { list }: Parameters): number {
  const steps = Math.max(
    ...inputs.map(({ shape, dtype }) => sizeOf(dtype === "i32" ? shape.slice(1) : shape.slice(1, -1))),
  );
  const words = list.reduce(
    (n, { name, shape }) => n + (shape.length > 1 && name !== "embeddings" ? sizeOf(shape) : 0),
    0,
  );
  return 2 * words * steps;
}
