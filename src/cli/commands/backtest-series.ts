import { type BacktestFold, type BacktestOptions, type ForecasterFitOptions, NdArray } from "../../index.ts";
import { plotForecast } from "../../plot/index.ts";
import { type ReadSeries, readSeries } from "../readers/read-series.ts";
import { told } from "../readers/read-text-file.ts";
import { type Backtest, foldLine } from "./backtest-setup.ts";
import { given } from "./given-options.ts";
import { forecasterFor } from "./train-kinds.ts";
import type { BacktestCommandOptions } from "./train-options.ts";

type PlainFold = Omit<BacktestFold, "forecast"> & { readonly forecast: number[][] };

/** A backtest of a forecaster of one series. */
export async function seriesBacktest(
  files: readonly string[],
  o: BacktestCommandOptions,
  say: (line: string) => void,
): Promise<Backtest<PlainFold>> {
  const read = await readSeries(files, o.columns, { ...o, toTrain: true, say });
  const { series, columns, dates, reading } = read;
  const task = forecasterFor(o, columns, reading, say);
  const fit = given(o, "epochs", "batchSize", "validationSplit", "patience");
  const { folds, testRows, stride, refit } = o;
  const parts = Object.fromEntries(Object.entries({ folds, testRows, stride }).filter(([, v]) => v !== undefined));
  const where = (row: number) => dates?.[row] ?? `row ${row + 1}`;
  return {
    async run({ runner, onFold, ...more }) {
      const options: BacktestOptions & ForecasterFitOptions = {
        ...{ ...fit, ...parts, ...more, refit, dates, verbose: 0 },
        onFold: (fold, number, of) => onFold?.(plainFold(fold), lineOf(fold, number, of, where), number),
        ...(runner ? { runner: async (fold, asked) => foldFrom(await runner(fold, asked)) } : {}),
      };
      const named = files.join(", ");
      const found = await told("rollingOrigin", named, () =>
        told("forecaster.fit", named, () => task.backtest(series, options)),
      );
      return {
        text: String(found.report),
        json: { ...found, folds: found.folds.map(plainFold) },
        chart: () => chartOf(read, o, found.folds),
      };
    },
  };
}

const plainFold = (fold: BacktestFold): PlainFold => ({ ...fold, forecast: fold.forecast.toArray() as number[][] });

function foldFrom({ forecast, ...fold }: PlainFold): BacktestFold {
  const width = forecast[0]?.length ?? 0;
  return { ...fold, forecast: new NdArray(Float64Array.from(forecast.flat()), [forecast.length, width]) };
}

function lineOf(fold: BacktestFold, number: number, of: number, where: (row: number) => string): string {
  const { forecast, baselines } = fold.report;
  const [name, best] = Object.entries(baselines).reduce((a, b) => (b[1].rmse < a[1].rmse ? b : a));
  const rows = `trained on ${fold.trained} rows, tested from ${where(fold.from)} to ${where(fold.to - 1)}`;
  const figures = `RMSE ${short(forecast.rmse)}; ${words[name] ?? name}: RMSE ${short(best.rmse)}`;
  return foldLine(number, of, `${rows}: ${figures}`);
}

/** Forecasts of the first target over the rows from the first test on, and as many before. */
function chartOf({ series, columns, dates }: ReadSeries, o: BacktestCommandOptions, parts: readonly BacktestFold[]) {
  const first = parts[0].from;
  const last = parts.at(-1)!.to;
  const from = Math.max(0, first - (last - first));
  const column = o.targets ? Math.max(0, columns.indexOf(o.targets[0])) : 0;
  const values = (series.toArray() as number[][]).map((row) => row[column]);
  const forecast = Array.from({ length: last - first }, () => Number.NaN);
  for (const fold of parts)
    (fold.forecast.toArray() as number[][]).forEach(([v], t) => {
      forecast[fold.from - first + t] = v;
    });
  return plotForecast(
    { actual: values.slice(from, last), forecast, from: first - from, dates: dates?.slice(from, last) },
    { title: `Backtest, ${parts.length} folds`, yLabel: columns[column] },
  );
}

const words: Record<string, string> = { seasonalNaive: "seasonal naive" };
const short = (v: number): string => String(Number(v.toPrecision(4)));
