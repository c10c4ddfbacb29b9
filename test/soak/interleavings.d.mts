import type * as Cellstate from "../../src/index.ts";

export function interleave(
  cellstate: typeof Cellstate,
  options: { backend: string; seed: number; until: (tried: number) => boolean },
): Promise<{ tried: number; right: number; wrong: number }>;
