import { counted } from "../../../errors.ts";
import { textTable } from "../../../train/text-table.ts";
import { naiveForecast, seasonalNaiveForecast } from "../baselines.ts";
import { deseasonalize } from "../classical/deseasonalize.ts";
import { type IntervalReport, intervalText, standardError } from "../coverage.ts";
import { coverageOf, intervalScore, rootMeanSquaredError, symmetricMape } from "../errors.ts";
import { median } from "./choices.ts";
import { localForecast } from "./shrinkage.ts";
import { meanChange, type View } from "./view.ts";

/** Names of the methods in a report. */
export type SeriesMethod = "forecast" | "naive" | "seasonalNaive" | "theta";

/** Errors of the forecasts of one series. */
export interface SeriesErrors {
  /** Root mean squared error and mean absolute error, in units of the series. */
  readonly rmse: number;
  /** Mean absolute error, in units of the series. */
  readonly mae: number;
  /** Percent, 0 to 200. */
  readonly smape: number;
  /** Mean absolute error over the mean change over a season, in the history of each forecast. */
  readonly mase: number;
  /** Overall weighted average (M4): the mean of sMAPE and MASE, each over that of Naive2. */
  readonly owa: number;
}

/** A series with its forecasts, what happened, and the errors by method. */
export interface SeriesReport {
  /** Of the series. */
  readonly id: string;
  /** Values of the series. */
  readonly rows: number;
  /** Forecasts one after the other, oldest first: origins · horizon numbers. */
  readonly forecast: Float64Array;
  /** Values of those steps. */
  readonly actual: Float64Array;
  /** By method, over all its forecasts. */
  readonly errors: Readonly<Record<SeriesMethod, SeriesErrors>>;
}

/** Mean and median of the errors of all series. */
export interface CollectionErrors {
  /** Mean over series, percent from 0 to 200. */
  readonly smape: number;
  /** Median over series. */
  readonly medianSmape: number;
  /** Mean over series. */
  readonly mase: number;
  /** Median over series. */
  readonly medianMase: number;
  /** Of the means, as M4 has it. */
  readonly owa: number;
}

/** Errors of a collection's forecasts, and of the baselines. */
export interface CollectionReport {
  /** Forecasts of each series, at most. */
  readonly origins: number;
  /** Steps of each forecast. */
  readonly horizon: number;
  /** Steps of the season that MASE and Naive2 are made with. */
  readonly period: number;
  /** By method. */
  readonly methods: Readonly<Record<SeriesMethod, CollectionErrors>>;
  /** In the order given. */
  readonly series: readonly SeriesReport[];
  /** Of the prediction intervals, over all forecasts of all series; null: there are none. */
  readonly intervals: IntervalReport | null;
  /** A table to read. */
  toString(): string;
}

/** One forecast of a series, and what happened. */
export interface Judged {
  readonly history: Float64Array;
  readonly actual: Float64Array;
  readonly forecast: Float64Array;
  readonly bounds?: { readonly low: Float64Array; readonly high: Float64Array } | null;
}

const methods: readonly SeriesMethod[] = ["forecast", "naive", "seasonalNaive", "theta"];

/** The report on one series, by all its forecasts. */
export function seriesReport(view: View, id: string, rows: number, judged: readonly Judged[], period: number) {
  const { horizon, seasons, base } = view;
  const season = base > 1 ? base : (seasons[0] ?? 1);
  const by = {
    forecast: (one: Judged) => one.forecast,
    naive: ({ history }: Judged) => naiveForecast(history, horizon),
    seasonalNaive: ({ history }: Judged) => seasonalNaiveForecast(history, horizon, season),
    theta: ({ history }: Judged) => localForecast(view, history),
  };
  const naive2 = judged.map(({ history, actual }) => {
    const { values, restore } = deseasonalize(history, period);
    return plainErrors(actual, restore(naiveForecast(values, horizon)), meanChange(history, period));
  });
  const [smape2, mase2] = [mean(naive2.map((e) => e.smape)), mean(naive2.map((e) => e.mase))];
  const errors = Object.fromEntries(
    methods.map((name) => {
      const all = judged.map((one) => plainErrors(one.actual, by[name](one), meanChange(one.history, period)));
      const of = (key: "rmse" | "mae" | "smape" | "mase") => mean(all.map((e) => e[key]));
      const [smape, mase] = [of("smape"), of("mase")];
      const rmse = Math.sqrt(mean(all.map((e) => e.rmse ** 2)));
      return [name, { rmse, mae: of("mae"), smape, mase, owa: (over(smape, smape2) + over(mase, mase2)) / 2 }];
    }),
  ) as Record<SeriesMethod, SeriesErrors>;
  const report: SeriesReport = {
    id,
    rows,
    forecast: joined(judged.map((one) => one.forecast)),
    actual: joined(judged.map((one) => one.actual)),
    errors,
  };
  return { report, naive2: { smape: smape2, mase: mase2 }, judged };
}

