/** Numbers that look random, by a seed. */
export interface Drawer {
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  from<T>(list: readonly T[]): T;
}

/** A linear congruential generator (Numerical Recipes): enough to draw sentences and the order of rows. */
export function drawer(seed: number): Drawer {
  let state = seed >>> 0;
  const below = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  return { below, from: (list) => list[below(list.length)] };
}

/** The numbers from 0 to n - 1 in another order (Fisher & Yates). */
export function shuffledOrder(n: number, seed: number): number[] {
  const draw = drawer(seed);
  const order = Array.from({ length: n }, (_, k) => k);
  for (let k = n - 1; k > 0; k--) {
    const other = draw.below(k + 1);
    [order[k], order[other]] = [order[other], order[k]];
  }
  return order;
}
