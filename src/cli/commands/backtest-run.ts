import type { Command } from "commander";
import type { BacktestFold } from "../../index.ts";
import { plotForecast } from "../../plot/index.ts";
import { namedFiles } from "../readers/named-set.ts";
import { readSeries } from "../readers/read-series.ts";
import { interruptible, notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, writeChart } from "../screen/write-result.ts";
import { isCollection } from "./train-collection.ts";
import { forecasterFor } from "./train-kinds.ts";
import type { BacktestCommandOptions } from "./train-options.ts";

export async function backtest(
  paths: string[],
  o: BacktestCommandOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  await checkChart("--chart", o.chart);
  const files = await namedFiles(paths, "train", notes(o, screen));
  await checkApart(files, { "--chart": o.chart });
  const say = notes(o, screen);
  if (isCollection(o)) return (await import("./backtest-collection.ts")).backtestCollection(files, o, self, screen);
  const { series, columns, dates, reading } = await readSeries(files, o.columns, { ...o, say });
  const task = forecasterFor(o, columns, reading);
  const { epochs, batchSize, validationSplit, patience, folds, testRows, stride, refit } = o;
  const asked = { epochs, batchSize, validationSplit, patience, folds, testRows, stride };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const where = (row: number) => dates?.[row] ?? `row ${row + 1}`;
  const onFold = (fold: BacktestFold, number: number, of: number) => {
    const { forecast, baselines } = fold.report;
    const [name, best] = Object.entries(baselines).reduce((a, b) => (b[1].rmse < a[1].rmse ? b : a));
    const rows = `trained on ${fold.trained} rows, tested from ${where(fold.from)} to ${where(fold.to - 1)}`;
    say(
      `fold ${number} of ${of}: ${rows}: RMSE ${short(forecast.rmse)}; ${words[name] ?? name}: RMSE ${short(best.rmse)}`,
    );
  };
  const found = await interruptible((signal) =>
    task.backtest(series, { ...given, refit, dates, signal, verbose: 0, onFold }),
  );
  if (o.chart) await writeChart(o.chart, await chart(found.folds));
  screen.out(o.json ? `${JSON.stringify({ ...found, folds: found.folds.map(plain) })}\n` : `${found.report}\n`);

  /** Forecasts of the first target over the rows from the first test on, and as many before. */
  function chart(parts: readonly BacktestFold[]): Promise<string> {
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
}

const words: Record<string, string> = { seasonalNaive: "seasonal naive" };
const short = (v: number): string => String(Number(v.toPrecision(4)));
const plain = (fold: BacktestFold) => ({ ...fold, forecast: fold.forecast.toArray() });
