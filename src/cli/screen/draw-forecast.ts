import type { ForecastResult, NdArray } from "../../index.ts";
import { plotForecast } from "../../plot/index.ts";

interface Drawn {
  /** The series, oldest row first. */
  rows: readonly (readonly number[])[];
  /** The row at which the forecast begins. */
  from: number;
  /** The column of the first target, and its name. */
  column: number;
  name: string | undefined;
  /** The dates of the rows. */
  dates: readonly string[] | null;
}

/**
 * A forecast of the first target over what happened, as the text of an SVG file. What lies long before and after is left out, so
 * that the few forecast steps can be seen.
 */
export function drawForecast(
  { rows, from, column, name, dates }: Drawn,
  { values, low, high, dates: later }: Pick<ForecastResult, "values" | "low" | "high" | "dates">,
): Promise<string> {
  const around = Math.max(60, 5 * values.shape[0]); // steps
  const actual = rows.slice(0, from + around).map((row, t) => (t < from - around ? Number.NaN : row[column]));
  const known = dates?.slice(0, actual.length) ?? [];
  const axis = [...known, ...(later?.slice(known.length - from) ?? [])];
  return plotForecast(
    {
      actual,
      from,
      forecast: firstOf(values),
      low: low ? firstOf(low) : undefined,
      high: high ? firstOf(high) : undefined,
      dates: axis.length >= from + values.shape[0] ? axis : undefined,
    },
    { yLabel: name },
  );
}

/** The first column of [steps, targets]. */
const firstOf = (a: NdArray): number[] => (a.toArray() as number[][]).map((row) => row[0]);
