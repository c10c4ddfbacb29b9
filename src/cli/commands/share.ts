import { InvalidArgumentError } from "commander";

/** The part of all files that a process has: every `of`-th from `index` on; `of` null: the one file of that number. */
export interface Share {
  readonly index: number;
  readonly of: number | null;
}

/** `--shard 2/10`. */
export function shareOf(text: string): Share {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (of === undefined || Number(index) >= Number(of))
    throw new InvalidArgumentError("Expected i/n, the i-th of n processes, from 0: 2/10, for example.");
  return { index: Number(index), of: Number(of) };
}
