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
}

/**
 * A forecast of the first target over what happened, as the text of an SVG file. What lies long before and after is left out, so
 * that the few forecast steps can be seen.
 */
export function drawForecast(
  { rows, from, column, name }: Drawn,
  { values, low, high }: Pick<ForecastResult, "values" | "low" | "high">,
): Promise<string> {
  const around = Math.max(60, 5 * values.shape[0]); // steps
  const actual = rows.slice(0, from + around).map((row, t) => (t < from - around ? Number.NaN : row[column]));
  return plotForecast(
    {
      actual,
      from,
      forecast: firstOf(values),
      low: low ? firstOf(low) : undefined,
      high: high ? firstOf(high) : undefined,
    },
    { yLabel: name },
  );
}

/** The first column of [steps, targets]. */
const firstOf = (a: NdArray): number[] => (a.toArray() as number[][]).map((row) => row[0]);