/** The report on all series. */
export function collectionReport(
  view: View,
  found: readonly ReturnType<typeof seriesReport>[],
  origins: number,
  period: number,
  asked: number | null = null,
): CollectionReport {
  const series = found.map(({ report }) => report);
  const [smape2, mase2] = [mean(found.map((f) => f.naive2.smape)), mean(found.map((f) => f.naive2.mase))];
  const each = Object.fromEntries(
    methods.map((name) => {
      const of = (key: "smape" | "mase") => series.map(({ errors }) => errors[name][key]);
      const [smape, mase] = [mean(of("smape")), mean(of("mase"))];
      const owa = (over(smape, smape2) + over(mase, mase2)) / 2;
      return [name, { smape, medianSmape: median(of("smape")), mase, medianMase: median(of("mase")), owa }];
    }),
  ) as Record<SeriesMethod, CollectionErrors>;
  const intervals =
    asked === null
      ? null
      : intervalsOf(
          found.flatMap(({ judged }) => judged),
          asked,
          period,
        );
  const report = { origins, horizon: view.horizon, period, methods: each, series, intervals };
  return { ...report, toString: () => show(report) };
}

/** Coverage and mean scaled interval score over forecasts, each scaled by the mean change over a season in its history. */
function intervalsOf(judged: readonly Judged[], asked: number, period: number): IntervalReport | null {
  const some = judged.filter(({ bounds }) => bounds);
  if (some.length === 0) return null;
  const inside = some.map(({ actual, bounds }) => coverageOf(actual, bounds!.low, bounds!.high));
  const scores = some.map(({ actual, bounds, history }) =>
    over(intervalScore(actual, bounds!.low, bounds!.high, asked), meanChange(history, period)),
  );
  return { measured: mean(inside), asked, standardError: standardError(inside, 1), msis: mean(scores) };
}

function plainErrors(actual: Float64Array, forecast: ArrayLike<number>, change: number) {
  const values = Float64Array.from(forecast);
  const mae = actual.reduce((sum, v, h) => sum + Math.abs(v - values[h]), 0) / actual.length;
  return {
    rmse: rootMeanSquaredError(actual, values),
    mae,
    smape: symmetricMape(actual, values),
    mase: over(mae, change),
  };
}

/** A ratio; 0 of nothing by nothing, and 1 of something by nothing: a constant series has no scale of its own. */
const over = (a: number, b: number): number => (b > 0 ? a / b : a === 0 ? 0 : 1);
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const words: Readonly<Record<SeriesMethod, string>> = {
  forecast: "forecast",
  naive: "naive",
  seasonalNaive: "seasonal naive",
  theta: "theta",
};

function show({ methods: each, series, horizon, origins, intervals }: Omit<CollectionReport, "toString">): string {
  const title = `${series.length} series, ${counted(origins, "forecast")} of ${counted(horizon, "step")}`;
  const table = [methodTable(title, each), ...(intervals ? [intervalText(intervals)] : [])].join("\n");
  return [table, ...(series.length > 5 ? [extremes(series)] : [])].join("\n\n");
}

/** A row of errors for each method. */
export function methodTable(title: string, each: CollectionReport["methods"]): string {
  const rows = methods.map((name) => {
    const { smape, medianSmape, mase, medianMase, owa } = each[name];
    return [
      words[name],
      `${smape.toFixed(2)} %`,
      `${medianSmape.toFixed(2)} %`,
      mase.toFixed(3),
      medianMase.toFixed(3),
      owa.toFixed(3),
    ];
  });
  return textTable([title, "sMAPE", "median", "MASE", "median", "OWA"], rows);
}

/** The series with the largest and the smallest errors. */
function extremes(series: readonly SeriesReport[]): string {
  const sorted = [...series].sort((a, b) => b.errors.forecast.mase - a.errors.forecast.mase);
  const line = ({ id, rows, errors: { forecast, naive } }: SeriesReport) => [
    id,
    `${rows}`,
    `${forecast.smape.toFixed(1)} %`,
    forecast.mase.toFixed(2),
    naive.mase.toFixed(2),
  ];
  const shown = Math.min(3, series.length >> 1);
  const head = ["largest and smallest MASE", "values", "sMAPE", "MASE", "naive's"];
  return textTable(head, [...sorted.slice(0, shown), ...sorted.slice(-shown)].map(line));
}
