import type { Layout, Parallel, Ranks } from "../../src/backends/ranks.ts";

/** A world of ranks in one process, which meet in every call: what MPI does, without MPI. */
export function worldOf(size: number): Parallel[] {
  let waiting: { rank: number; value: unknown; done: (all: unknown[]) => void }[] = [];
  const meet = <T>(rank: number, value: T): Promise<T[]> =>
    new Promise((resolve) => {
      waiting.push({ rank, value, done: resolve as (all: unknown[]) => void });
      if (waiting.length < size) return;
      const all = [...waiting].sort((a, b) => a.rank - b.rank);
      waiting = [];
      for (const { done } of all) done(all.map(({ value }) => value));
    });
  return Array.from({ length: size }, (_, rank) => ({
    start: async (): Promise<Ranks> => ({
      rank,
      size,
      description: "in one process",
      sum: async (pieces, layout) => sumOf((await meet(rank, pieces)).flat(), layout),
      gather: (bytes) => meet(rank, bytes),
      broadcast: async (bytes) => (await meet(rank, bytes))[0],
      leave: () => {},
    }),
  }));
}

/** The pieces' sum, in the order of the tree over single blocks. */
async function sumOf(pieces: readonly Float32Array[], layout: Layout): Promise<Float32Array> {
  const nodes = layout.flat();
  const pieceOf = new Map(nodes.map(([from, to], k) => [`${from}-${to}`, pieces[k].slice()]));
  const of = async (from: number, to: number): Promise<Float32Array> => {
    const found = pieceOf.get(`${from}-${to}`);
    if (found) return found;
    let half = 1;
    while (2 * half < to - from) half *= 2;
    const [lower, upper] = [await of(from, from + half), await of(from + half, to)];
    return lower.map((value, i) => value + upper[i]);
  };
  return of(0, Math.max(...nodes.map(([, to]) => to)));
}
