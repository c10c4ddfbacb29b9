import type { StudioTrace } from "../../../src/studio/messages.ts";

/** Forecasts of the last months of a series, beside those that need no network. */
export interface Forecasts {
  readonly months: readonly number[];
  readonly rows: readonly { readonly name: string; readonly values: readonly number[]; readonly rmse: number }[];
}

const year = 12;

/** The errors of the last year: each month is forecast from those before it. Null for a series of less than two years. */
export function forecastErrors({ steps, outputs }: StudioTrace): Forecasts | null {
  const series = steps.map(({ text }) => Number(text));
  if (series.length < 2 * year || outputs.at !== "each" || outputs.words) return null;
  const from = series.length - year;
  const k = outputs.labels.length;
  const of = (name: string, forecast: (t: number) => number) => {
    const values = Array.from({ length: year }, (_, n) => forecast(from + n));
    const squares = values.map((value, n) => (value - series[from + n]) ** 2);
    return { name, values, rmse: Math.sqrt(squares.reduce((a, b) => a + b, 0) / year) };
  };
  return {
    months: series.slice(from),
    rows: [
      of("the network", (t) => outputs.values[(t - 1) * k]),
      of("as last month", (t) => series[t - 1]),
      of("as a year ago", (t) => series[t - year]),
      of("a year ago and the growth since", growth(series)),
    ],
  };
}

/** The same month a year ago, times what the last month is of its own a year before. */
const growth = (series: readonly number[]) => (t: number) =>
  t - 1 - year >= 0 ? (series[t - year] * series[t - 1]) / series[t - 1 - year] : series[t - year];
