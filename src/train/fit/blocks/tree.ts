import type { Layout, Stretch } from "../../../backends/ranks.ts";

/** Blocks of consecutive rows: [from, to) of each. The last may be short; there are fewer where rows are. */
export function cutRows(rows: number, blocks: number): Stretch[] {
  const size = Math.max(1, Math.ceil(rows / blocks));
  return Array.from({ length: Math.ceil(rows / size) }, (_, k) => [k * size, Math.min(rows, (k + 1) * size)] as const);
}

/**
 * The nodes of the tree of sums that each rank computes by itself. The tree halves the blocks, filled up to a power of two: its
 * node of `size` blocks from `from` is the sum of that of the lower half and that of the upper, as far as there are blocks. Ranks
 * have consecutive blocks, as many as the others or one more.
 */
export function layoutOf(blocks: number, ranks: number): Layout {
  const bound = (rank: number) => Math.floor((rank * blocks) / ranks);
  return Array.from({ length: ranks }, (_, rank) => nodesOf(bound(rank), bound(rank + 1), blocks));
}

/** The largest nodes that the blocks from `from` to before `to` are made of. */
function nodesOf(from: number, to: number, blocks: number): Stretch[] {
  const nodes: Stretch[] = [];
  for (let at = from; at < to; ) {
    let size = 1;
    while (at % (2 * size) === 0 && size < blocks && Math.min(at + 2 * size, blocks) <= to) size *= 2;
    const end = Math.min(at + size, blocks);
    nodes.push([at, end]);
    at = end;
  }
  return nodes;
}

/** Sums over the blocks of a tree, the last of them in one place: `put` sets it aside, `add` adds what was set aside last. */
interface Stack {
  put(): void;
  add(): void;
}

/** The sum over a node's blocks, in the order of the tree; `compute` leaves those of one block in the stack's place. */
export async function sumOver(
  [from, to]: Stretch,
  stack: Stack,
  compute: (block: number) => Promise<void>,
): Promise<void> {
  if (to - from === 1) return compute(from);
  let half = 1;
  while (2 * half < to - from) half *= 2;
  await sumOver([from, from + half], stack, compute);
  stack.put();
  await sumOver([from + half, to], stack, compute);
  stack.add();
}
