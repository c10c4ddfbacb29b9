import { counted } from "../../../errors.ts";
import { flag, readOptions, wholeFrom } from "../../../train/options.ts";
import { eachFold, type FoldOptions } from "../folds.ts";
import type { GlobalFitOptions } from "./fit-options.ts";
import type { SeriesRecord } from "./record.ts";
import { type CollectionErrors, type CollectionReport, methodTable, type SeriesMethod } from "./report.ts";

export interface GlobalBacktestOptions extends FoldOptions<GlobalBacktestFold> {
  /** Number of folds, `horizon` steps apart; the last one ends with each series. Default 3. */
  folds?: number;
  /** `false`: the network of the first fold forecasts all of them. Default true: one is trained for each. */
  refit?: boolean;
}

/** One fold of a backtest of many series. */
export interface GlobalBacktestFold {
  /** Values at the end of each series that the training of this fold's network did not see. */
  readonly unseen: number;
  /** Errors of the forecasts of `horizon` steps that this fold ends with. */
  readonly report: CollectionReport;
}

/** Errors over all folds of a backtest of many series. */
export interface GlobalBacktestReport {
  /** By method the mean of the folds' errors; a median is the mean of theirs. */
  readonly methods: CollectionReport["methods"];
  /** Oldest first. */
  readonly folds: readonly GlobalBacktestFold[];
  /** A table to read. */
  toString(): string;
}

/** The forecaster trained in each fold. */
interface Trained {
  fit(series: readonly SeriesRecord[], options: GlobalFitOptions): Promise<unknown>;
  evaluate(series: readonly SeriesRecord[], options: { signal?: AbortSignal | undefined }): Promise<CollectionReport>;
}

/** Trains on series without their last values and evaluates on the steps after, again and again nearer to their ends. */
export async function backtestSeries(
  series: readonly SeriesRecord[],
  horizon: number,
  options: GlobalBacktestOptions & GlobalFitOptions,
  make: () => Trained,
): Promise<GlobalBacktestReport> {
  const { folds: asked, refit: again, onFold, only, runner, ...fit } = options;
  const who = "globalForecaster.backtest";
  const fields = { folds: wholeFrom(1)(3), refit: flag(true) };
  const { folds: count, refit } = readOptions(who, { folds: asked, refit: again }, fields);
  let last: { task: Trained; unseen: number } | null = null;
  const folds = await eachFold(who, count, { onFold, only, runner, signal: fit.signal }, async (k) => {
    const ahead = (count - k) * horizon;
    if (last === null || refit) {
      const [task, unseen] = [make(), refit ? ahead : count * horizon];
      await task.fit(shortened(series, unseen), { holdOut: false, ...fit });
      last = { task, unseen };
    }
    const report = await last.task.evaluate(shortened(series, ahead - horizon), { signal: fit.signal });
    return { unseen: last.unseen, report };
  });
  const methods = together(folds.map(({ report }) => report.methods));
  const title = `${counted(folds.length, "fold")}, ${counted(horizon, "step")} of ${series.length} series`;
  return { methods, folds, toString: () => methodTable(title, methods) };
}

/** By method and error the mean over folds. */
function together(all: readonly CollectionReport["methods"][]): CollectionReport["methods"] {
  const mean = (of: (methods: CollectionReport["methods"]) => number) =>
    all.reduce((sum, m) => sum + of(m), 0) / all.length;
  const names = Object.keys(all[0]) as SeriesMethod[];
  const errors = ["smape", "medianSmape", "mase", "medianMase", "owa"] as const;
  const of = (name: SeriesMethod): unknown =>
    Object.fromEntries(errors.map((error) => [error, mean((m) => m[name][error])]));
  return Object.fromEntries(names.map((name) => [name, of(name) as CollectionErrors])) as CollectionReport["methods"];
}

/** Series without their last values; known columns reach on. One that has none left is left out. */
function shortened(series: readonly SeriesRecord[], rows: number): SeriesRecord[] {
  return series.flatMap((record) => {
    const T = record.values.length - rows;
    if (T < 1) return [];
    const cut = (list: ArrayLike<number>) => Array.prototype.slice.call(list, 0, T) as number[];
    const past =
      record.past && Object.fromEntries(Object.entries(record.past).map(([name, list]) => [name, cut(list)]));
    const dates = record.dates?.slice(0, T) ?? null;
    return [{ ...record, values: cut(record.values), dates, ...(past ? { past } : {}) }];
  });
}
