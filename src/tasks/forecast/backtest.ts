import { rollingOrigin } from "../../data/splits.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { flag, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { baselineNames } from "./baselines.ts";
import { eachFold, type FoldOptions, type FoldRunner } from "./folds.ts";
import { intervalsTogether } from "./intervals-together.ts";
import { type ForecastErrors, type ForecastReport, reportOf } from "./report.ts";
import { cutRows, rowsOf, type Series } from "./series.ts";

export interface BacktestOptions extends FoldOptions<BacktestFold> {
  /** Number of folds: each trains and tests once. Default 3. */
  folds?: number;
  /** Rows tested in each. Default: rows / (folds + 1), rounded down. */
  testRows?: number;
  /** Rows between two origins of a test. Default 1. */
  stride?: number;
  /** `false`: the forecaster of the first fold forecasts all of them. Default true. */
  refit?: boolean;
}

/** One fold of a backtest. */
export interface BacktestFold {
  /** Rows trained on. */
  readonly trained: number;
  /** The first row that was tested. */
  readonly from: number;
  /** The row after the last that was tested. */
  readonly to: number;
  /** Errors on those rows. */
  readonly report: ForecastReport;
  /** Forecasts of those rows one after the other, each whole horizon from the rows before it: [steps, targets] from row `from` on. */
  readonly forecast: NdArray;
}

/** Errors over all folds of a backtest. */
export interface BacktestReport {
  /** Over all folds, each weighted by its origins. */
  readonly report: ForecastReport;
  /** Oldest first. */
  readonly folds: readonly BacktestFold[];
}

/** The forecaster trained in each fold. */
interface Trained {
  fit(series: NdArray, options: object): Promise<unknown>;
  /** Errors at every `stride`-th row from a row on, and the forecasts of those rows one after the other [origins, horizon, targets]. */
  tested(series: NdArray, from: number, stride: number): Promise<{ report: ForecastReport; values: NdArray }>;
}

/** Trains on ever more of a series and evaluates each on what follows. */
export async function backtest(
  all: Series,
  horizon: number,
  options: BacktestOptions & { dates?: readonly string[] | null; signal?: AbortSignal | undefined },
  make: () => Trained,
): Promise<BacktestReport> {
  const { folds: count, testRows, stride, refit, onFold, only, runner, dates, ...fit } = options ?? {};
  const who = "forecaster.backtest";
  const read = readOptions(
    who,
    { folds: count, testRows, stride, refit },
    {
      folds: wholeFrom(1)(3),
      testRows: orNull(wholeFrom(horizon)(horizon)),
      stride: wholeFrom(1)(1),
      refit: flag(true),
    },
  );
  const parts = rollingOrigin(all.rows, { folds: read.folds, testRows: read.testRows ?? undefined });
  const fitted = async (trained: number) => {
    const one = make();
    const soFar = dates && { dates: dates.slice(0, trained) };
    await one.fit(rowsOf(cutRows(all, 0, trained).values), { ...fit, ...soFar });
    return { one, trained };
  };
  let last: Awaited<ReturnType<typeof fitted>> | null = null;
  const asked: FoldOptions<BacktestFold> = { onFold, only, ...(runner ? { runner: told(runner) } : {}) };
  const done = await eachFold(who, parts.length, { ...asked, signal: fit.signal }, async (k) => {
    const { train, test } = parts[k];
    last = last === null || read.refit ? await fitted(read.refit ? train.end : parts[0].train.end) : last;
    const { one, trained } = last;
    const series = rowsOf(cutRows(all, 0, test.end).values);
    const { report, values } = await one.tested(series, test.start, read.stride);
    const forecast = values.reshape([values.shape[0] * values.shape[1], values.shape[2]]);
    return { trained, from: test.start, to: test.end, report, forecast };
  });
  return { report: together(done.map((fold) => fold.report)), folds: done };
}

/** Reports from elsewhere are plain data: they get their text again. */
const told =
  (runner: FoldRunner<BacktestFold>): FoldRunner<BacktestFold> =>
  async (k, how) => {
    const fold = await runner(k, how);
    return { ...fold, report: reportOf(fold.report) };
  };

function together(reports: readonly ForecastReport[]): ForecastReport {
  const origins = reports.reduce((n, r) => n + r.origins, 0);
  const mean = (of: (r: ForecastReport) => number) => reports.reduce((sum, r) => sum + of(r) * r.origins, 0) / origins;
  const errors = (of: (r: ForecastReport) => ForecastErrors): ForecastErrors => ({
    rmse: Math.sqrt(mean((r) => of(r).rmse ** 2)),
    mae: mean((r) => of(r).mae),
    mase: mean((r) => of(r).mase),
    smape: mean((r) => of(r).smape),
  });
  const [{ horizon, targets, coverage }] = reports;
  const { season, methods } = reports[reports.length - 1]; // found in the most rows
  const seasons = reports.map((r) => r.season);
  const differ = seasons.some((s) => s !== season);
  const baselines = (of: (r: ForecastReport) => ForecastReport["baselines"]) =>
    Object.fromEntries(baselineNames.map((name) => [name, errors((r) => of(r)[name])])) as ForecastReport["baselines"];
  const all = {
    origins,
    horizon,
    season,
    methods,
    forecast: errors((r) => r.forecast),
    baselines: baselines((r) => r.baselines),
    withoutNetwork: reports.every((r) => r.withoutNetwork) ? errors((r) => r.withoutNetwork!) : null,
    targets: targets.map(({ name }, k) => ({
      name,
      forecast: errors((r) => r.targets[k].forecast),
      baselines: baselines((r) => r.targets[k].baselines),
    })),
    coverage:
      coverage &&
      intervalsTogether(
        reports.map((r) => r.coverage!),
        reports.map((r) => r.origins),
      ),
  };
  return reportOf(
    all,
    differ
      ? [`The folds have different seasons (${seasons.join(", ")} steps): "seasonal naive" repeats each fold's own.`]
      : [],
    [...new Set(seasons)],
  );
}
