import { Random } from "../../tensor/random.ts";

/** The part of a task's examples that is held out for validation, drawn by the seed from those that may be: `fraction` of `all`, never all of them. */
export function heldOutOf<T>(mayBe: readonly T[], all: number, fraction: number, seed: number): Set<T> {
  const order = new Random(seed, 2_000_003).shuffle(Int32Array.from(mayBe.keys()));
  const count = Math.min(all - 1, Math.round(all * fraction));
  return new Set(Array.from(order.subarray(0, count), (k) => mayBe[k]));
}
