import { median } from "./choices.ts";
import { clipped } from "./levels.ts";
import type { Seen, View } from "./view.ts";

/** A place of the same phase before a step ahead: so many seasons back. */
interface Lag {
  readonly season: number;
  readonly times: number;
}

const cycles = 4; // of the longest season
const within = 6; // cycles of a shorter one: a day of each day of the week before

/** The places of the same phase that a step ahead is compared with: of a day and a week, the six days and four weeks before. */
export function lagsAhead({ seasons }: View): Lag[] {
  return seasons.flatMap((season, k) => {
    const next = seasons[k + 1];
    const count = next === undefined ? cycles : Math.min(within, Math.max(1, Math.ceil(next / season) - 1));
    return Array.from({ length: count }, (_, i) => ({ season, times: i + 1 }));
  });
}

/** The median of the places of the same phase before each step ahead. */
export function usualAhead(view: View, { levels }: Seen, origin: number): Float64Array {
  const lags = lagsAhead(view).filter(({ season, times }) => origin >= season * times);
  return Float64Array.from({ length: view.horizon }, (_, h) =>
    median(lags.map(({ season, times }) => levels[origin - season * times + (h % season)])),
  );
}

/** Columns that can differ from one season to the next, as the calendar's cannot. */
const changing = ({ known, holidays }: Seen): readonly Float64Array[] => [...known, ...holidays];

/** Numbers of a step of the window, and of a step ahead. */
export function stepSizes(view: View): { readonly channels: number; readonly ahead: number } {
  const { seasons, known, holidays, past, calendar } = view;
  const columns = known.length + holidays;
  return {
    channels: 2 + 2 * seasons.length + past + columns,
    ahead: 2 + lagsAhead(view).length + calendar + columns * (2 + Math.max(1, seasons.length)),
  };
}

/** Numbers about the window as a whole, beside its unit and what is static. */
export const stepContext = (view: View): number => lagsAhead(view).length + view.seasons.length;

/** By step of the window: its level less the last one, and less that of each season before; whether there are such; past and known columns. */
export function writeSteps(view: View, seen: Seen, origin: number, unit: number, steps: Float32Array): void {
  const { levels } = seen;
  const columns = [...seen.past, ...changing(seen)];
  const last = levels[origin - 1];
  let i = 0;
  for (let t = origin - view.window; t < origin; t++) {
    steps[i++] = t >= 0 ? clipped((levels[t] - last) / unit) : 0;
    steps[i++] = t >= 0 ? 1 : 0;
    for (const m of view.seasons) {
      steps[i++] = t >= m ? clipped((levels[t] - levels[t - m]) / unit) : 0;
      steps[i++] = t >= m ? 1 : 0;
    }
    for (const column of columns) steps[i++] = t >= 0 ? clipped(column[t]) : 0;
  }
}

/** Whether there are such places before, and the change of the last level since each season before. Returns how many numbers it wrote. */
export function writeStepContext(
  view: View,
  { levels }: Seen,
  origin: number,
  unit: number,
  context: Float32Array,
): number {
  let i = 0;
  for (const { season, times } of lagsAhead(view)) context[i++] = origin >= season * times ? 1 : 0;
  for (const m of view.seasons)
    context[i++] = origin > m ? clipped((levels[origin - 1] - levels[origin - 1 - m]) / unit) : 0;
  return i;
}

/**
 * By step ahead: how far it is, the base less the last level, the places of the same phase less the base, the columns of the calendar, and those
 * known beforehand: as they are, less those a season before for each season, and less their mean over the cycles of the shortest.
 */
export function writeAhead(
  view: View,
  seen: Seen,
  origin: number,
  unit: number,
  base: Float64Array,
  ahead: Float32Array,
): void {
  const { levels } = seen;
  const { horizon, seasons } = view;
  const lags = lagsAhead(view);
  const columns = changing(seen);
  const short = lags.filter(({ season, times }) => season === seasons[0] && origin >= season * times);
  let i = 0;
  for (let h = 0; h < horizon; h++) {
    const before = ({ season, times }: Lag) => origin - season * times + (h % season);
    ahead[i++] = (h + 1) / horizon;
    ahead[i++] = clipped((base[h] - levels[origin - 1]) / unit);
    for (const lag of lags)
      ahead[i++] = origin >= lag.season * lag.times ? clipped((levels[before(lag)] - base[h]) / unit) : 0;
    for (const column of seen.calendar) ahead[i++] = column[origin + h];
    for (const column of columns) {
      const now = column[origin + h];
      ahead[i++] = clipped(now);
      for (const season of seasons)
        ahead[i++] = origin >= season ? clipped(now - column[before({ season, times: 1 })]) : 0;
      if (seasons.length === 0) ahead[i++] = clipped(now - column[origin - 1]);
      const sum = short.reduce((total, lag) => total + column[before(lag)], 0);
      ahead[i++] = short.length > 0 ? clipped(now - sum / short.length) : 0;
    }
  }
}
