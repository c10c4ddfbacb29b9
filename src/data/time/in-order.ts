import { counted, DataError, option, problem, sentence, type Words } from "../../errors.ts";
import { civilOf, clockOf, hourLength } from "./civil.ts";

/** Treatment of rows of one date: an error, the last of them, or their mean. */
export type Duplicates = (typeof duplicateWays)[number];
export const duplicateWays = ["error", "last", "mean"] as const;

/** Rows of numbers and their times. */
export interface TimedRows {
  /** Milliseconds. */
  readonly times: Float64Array;
  /** A list of numbers for each row; NaN where there is none. */
  readonly rows: readonly (readonly number[])[];
  /** The row of the table that each is from. */
  readonly from: readonly number[];
}

/** Rows in order of time, and in a line what was done to them; a hint where a date that is out of order may be wrong. */
export function inTimeOrder(
  { times, rows, from }: TimedRows,
  place: (row: number) => string,
): TimedRows & { note: string | null; hint: string } {
  const rises = times.every((time, t) => t === 0 || time >= times[t - 1]);
  if (rises) return { times, rows, from, note: null, hint: "" };
  const falls = times.every((time, t) => t === 0 || time <= times[t - 1]);
  const order = [...times.keys()].sort((a, b) => times[a] - times[b] || a - b);
  const first = times.findIndex((time, t) => t > 0 && time < times[t - 1]);
  const note = falls
    ? "rows are newest first: sorted, oldest first"
    : `rows are not in order of time (the first earlier than the one before: ${place(from[first])}): sorted, oldest first`;
  return {
    times: Float64Array.from(order, (t) => times[t]),
    rows: order.map((t) => rows[t]),
    from: order.map((t) => from[t]),
    note,
    hint: falls ? "" : ` Look at ${place(from[first])}: its date is earlier than that of the row before.`,
  };
}

/** One row for each time. Throws DataError naming the first that comes again, unless another treatment is asked for. */
export function withoutDuplicates(
  { times, rows, from }: TimedRows,
  how: Duplicates,
  place: (row: number) => string,
  dateOf: (time: number) => string,
): TimedRows & { note: string | null } {
  const starts = [...times.keys()].filter((t) => t === 0 || times[t] !== times[t - 1]);
  const extra = times.length - starts.length;
  if (extra === 0) return { times, rows, from, note: null };
  const again = times.findIndex((time, t) => t > 0 && time === times[t - 1]);
  if (how === "error") {
    const next = sentence`Choose which counts: ${option("duplicates", "last")}, or ${option("duplicates", "mean")}.${hint(times, starts)}`;
    const received = `${dateOf(times[again])} again, as on ${place(from[again - 1])}; ${counted(extra, "row")} in all`;
    throw new DataError(problem(place(from[again]), "a date that no other row has", received, next));
  }
  const groups = starts.map((start, k) => rows.slice(start, starts[k + 1] ?? times.length));
  const of = (group: readonly (readonly number[])[]) => (how === "last" ? group[group.length - 1] : meanOf(group));
  return {
    times: Float64Array.from(starts, (t) => times[t]),
    rows: groups.map((group) => (group.length === 1 ? group[0] : of(group))),
    from: starts.map((start, k) => (how === "last" ? from[(starts[k + 1] ?? times.length) - 1] : from[start])),
    note: `${counted(extra, "row")} with the date of another, the first ${dateOf(times[again])} (${place(from[again])}): ${how === "last" ? "the last of each date is used" : "their mean is used"}`,
  };
}

/** By column, over the numbers there are. */
const meanOf = (group: readonly (readonly number[])[]): number[] =>
  group[0].map((_, k) => {
    const values = group.map((row) => row[k]).filter((v) => !Number.isNaN(v));
    return values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;
  });

/** Why dates may come again: several series in one file, or the hour that clocks repeat in autumn. */
function hint(times: Float64Array, starts: readonly number[]): Words {
  const sizes = starts.map((start, k) => (starts[k + 1] ?? times.length) - start);
  if (starts.length > 1 && sizes.every((size) => size === sizes[0]))
    return sentence` The file may hold several series: name the column that tells them apart, ${option("series")}, or give the rows of one.`;
  const repeated = starts.filter((_, k) => sizes[k] > 1).map((start) => times[start]);
  return clocksMoved(repeated) ? zoneHint("back") : "";
}

/** Whether each of these times is one at which clocks are moved somewhere. */
export const clocksMoved = (times: readonly number[]): boolean =>
  times.length > 0 &&
  times.every(
    (time) => clockOf(time) > 0 && clockOf(time) < 4 * hourLength && [3, 4, 9, 10, 11].includes(civilOf(time).month),
  );

/** The option for hours that come twice, or not at all, because clocks were moved. */
export const zoneHint = (way: "back" | "forward"): Words =>
  sentence` If clocks were turned ${way} then: ${option("timeZone", "Europe/Berlin")}, or where they stand.`;
