import type { Random } from "../../tensor/random.ts";

/** Streams of draws: of the order of rows, and of that of groups. */
export interface GroupDraws {
  readonly rows: Random;
  readonly groups: Random;
}

/**
 * Rows in groups of `size`, those of like lengths together, so that little is padding. Rows of one length, and the groups, come in an order that is
 * drawn; without draws in their own, shorter ones first.
 */
export function groupsOfLikeLengths(lengths: readonly number[], size: number, draws: GroupDraws | null): number[][] {
  const order = Int32Array.from(lengths.keys());
  draws?.rows.shuffle(order);
  order.sort((a, b) => lengths[a] - lengths[b]); // stable: of one length as they were drawn
  const groups = Int32Array.from({ length: Math.ceil(order.length / size) }, (_, k) => k);
  draws?.groups.shuffle(groups);
  return Array.from(groups, (group) => [...order.subarray(group * size, (group + 1) * size)]);
}

/** Rows in groups of at most `most`, each of one length; shorter ones first. */
export function groupsOfOneLength(lengths: readonly number[], most: number): { length: number; rows: number[] }[] {
  return [...new Set(lengths)]
    .sort((a, b) => a - b)
    .flatMap((length) => {
      const rows = [...lengths.keys()].filter((row) => lengths[row] === length);
      return Array.from({ length: Math.ceil(rows.length / most) }, (_, k) => ({
        length,
        rows: rows.slice(k * most, (k + 1) * most),
      }));
    });
}
