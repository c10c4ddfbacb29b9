import type { Backtest } from "./backtest-setup.ts";
import { isCollection } from "./train-collection.ts";
import type { BacktestCommandOptions } from "./train-options.ts";

/** Reads files and options of `cellstate backtest`, here or in a worker. */
export async function readBacktest(
  files: readonly string[],
  o: BacktestCommandOptions,
  say: (line: string) => void,
): Promise<Backtest> {
  if (isCollection(o)) return (await import("./backtest-collection.ts")).collectionBacktest(files, o, say);
  return (await import("./backtest-series.ts")).seriesBacktest(files, o, say);
}
