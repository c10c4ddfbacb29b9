import { quantile } from "../../data/quantile.ts";
import { counted, DataError, problem } from "../../errors.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { calendarSeasons, daysPer, type SeriesStep } from "../forecast/seasons/calendar-seasons.ts";
import { findSeasons } from "../forecast/seasons/find-seasons.ts";
import { rowsOf, type Series } from "../forecast/series.ts";
import { component, componentsOf, measured } from "./components.ts";
import type { DetectorLearned, DetectorMethod, UsualColumn } from "./learned.ts";
import { levelOf } from "./running.ts";
import { Scorer, scaled } from "./scorer.ts";
import { learnProfile, type Profile, spreadOf } from "./season-profile.ts";
import { fitTail, leastBlocks, type Tail } from "./tail.ts";

/** Rows taken as normal, ready for the network. */
export interface Prepared {
  readonly window: number;
  readonly season: number;
  readonly smooth: number;
  readonly memory: number;
  /** Rows of an hour, where rows are that near; else 1. */
  readonly hour: number;
  readonly columns: readonly PreparedColumn[];
  /** Deviations from the season as the network reads them [T, D]. */
  readonly rows: NdArray;
}

interface PreparedColumn {
  readonly values: Float64Array;
  readonly profile: Profile;
  readonly deviations: Float64Array;
  readonly scale: number;
  readonly tiny: number;
}

/** Season, profiles and scales of a series taken as normal. Throws DataError for one that is too short, or does not vary. */
export function prepare(
  { rows, values }: Series,
  places: Float64Array,
  step: SeriesStep | null,
  asked: { readonly window: number | null; readonly season: number | null },
  names: readonly string[] | null,
  who: string,
): Prepared {
  const day = step ? 1 / daysPer(step) : 0; // rows
  const hour = Math.max(1, Math.round(day / 24));
  const smooth = day >= 12 ? Math.max(1, Math.round(day / 6)) : 4;
  const window = asked.window ?? Math.max(2, Math.min(24, Math.floor(rows / 8)));
  const least = window + 4 * leastBlocks; // blocks of four rows
  if (rows < least) {
    const next = "Give more rows that are normal: what is rare among them is to be told.";
    throw new DataError(problem(who, `a series of at least ${least} rows`, counted(rows, "row"), next));
  }
  values.forEach((column, k) => {
    if (column.some((v) => v !== column[0])) return;
    const next = "Leave the column out, or give rows in which it changes.";
    throw new DataError(
      problem(
        who,
        `a column ${JSON.stringify(names?.[k] ?? k)} that changes`,
        `${column[0]} in all ${rows} rows`,
        next,
      ),
    );
  });
  const season = asked.season ?? seasonFor(values, places, step);
  const columns = values.map((column) => {
    const { profile, deviations } = learnProfile(column, places, season);
    const steps = column.subarray(1).map((v, t) => Math.abs(v - column[t]));
    return {
      values: column,
      profile,
      deviations,
      scale: spreadOf(deviations),
      tiny: 0.02 * quantile(steps.sort(), 0.5),
    };
  });
  const same = columns.findIndex(({ scale }) => !(scale > 0));
  if (same >= 0) {
    const next = "An exact repetition leaves nothing to measure by: compare the rows themselves.";
    throw new DataError(
      problem(
        who,
        `a column ${JSON.stringify(names?.[same] ?? same)} with noise`,
        `the same ${season} rows again and again`,
        next,
      ),
    );
  }
  return {
    ...{ window, season, smooth, hour, columns },
    memory: day >= 12 ? Math.round(14 * day) : Math.max(100, rows),
    rows: rowsOf(columns.map(({ deviations, scale }) => deviations.map((v) => scaled(v, scale)))),
  };
}

/** The usual values of each column, by the network's errors on the same rows. */
export function usualOf(prepared: Prepared, method: DetectorMethod, errors: readonly Float64Array[]): UsualColumn[] {
  const { columns, window, hour } = prepared;
  const together = togetherFor(prepared);
  const blocks = {
    error: hour,
    standstill: hour,
    errors: together,
    season: together,
    reconstruction: Math.max(window, hour),
  };
  return columns.map(({ values, profile, deviations, scale, tiny }, k) => {
    const parts = componentsOf(method).map((name) => {
      const seen = (t: number) => ({ value: values[t], deviation: deviations[t], error: errors[k][t] });
      const of = measured(name, prepared, tiny);
      const numbers = values.map((_, t) => of(seen(t)));
      const level = name === "standstill" ? { centre: 0, spread: 1 } : levelOf(numbers);
      const one = component(name, prepared, tiny, level);
      const sizes = name === "standstill" ? numbers : values.map((_, t) => one.add(seen(t)));
      const block = Math.min(blocks[name], Math.floor((values.length - window) / leastBlocks));
      return { level, tail: fitTail(sizes, window, block, name === "standstill" ? 1 : 0) };
    });
    return { profile, scale, tiny, levels: parts.map(({ level }) => level), tails: parts.map(({ tail }) => tail) };
  });
}

/**
 * The rate at which the rarest of all components and columns is so rare, on the rows of training: they are rare together more often than one
 * after the other, so that the sum of their rates is too large. Null for too few rows to tell it.
 */
export function togetherOf(prepared: Prepared, learned: DetectorLearned, errors: readonly Float64Array[]): Tail | null {
  const { columns, window } = prepared;
  const scorer = new Scorer(learned);
  const scores = columns[0].values.map((_, t) => {
    const at = (of: (column: PreparedColumn, k: number) => number) => columns.map(of);
    const { score } = scorer.next(
      at(({ values }) => values[t]),
      at(({ deviations }) => deviations[t]),
      at((_, k) => errors[k][t]),
    );
    return score;
  });
  const block = togetherFor(prepared);
  return scores.length - window < enoughBlocks * block ? null : fitTail(scores, window, block, 0, 0);
}

const enoughBlocks = 50; // of which ten make the tail

/** Rows that exceed a threshold together; a mean over hours stays above it for as long. */
const togetherFor = ({ smooth, hour }: Prepared): number => Math.max(smooth, hour);

const longest = 20_160; // rows of a season: two weeks of minutes

/** Of none, a day, a week, a year, or what the rows show: the season whose other cycles tell a row best, if there are two at least. */
function seasonFor(values: readonly Float64Array[], places: Float64Array, step: SeriesStep | null): number {
  const known = step ? calendarSeasons(step) : [...new Set(values.flatMap((column) => findSeasons(column)))];
  const rows = values[0].length;
  const seasons = [1, ...known.filter((season) => season <= longest && 2 * season <= rows)];
  const missed = seasons.map((season) =>
    values.reduce((sum, column) => {
      const { deviations } = learnProfile(column, places, season);
      return sum + deviations.reduce((all, v) => all + Math.abs(v), 0) / levelOf(column).spread;
    }, 0),
  );
  return seasons[missed.indexOf(missed.reduce((a, b) => Math.min(a, b)))];
}
