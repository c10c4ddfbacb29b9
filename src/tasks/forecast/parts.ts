import { DataError, invalidOption, option, problem, sentence } from "../../errors.ts";
import { lost } from "./differences.ts";
import { naiveError } from "./errors.ts";
import { chosenFor, type readForecaster } from "./options.ts";
import type { SeriesStep } from "./seasons/calendar-seasons.ts";
import { cutRows, type Series } from "./series.ts";

/** A series as the model works on it: its logarithm where that is requested. */
export function levelsOf(series: Series, who: string, logarithm: boolean): Series {
  if (!logarithm) return series;
  const values = series.values.map((column, k) => {
    const row = column.findIndex((v) => v <= 0);
    if (row < 0) return column.map(Math.log);
    const next = sentence`Train with ${option("logarithm", false)}, or add a constant to the series.`;
    throw new DataError(
      invalidOption(who, "logarithm", `numbers above 0 in row ${row}, column ${k}`, `${column[row]}`, next),
    );
  });
  return { rows: series.rows, values };
}

/** The seasonal-naive error of the training split, which forecasts are measured by. */
export function scaleOf(training: Float64Array, season: number): number {
  if (training.length > season) return naiveError(training, season);
  const next = "Give a longer series, or a shorter season; 1 for none.";
  throw new DataError(problem("forecaster.fit", `more than one season of ${season} rows`, `${training.length}`, next));
}

/** Rows that are kept after the training split. */
export const keptFor = (rows: number, horizon: number, fraction: number | null): number =>
  fraction === null ? Math.max(horizon, Math.round(0.15 * rows)) : Math.round(fraction * rows);

/** The end of the training split, the number of rows held out after it, and the defaults derived from the rows before it. */
export function partsOf(
  all: Series,
  read: ReturnType<typeof readForecaster>,
  targets: readonly number[],
  fraction: number | null,
  step: SeriesStep | null = null,
) {
  const { horizon } = read;
  const asked = keptFor(all.rows, horizon, fraction);
  const fits = (kept: number) => {
    if (all.rows - kept < 4) return null;
    const chosen = chosenFor(cutRows(all, 0, all.rows - kept), targets, read, step);
    const windows = all.rows - kept - chosen.window - lost(chosen.differences) - horizon + 1;
    return { training: all.rows - kept, kept, windows, ...chosen };
  };
  if (fraction !== null && asked > 0 && asked < horizon) {
    const next = `Give a fraction of at least ${(horizon / all.rows).toFixed(2)}, or 0.`;
    throw new DataError(problem("forecaster.fit", `a validation split of ${horizon} rows or more`, `${asked}`, next));
  }
  const found = fits(asked);
  if (fraction !== null && asked > 0 && found === null) {
    const next = "Give a smaller fraction.";
    throw new DataError(
      invalidOption(
        "forecaster.fit",
        "validationSplit",
        "a fraction that leaves 4 rows or more to train on",
        `${fraction}`,
        next,
      ),
    );
  }
  if (found && (fraction !== null || found.windows >= 2)) return found;
  const whole = fits(0);
  return whole ?? tooShort("forecaster.fit", all.rows, 4);
}

/** One column in the units of the series. */
export function series1(all: Series, k: number, logarithm: boolean): Float64Array {
  return logarithm ? all.values[k].map(Math.exp) : all.values[k];
}

/** Throws DataError for a series of too few rows. */
export function tooShort(
  who: string,
  rows: number,
  least: number,
  next = "Give a longer series, or a shorter window, horizon or season.",
): never {
  throw new DataError(problem(who, `a series of at least ${least} rows`, `${rows}`, next));
}
