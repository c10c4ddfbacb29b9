import { DataError, problem } from "../errors.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import { braillePanels } from "./braille-panel.ts";
import { plotLines } from "./lines.ts";
import type { Terminal } from "./terminal.ts";

/** A series and its forecast; all in the units of the data, after the scaler's `inverse`. */
export interface Forecast {
  /** The true values, step by step, [T] or [T, 1]; NaN where it is not known. */
  actual: ArrayLike;
  /** The forecast, [F] or [F, 1]. */
  forecast: ArrayLike;
  /** The step of `actual` at which the forecast begins; absent: right after its end. 0 lays one over the other. */
  from?: number;
  /** The bounds of a prediction interval around each step of the forecast, [F] or [F, 1]. */
  low?: ArrayLike;
  /** Upper bounds of the prediction interval, as many as the forecast has steps. */
  high?: ArrayLike;
  /** The date of each step of `actual`, and of those of the forecast after its end; the axis has dates then. */
  dates?: readonly string[] | undefined;
}

export interface ForecastOptions {
  /** Title of the plot. Default "Forecast and actual". */
  title?: string;
  /** Label of the horizontal axis. Default "Step", with dates "Date". */
  xLabel?: string;
  /** Label of the vertical axis. Default "Value". */
  yLabel?: string;
}

/**
 * A forecast and the true values, as the text of an SVG file: actual as a line, the forecast dashed, its interval a band.
 *
 *   const svg = await plotForecast({ actual: series, forecast: scaler.inverse(await model.predict(x)), from: 120 });
 */
export async function plotForecast(
  forecast: Forecast,
  options: ForecastOptions & { width?: number; height?: number } = {},
): Promise<string> {
  const { actual, predicted, low, high } = onOneAxis(forecast, "plotForecast");
  const { title = "Forecast and actual", yLabel = "Value", width = 760, height = 380 } = options;
  const { xLabel = forecast.dates ? "Date" : "Step" } = options;
  const series = [
    { name: "actual", y: actual },
    { name: low === undefined ? "forecast" : "forecast and its interval", y: predicted, dashed: true, low, high },
  ].map(({ y, ...rest }) => withoutEnds(y, rest));
  return plotLines([{ title, xLabel, yLabel, series, xDates: forecast.dates }], {
    panelWidth: width,
    panelHeight: height,
  });
}

/**
 * A forecast and the true values, drawn with braille dots for a terminal: actual solid, forecast dashed.
 *
 *   console.log(forecastChart({ actual: series, forecast: predicted, from: 120 }, terminal()));
 */
export function forecastChart(forecast: Forecast, options: ForecastOptions & Partial<Terminal> = {}): string {
  const { actual, predicted, from } = onOneAxis(forecast, "forecastChart");
  const { dates } = forecast;
  const { title = "Forecast and actual", xLabel = dates ? "date" : "step", columns = 80, color = false } = options;
  const length = Math.max(actual.length, predicted.length);
  const padded = (values: readonly number[]) => Array.from({ length }, (_, t) => values[t] ?? Number.NaN);
  const curves = [
    { name: "actual", values: padded(actual), dashed: false },
    { name: "forecast", values: padded(predicted), dashed: true },
  ];
  const at = (step: number) => dates?.[step - 1] ?? String(step);
  const xEnds = [at(1), length === 1 ? "" : at(length)] as const;
  const xMark = from > 0 ? { fraction: from / Math.max(1, length - 1), text: `${at(from + 1)} forecast` } : undefined;
  return braillePanels([{ title, curves, xLabel, xEnds, xMark }], Math.max(40, columns), color);
}

/** Everything as lists over the steps of `actual`, NaN before the forecast begins. */
function onOneAxis(forecast: Forecast, who: string) {
  const actual = listOf(forecast.actual, "actual", who);
  const predicted = listOf(forecast.forecast, "forecast", who);
  if (predicted.length === 0 || actual.length === 0) {
    throw new DataError(problem(who, "at least one step of actual and forecast", "none"));
  }
  const from = forecast.from ?? actual.length;
  if (!(Number.isInteger(from) && from >= 0 && from <= actual.length)) {
    throw new DataError(problem(who, `from to be a whole number up to ${actual.length}`, String(from)));
  }
  const interval = [forecast.low, forecast.high].map((end, i) =>
    end === undefined ? undefined : listOf(end, ["low", "high"][i], who),
  );
  if (interval.some((end) => (end?.length ?? 0) !== (interval[0] === undefined ? 0 : predicted.length))) {
    const received = interval.map((end) => end?.length ?? "none").join(" and ");
    throw new DataError(problem(who, `low and high of ${predicted.length} steps, or neither`, received));
  }
  const steps = Math.max(actual.length, from + predicted.length);
  if (forecast.dates && forecast.dates.length < steps) {
    const next = "Give the dates of the forecast too: those that follow the dates of the series.";
    throw new DataError(problem(who, `a date for each of ${steps} steps`, `${forecast.dates.length}`, next));
  }
  const later = (values: readonly number[]) => [...new Array<number>(from).fill(Number.NaN), ...values];
  const [low, high] = interval.map((end) => end && later(end));
  return { actual, predicted: later(predicted), low, high, from };
}

/** A curve from its first number on, so that what lies before a forecast does not count as missing. */
function withoutEnds<T extends { low?: readonly number[]; high?: readonly number[] }>(y: readonly number[], rest: T) {
  const start = Math.max(
    0,
    y.findIndex((value) => !Number.isNaN(value)),
  );
  const cut = (values?: readonly number[]) => values?.slice(start);
  const x = y.slice(start).map((_, t) => start + t + 1);
  return { ...rest, y: y.slice(start), x, low: cut(rest.low), high: cut(rest.high) };
}

function listOf(values: ArrayLike, what: string, who: string): number[] {
  const array = asNdArray(values, { who: `${who}: ${what}` });
  if (array.rank === 1 || (array.rank === 2 && array.shape[1] === 1)) return Array.from(array.data);
  const next = "Plot one feature at a time.";
  throw new DataError(problem(who, `${what} [T] or [T, 1]`, `rank ${array.rank}, ${array.size} numbers`, next));
}
