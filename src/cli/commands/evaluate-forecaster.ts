import { DataError, problem } from "../../errors.ts";
import type { Forecaster, NdArray } from "../../index.ts";
import { ofItsColumns, readingOf, readSeries, type SeriesOptions } from "../readers/read-series.ts";
import { told } from "../readers/read-text-file.ts";
import { drawForecast } from "../screen/draw-forecast.ts";
import { type Common, notes, type Screen } from "../screen/screen.ts";
import { writeChart } from "../screen/write-result.ts";

interface Options extends Common, SeriesOptions {
  columns?: string[];
  /** A row, or a date. */
  from?: string;
  chart?: string;
}

/** The errors of forecasts on the rows of a file from one on, beside the baselines'. */
export async function evaluateForecaster(
  task: Forecaster,
  files: readonly string[],
  o: Options,
  screen: Screen,
): Promise<void> {
  const say = notes(o, screen);
  const columns = o.columns ?? task.learned.names ?? undefined;
  const { series, dates } = await readSeries(files, columns, { ...readingOf(task.options, o), say });
  const { bundled, window, rows } = task.learned;
  const from = o.from === undefined ? undefined : rowOf(o.from, dates);
  if (bundled && from === undefined)
    say(`the rows it was trained on are not known: all from row ${window} on are forecast; --from ROW begins later`);
  const held = from === undefined && !bundled ? heldOutFrom(task, series.shape[0]) : null;
  if (held !== null)
    say(
      `too few rows after the ${rows} of training: errors on the rows that training held out to choose by, so better than on new ones; backtest has errors on rows that no training saw`,
    );
  const first = from ?? held ?? (bundled ? window : rows);
  if (dates?.[first]) say(`forecasts begin at row ${first}, ${dates[first]}`);
  const chosen = from ?? held;
  const report = await ofItsColumns(() =>
    told("forecaster.evaluate", files.join(", "), () =>
      task.evaluate(series, { ...(chosen === null ? {} : { from: chosen }), dates }),
    ),
  );
  if (o.chart) await writeChart(o.chart, await forecastPlot(task, series, dates, chosen));
  if (o.json) return screen.out(`${JSON.stringify(report)}\n`);
  const { rmse, mase } = report.forecast;
  screen.out(o.quiet ? `RMSE ${Number(rmse.toPrecision(4))}, MASE ${mase.toFixed(3)}\n` : `${report}\n`);
}

/** The first row held out in training, for a file of the rows of training, with less than a horizon after them; null for others. */
function heldOutFrom({ learned: { rows, horizon }, report }: Forecaster, length: number): number | null {
  if (report === null || length < rows || length >= rows + horizon) return null;
  return rows - horizon + 1 - report.origins;
}

/** The row that an option names: its number, or the first one of a date or after it. */
export function rowOf(from: string, dates: readonly string[] | null, flag = "--from"): number {
  if (/^\d+$/.test(from) && Number(from) > 0) return Number(from);
  const row = /^\d{4}-[\dWQ][\d:.TWQ+Z-]*$/.test(from) ? (dates?.findIndex((date) => date >= from) ?? -1) : -1;
  if (row > 0) return row;
  const range = dates ? `, or a date after ${dates[0]} up to ${dates[dates.length - 1]}` : "";
  throw new DataError(problem(flag, `a row above 0${range}`, JSON.stringify(from)));
}

/** The forecast of the first target from one row on, over what happened there. */
async function forecastPlot(
  task: Forecaster,
  series: NdArray,
  dates: readonly string[] | null,
  asked: number | null,
): Promise<string> {
  const { horizon, rows, targets, names } = task.learned;
  const all = series.toArray() as number[][];
  const from = Math.min(asked ?? rows, all.length - horizon);
  const drawn = { rows: all, from, column: targets[0], name: names?.[targets[0]], dates };
  return drawForecast(drawn, await task.predict(all.slice(0, from)));
}
