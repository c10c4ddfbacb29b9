import { DataError, problem } from "../../errors.ts";
import { orNull, readOptions, wholeFrom } from "../../train/options.ts";

/** Computes a fold somewhere, by its number from 1 on; it ends when the signal aborts. */
export type FoldRunner<Fold> = (fold: number, asked: { readonly signal: AbortSignal }) => Promise<Fold>;

/** Where the folds of a backtest are computed, and which. */
export interface FoldOptions<Fold> {
  /** Called when a fold is done, with its number from 1 on and the number of folds. Default: none. */
  onFold?: (fold: Fold, number: number, folds: number) => void;
  /** Number of the one fold to compute, from 1 on: the report is of it alone. Default null: all folds. */
  only?: number | null;
  /**
   * Computes folds elsewhere, as `only` would: other processes, other machines. All are asked for at once; what is returned is the same. Default:
   * here, one after the other.
   */
  runner?: FoldRunner<Fold>;
}

/** The folds of a backtest, oldest first: here one after the other, or where the runner has them computed. */
export async function eachFold<Fold>(
  who: string,
  count: number,
  { onFold, only, runner, signal }: FoldOptions<Fold> & { signal?: AbortSignal | undefined },
  here: (k: number) => Promise<Fold>,
): Promise<Fold[]> {
  const one = readOptions(who, { only }, { only: orNull(wholeFrom(1)(1)) }).only;
  if (one !== null && one > count) throw new DataError(problem(who, `only: at most ${count}, the folds`, `${one}`));
  const numbers = one === null ? Array.from({ length: count }, (_, k) => k) : [one - 1];
  const done = async (k: number, fold: Fold) => {
    onFold?.(fold, k + 1, count);
    return fold;
  };
  if (!runner) {
    const folds: Fold[] = [];
    for (const k of numbers) folds.push(await done(k, await here(k)));
    return folds;
  }
  const stop = new AbortController(); // when one fails, all end
  const onAbort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    return await Promise.all(numbers.map(async (k) => done(k, await runner(k + 1, { signal: stop.signal }))));
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop.abort(new Error("the backtest has ended"));
  }
}
