import type { ForecastResult, NdArray, SeriesForecasts } from "../index.ts";

/** A forecast as JSON: values, bounds and baselines by step and target. */
export function forecastAnswer(found: ForecastResult, targets: readonly string[]): Record<string, unknown> {
  const { dates, values, low, high, baselines, warnings } = found;
  const plain = (a: NdArray | null) => a?.toArray() ?? null;
  const simple = Object.fromEntries(Object.entries(baselines).map(([name, a]) => [name, plain(a)]));
  return { targets, dates, values: plain(values), low: plain(low), high: plain(high), baselines: simple, warnings };
}

/** Forecasts of many series as JSON. */
export const collectionAnswer = (found: SeriesForecasts): Record<string, unknown>[] =>
  found.map(({ id, dates, values, low, high }) => ({
    ...{ id, dates, values: Array.from(values) },
    ...(low && high ? { low: Array.from(low), high: Array.from(high) } : {}),
  }));
