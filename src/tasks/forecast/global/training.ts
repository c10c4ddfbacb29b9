import { DataError, option, problem, sentence } from "../../../errors.ts";
import type { SeriesStep } from "../seasons/calendar-seasons.ts";
import { originsOf } from "./batches.ts";
import { baseOf, logarithmOf, seasonsOf } from "./choices.ts";
import { type Logarithm, levelsOf } from "./levels.ts";
import type { readGlobalForecaster } from "./options.ts";
import type { CollectionColumns, Member } from "./record.ts";
import { type Moments, meanChange, momentsOf, type View } from "./view.ts";

type Read = ReturnType<typeof readGlobalForecaster>;

/** The view of a collection: its series decide what the options leave open. Throws DataError for logarithms of what is not above 0. */
export function viewOf(
  members: readonly Member[],
  columns: CollectionColumns,
  read: Read,
  step: SeriesStep | null,
  who: string,
): View {
  const series = members.map(({ values }) => values);
  const { horizon } = read;
  const seasons = read.season ?? seasonsOf(series, step);
  const base = read.base ?? baseOf(series, seasons, horizon);
  const logarithm = read.logarithm ?? logarithmOf(series, base);
  if (logarithm) refuseLogarithms(members, logarithm, who);
  const longest = Math.max(base, ...seasons);
  const [calendar, holidays] = [members[0].calendar.length, members[0].holidays.length];
  const head = base > 1 || columns.known.length + calendar + holidays > 0 ? "steps" : "direct";
  const usual = head === "steps" ? Math.max(horizon, 2 * (seasons[0] ?? 1)) : longest;
  const window = read.window ?? Math.max(head === "steps" ? 1 : 2 * horizon, Math.min(168, Math.max(24, usual)));
  const changes = series.map((values) => meanChange(levelsOf(logarithm, values), base)).filter((v) => v > 0);
  const unit = logarithm ? changes.reduce((a, b) => a + b, 0) / changes.length || 1 : 1;
  return {
    ...{ horizon, window, seasons, base, head, logarithm, unit, calendar, holidays },
    known: columns.known.map((_, k) => momentsOf(members.map(({ known }) => known[k]))),
    past: columns.past.length,
    static: columns.static.map((name, k) => staticOf(members, name, k, who)),
  };
}

/** The origins that training draws from. Throws DataError where no series is long enough for one. */
export function trainingOrigins(rows: readonly number[], read: Read, who: string) {
  const { horizon } = read;
  const least = leastBefore(horizon);
  const most = read.windowsPerSeries ?? Math.max(150, Math.ceil(20_000 / rows.length));
  const origins = originsOf(rows, horizon, least, most);
  if (origins.length > 0) return origins;
  const next = sentence`Give longer series, or a shorter ${option("horizon")}.`;
  const longest = rows.reduce((a, b) => Math.max(a, b), 0);
  throw new DataError(
    problem(who, `a series of at least ${least + horizon} values`, `${longest} in the longest`, next),
  );
}

/** Values before an origin: the rest of its window is marked as missing. */
const leastBefore = (horizon: number): number => Math.min(horizon, 12);

/** Values of the shortest series that can be trained on. */
export const leastRows = (horizon: number): number => leastBefore(horizon) + horizon;

function refuseLogarithms(members: readonly Member[], logarithm: Logarithm, who: string): void {
  const counts = logarithm === "log1p";
  for (const { id, values } of members) {
    const row = values.findIndex((v) => (counts ? v < 0 : v <= 0));
    if (row < 0) continue;
    const next =
      values[row] === 0
        ? sentence`Give ${option("logarithm", "log1p")} for counts with zeros, or ${option("logarithm", false)}.`
        : sentence`Give ${option("logarithm", false)}, or add a constant to the values.`;
    const expected = `numbers ${counts ? "of 0 or more" : "above 0"} in series ${JSON.stringify(id)}, row ${row}`;
    throw new DataError(problem(who, expected, `${values[row]}`, next));
  }
}

const mostCategories = 200;

/** A static column as numbers, or as the categories it has. */
function staticOf(members: readonly Member[], name: string, k: number, who: string): Moments | string[] {
  const given = members.map((member) => member.static[k]);
  if (given.every((v) => typeof v === "number" && Number.isFinite(v)))
    return momentsOf([Float64Array.from(given as number[])]);
  const categories = [...new Set(given.map(String))].sort();
  if (categories.length <= mostCategories) return categories;
  const next = "Group them, or leave the column out: a name of each series says nothing about others.";
  throw new DataError(
    problem(who, `at most ${mostCategories} categories in static column ${name}`, `${categories.length}`, next),
  );
}
