import { rollingOrigin } from "../../data/splits.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { baselineNames } from "./baselines.ts";
import { type ForecastErrors, type ForecastReport, reportOf } from "./report.ts";
import { cutRows, rowsOf, type Series } from "./series.ts";

export interface BacktestOptions {
  /** Number of folds: each trains and tests once. Default 3. */
  folds?: number;
  /** Rows tested in each. Default: rows / (folds + 1), rounded down. */
  testRows?: number;
  /** Rows between two origins of a test. Default 1. */
  stride?: number;
}

/** Errors over all folds of a backtest. */
export interface BacktestReport {
  /** Over all folds, each weighted by its origins. */
  readonly report: ForecastReport;
  /** Oldest first; `trained` rows came before `from`. */
  readonly folds: readonly {
    readonly trained: number;
    readonly from: number;
    readonly to: number;
    readonly report: ForecastReport;
  }[];
}

/** The forecaster trained in each fold. */
interface Trained {
  fit(series: NdArray, options: object): Promise<unknown>;
  evaluate(series: NdArray, options: { from: number; stride: number }): Promise<ForecastReport>;
}

/** Trains on ever more of a series and evaluates each on what follows. */
export async function backtest(
  all: Series,
  horizon: number,
  options: BacktestOptions & { dates?: readonly string[] | null },
  make: () => Trained,
): Promise<BacktestReport> {
  const { folds: asked, testRows, stride, dates, ...fit } = options ?? {};
  const read = readOptions(
    "forecaster.backtest",
    { folds: asked, testRows, stride },
    {
      folds: wholeFrom(1)(3),
      testRows: orNull(wholeFrom(horizon)(horizon)),
      stride: wholeFrom(1)(1),
    },
  );
  const folds = [];
  for (const { train, test } of rollingOrigin(all.rows, { folds: read.folds, testRows: read.testRows ?? undefined })) {
    const one = make();
    await one.fit(rowsOf(cutRows(all, 0, train.end).values), {
      ...fit,
      ...(dates && { dates: dates.slice(0, train.end) }),
    });
    const report = await one.evaluate(rowsOf(cutRows(all, 0, test.end).values), {
      from: test.start,
      stride: read.stride,
    });
    folds.push({ trained: train.end, from: test.start, to: test.end, report });
  }
  return { report: together(folds.map((fold) => fold.report)), folds };
}

function together(reports: readonly ForecastReport[]): ForecastReport {
  const origins = reports.reduce((n, r) => n + r.origins, 0);
  const mean = (of: (r: ForecastReport) => number) => reports.reduce((sum, r) => sum + of(r) * r.origins, 0) / origins;
  const errors = (of: (r: ForecastReport) => ForecastErrors): ForecastErrors => ({
    rmse: Math.sqrt(mean((r) => of(r).rmse ** 2)),
    mae: mean((r) => of(r).mae),
    mase: mean((r) => of(r).mase),
    smape: mean((r) => of(r).smape),
  });
  const [{ horizon, season, targets, coverage }] = reports;
  const baselines = (of: (r: ForecastReport) => ForecastReport["baselines"]) =>
    Object.fromEntries(baselineNames.map((name) => [name, errors((r) => of(r)[name])])) as ForecastReport["baselines"];
  return reportOf({
    origins,
    horizon,
    season,
    forecast: errors((r) => r.forecast),
    baselines: baselines((r) => r.baselines),
    withoutNetwork: reports.every((r) => r.withoutNetwork) ? errors((r) => r.withoutNetwork!) : null,
    targets: targets.map(({ name }, k) => ({
      name,
      forecast: errors((r) => r.targets[k].forecast),
      baselines: baselines((r) => r.targets[k].baselines),
    })),
    coverage: coverage && { measured: mean((r) => r.coverage!.measured), asked: coverage.asked },
  });
}
