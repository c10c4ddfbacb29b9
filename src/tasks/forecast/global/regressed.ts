import { LeastSquares } from "../../../tensor/least-squares.ts";
import { localForecasts } from "../candidates/local-forecasts.ts";
import type { Seen, View } from "./view.ts";

/** Methods that forecast what a regression on a series' own known columns leaves over. */
export const regressedMethods = { regressedTheta: "theta", regressedEts: "ets" } as const;
/** See `regressedMethods`. */
export type RegressedMethod = keyof typeof regressedMethods;

/** Rows that a series is read back. */
export const mostRegressed = 2000;
const penalty = 0.001; // of the mean square of the columns' changes
const rowsPerColumn = 5; // at least

/** Whether there are columns for it: those of the calendar repeat with the season, which theta and exponential smoothing read themselves. */
export const hasOwnColumns = ({ known, holidays }: View): boolean => known.length + holidays > 0;

/**
 * The steps after a row as levels: by theta or exponential smoothing what a linear regression of one series on its known columns and holidays leaves,
 * and the regression's part of those steps. It is fitted to changes over a season, so that neither season nor a wandering level is laid to a column
 * (regression with differenced errors, Box & Jenkins 1970).
 */
export async function regressedForecast(
  { horizon }: Pick<View, "horizon">,
  name: RegressedMethod,
  season: number,
  seen: Pick<Seen, "levels" | "known" | "holidays">,
  at: number,
): Promise<Float64Array> {
  const from = Math.max(0, at - mostRegressed);
  const columns = [...seen.known, ...seen.holidays];
  const weights = changesBy(columns, seen.levels, from, at, at - from > 2 * season + columns.length ? season : 1);
  const part = (t: number) => columns.reduce((sum, column, k) => sum + weights[k] * column[t], 0);
  const left = Float64Array.from(seen.levels.subarray(from, at), (v, t) => v - part(from + t));
  const method = { name: regressedMethods[name], season };
  const forecast = await localForecasts(method, left, [left.length], horizon, left.length);
  return forecast.map((v, h) => v + part(at + h));
}

/** By column the change of the levels that goes with a change by one, in the rows from `from` to before `at`; 0 where there are too few rows to tell. */
function changesBy(
  columns: readonly Float64Array[],
  levels: Float64Array,
  from: number,
  at: number,
  lag: number,
): ArrayLike<number> {
  if (at - from - lag < rowsPerColumn * columns.length) return new Float64Array(columns.length);
  const squares = new LeastSquares(columns.length, 1);
  for (let t = from + lag; t < at; t++) {
    const changes = columns.map((column) => column[t] - column[t - lag]);
    squares.add(changes, [levels[t] - levels[t - lag]]);
  }
  return squares.solve(penalty)[0];
}
