import { DataError, problem } from "../../../errors.ts";
import type { ArrayLikeNumbers } from "../series.ts";

/** The rows of a history in double precision. Throws DataError for one that is no number, and for a horizon or season that is no whole number of steps. */
export function historyOf(who: string, history: ArrayLikeNumbers, horizon: number, season: number): Float64Array {
  for (const [name, steps, least] of [
    ["horizon", horizon, 0],
    ["season", season, 1],
  ] as const)
    if (!Number.isInteger(steps) || steps < least)
      throw new DataError(
        problem(who, `${name}: a whole number of steps, ${least} or more`, `${steps}`, "A season of 1 is none."),
      );
  const rows = Float64Array.from(history);
  const gap = rows.findIndex((v) => !Number.isFinite(v));
  if (gap < 0) return rows;
  const next = 'Fill gaps first: timeSeries(table, { missing: "interpolate" }) of cellstate/data does.';
  throw new DataError(problem(who, `a number in row ${gap}`, `${rows[gap]}`, next));
}
