import { counted, DataError, option, problem, sentence } from "../../errors.ts";
import { type Calendar, dateText, stepText, timeAfter } from "./calendar.ts";
import { clocksMoved, type TimedRows, zoneHint } from "./in-order.ts";

/** Treatment of missing rows and values: an error, left out, the one before, the one after, or the straight line between both. */
export type Missing = (typeof missingWays)[number];
export const missingWays = ["error", "drop", "ffill", "bfill", "interpolate"] as const;

/**
 * A row for each step of the calendar; values of those that were missing are NaN. Without `missing`, weekdays that lack a row
 * among business days are holidays, any other gap an error; with `"drop"` rows follow each other as they are.
 */
export function onEveryStep(
  found: TimedRows,
  calendar: Calendar,
  places: Float64Array,
  missing: Missing | undefined,
  place: (row: number) => string,
  hint: string,
): { times: Float64Array; rows: readonly (readonly number[])[]; note: string | null } {
  const { times, rows, from } = found;
  const all = places[places.length - 1] + 1;
  const absent = all - times.length;
  if (absent === 0) return { times, rows, note: null };
  const gaps = [...places.keys()].filter((t) => t > 0 && places[t] > places[t - 1] + 1);
  const [after] = gaps;
  const first = dateText(calendar, timeAfter(calendar, times[after - 1], 1));
  const what = `${counted(absent, "row")} missing in ${counted(gaps.length, "gap")}, the first ${first}`;
  if (missing === undefined && calendar.unit === "business day")
    return {
      ...{ times, rows },
      note: `${counted(absent, "weekday")} without a row, the first ${first}: taken as holidays; where days of the week differ, fill them (ffill)`,
    };
  if (missing === undefined || missing === "error") {
    const missed = gaps.map((t) => timeAfter(calendar, times[t - 1], 1));
    const zone = calendar.zone === null && absent === gaps.length && clocksMoved(missed) ? zoneHint("forward") : "";
    const next = sentence`Choose how to fill them: ${option("missing", "interpolate")}, ffill or bfill; ${option("missing", "drop")} ignores the gaps.${zone}${hint}`;
    const received = `${dateText(calendar, times[after])}; ${what}`;
    throw new DataError(problem(place(from[after]), `${first}, as rows come ${stepText(calendar)}`, received, next));
  }
  if (missing === "drop") return { times, rows, note: `${what}: the others follow each other as they are` };
  const most = 10 * times.length + 1000;
  if (all > most) {
    const widest = gaps.reduce((a, b) => (places[b] - places[b - 1] > places[a] - places[a - 1] ? b : a));
    const received = `${what}, the widest before ${dateText(calendar, times[widest])}`;
    const next = sentence`Look at that date; ${option("missing", "drop")} ignores the gaps.`;
    throw new DataError(problem(place(from[widest]), `at most ${most} rows with the missing ones`, received, next));
  }
  const rowAt = new Map(Array.from(places, (at, t) => [at, t]));
  const none = rows[0].map(() => Number.NaN);
  const grid = Array.from({ length: all }, (_, at) => rowAt.get(at));
  return {
    times: Float64Array.from(grid, (t, at) => (t === undefined ? timeAfter(calendar, times[0], at) : times[t])),
    rows: grid.map((t) => (t === undefined ? none : rows[t])),
    note: `${what}: filled (${missing})`,
  };
}

/** Missing values filled by column, those at the ends left; a list of numbers for each row. */
export function filled(rows: readonly (readonly number[])[], missing: Missing): readonly (readonly number[])[] {
  if (missing === "error" || missing === "drop") return rows;
  const columns = rows[0].map((_, k) =>
    fill(
      rows.map((row) => row[k]),
      missing,
    ),
  );
  return rows.map((_, t) => columns.map((column) => column[t]));
}

function fill(values: readonly number[], missing: Missing): readonly number[] {
  const T = values.length;
  const before = new Int32Array(T).fill(-1); // the row of the last value up to each
  const after = new Int32Array(T).fill(T);
  for (let t = 0; t < T; t++) before[t] = Number.isNaN(values[t]) ? (before[t - 1] ?? -1) : t;
  for (let t = T - 1; t >= 0; t--) after[t] = Number.isNaN(values[t]) ? (after[t + 1] ?? T) : t;
  return values.map((value, t) => {
    if (!Number.isNaN(value)) return value;
    const [a, b] = [before[t], after[t]];
    if (missing === "ffill") return values[a] ?? Number.NaN;
    if (missing === "bfill") return values[b] ?? Number.NaN;
    return a < 0 || b >= T ? Number.NaN : values[a] + ((values[b] - values[a]) * (t - a)) / (b - a);
  });
}
