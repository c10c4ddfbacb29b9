import { counted, DataError, problem } from "../../errors.ts";
import type { Model } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { sameCalendar } from "../forecast/dates.ts";
import { rowsOf, type Series } from "../forecast/series.ts";
import { windowsBefore } from "../forecast/windows.ts";
import { alarmsIn, type Detection, lasting, showDetection } from "./detection.ts";
import type { DetectorLearned } from "./learned.ts";
import { errorOf, networkFinds } from "./network-errors.ts";
import { placesIn } from "./places.ts";
import { type Expected, Scorer, Seasons, scaled } from "./scorer.ts";

/** Scores of all rows of a series, and its alarms. */
export async function detectIn(
  all: Series,
  { model, learned }: { readonly model: Model; readonly learned: DetectorLearned },
  dates: readonly string[] | null,
  threshold: number,
  signal: AbortSignal | undefined,
  who: string,
): Promise<Detection> {
  const { method, window, usual, step, smooth, names } = learned;
  const { expected, rows } = expectedIn(all, learned, dates, who);
  const found = await networkFinds(model, method, rows, window, signal);
  const scorer = new Scorer(learned);
  const scored = expected.map((row, t) => {
    const errors = usual.map(({ scale }, k) => errorOf(method, found[k][t], row.deviations[k], scale));
    return scorer.next(
      all.values.map((column) => column[t]),
      row.deviations,
      errors,
    );
  });
  const typical = usual.map((_, k) => Float64Array.from(expected, (row) => row.usual[k]));
  const alarms = alarmsIn({ values: all.values, usual: typical, scored, dates }, threshold, smooth);
  const scores = Float64Array.from(scored, ({ score }) => score);
  const first = method === "forecast" ? window : window - 1;
  const notes = all.rows > first ? [] : [`all ${counted(all.rows, "row")} are only read: scores begin after ${first}`];
  const result = { scores, threshold, alarms, usual: typical, dates, notes };
  const columns = names ?? usual.map((_, k) => String(k));
  return { ...result, toString: () => showDetection(result, columns, step, smooth) };
}

/** The window that the network reads to score the last row of a series [1, window, D]: the rows before it, or those up to it. */
export function windowAtEnd(all: Series, learned: DetectorLearned, dates: readonly string[] | null, who: string) {
  const { method, window } = learned;
  const before = method === "forecast" ? 1 : 0;
  if (all.rows < window + before) {
    const next = "Give more rows before it.";
    throw new DataError(problem(who, `at least ${window + before} rows`, `${all.rows}`, next));
  }
  const { rows } = expectedIn(all, learned, dates, who);
  return windowsBefore(rows, [all.rows - before], window);
}

/** The usual values of all rows by their seasons, and what they deviate as the network reads it [T, D]. */
function expectedIn(
  all: Series,
  learned: DetectorLearned,
  dates: readonly string[] | null,
  who: string,
): { readonly expected: readonly Expected[]; readonly rows: NdArray } {
  const { usual, calendar } = learned;
  if (dates && calendar) sameCalendar(calendar, dates, all.rows, null, who);
  const places = placesIn(learned, dates, 0, all.rows, who);
  const seasons = new Seasons(learned);
  const expected = Array.from(places, (place, t) =>
    seasons.next(
      all.values.map((column) => column[t]),
      place,
    ),
  );
  const read = usual.map(({ scale }, k) => Float64Array.from(expected, (row) => scaled(row.deviations[k], scale)));
  return { expected, rows: rowsOf(read) };
}

/** Notes on rows that were taken as normal, where alarms were found among them. */
export function notesOn({ alarms, threshold }: Detection, { rows, calendar, step }: DetectorLearned): string[] {
  const notes: string[] = [];
  if (step && !calendar)
    notes.push(`dates follow each other without a regular step: rows count as ${lasting(1, step)} apart, the median`);
  if (alarms.length > 0) {
    const [{ start, from }] = alarms;
    const first = `the first at ${start ?? `row ${from}`}`;
    notes.push(
      `${counted(alarms.length, "alarm")} among the rows taken as normal, ${first}: look at them, they count as normal too`,
    );
  }
  const between = 10 ** threshold;
  if (between > rows)
    notes.push(
      `trained on ${lasting(rows, step)}, one false alarm in ${lasting(Math.round(between), step)} tolerated: the threshold is beyond what the rows show, and extrapolated`,
    );
  return notes;
}
