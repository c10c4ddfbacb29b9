import type { Seen, View } from "./view.ts";

/** Sizes of what the network reads. */
export interface WindowSizes {
  /** Numbers of a step of the window. */
  readonly channels: number;
  /** Numbers about the window as a whole. */
  readonly context: number;
  /** Numbers of each step ahead: known columns, those of the calendar, and where there are any the seasonal naive forecasts. */
  readonly ahead: number;
}

/** Room for one window in the arrays of a batch. */
export interface Room {
  readonly steps: Float32Array; // [window, channels]
  readonly context: Float32Array; // [context]
  readonly ahead: Float32Array; // [horizon, ahead]
}

export function sizesOf(view: View): WindowSizes {
  const lags = lagsOf(view).length;
  const statics = view.static.reduce((sum, s) => sum + ("mean" in s ? 1 : s.length), 0);
  return {
    channels: 2 + 2 * lags + view.past + view.known.length,
    context: 1 + lags * (view.horizon + 2) + statics,
    ahead: aheadOf(view),
  };
}

/** Numbers of a step ahead; none where no column is known beforehand. */
function aheadOf(view: View): number {
  const columns = 2 * view.known.length + view.calendar + 2 * view.holidays;
  return columns > 0 ? columns + 1 + lagsAhead(view).length : 0;
}

/** The seasons whose forecasts a step ahead has beside the base's: the others, and the base's two and three times before. */
const lagsAhead = (view: View): readonly number[] =>
  view.base > 1 ? [...lagsOf(view), 2 * view.base, 3 * view.base] : lagsOf(view);

/** The forecast that the network corrects, on its scale: the last level, or the levels of a season before. */
export function baseAt({ base, horizon }: View, { levels }: Seen, origin: number): Float64Array {
  const m = origin > base ? base : 1;
  return Float64Array.from({ length: horizon }, (_, h) => levels[origin - m + (h % m)]);
}

/** The mean change in the window before an origin, on the network's scale; never far below that of the collection. */
export function unitAt(view: View, { levels }: Seen, origin: number): number {
  const lag = origin > view.base ? view.base : 1;
  const from = Math.max(lag, origin - view.window);
  let sum = 0;
  for (let t = from; t < origin; t++) sum += Math.abs(levels[t] - levels[t - lag]);
  return Math.max(sum / Math.max(1, origin - from), 0.01 * view.unit);
}

/**
 * Writes what the network reads of the steps before an origin, in units of the window's mean change: by step, the level less the base's and
 * whether there is one, the levels of each season before, past and known columns; as a whole, the size of the unit, the change
 * since a season before, the seasonal naive forecast, and what is static; by step ahead, what is known of it. Returns the unit.
 */
export function writeWindow(view: View, seen: Seen, origin: number, { steps, context, ahead }: Room): number {
  const { window: W, horizon: H } = view;
  const { levels } = seen;
  const unit = unitAt(view, seen, origin);
  const lags = lagsOf(view);
  const inUnits = (v: number) => clipped(v / unit);
  const base = origin > view.base ? view.base : 1;
  const last = levels[origin - 1];
  const first = base > 1 ? base : 0; // the first step that has a value
  let i = 0;
  for (let t = origin - W; t < origin; t++) {
    const read = Math.max(t, first);
    steps[i++] = inUnits(levels[read] - (base > 1 ? levels[read - base] : last));
    steps[i++] = t >= first ? 1 : 0;
    for (const m of lags) {
      steps[i++] = t >= m ? inUnits(levels[t - m] - levels[origin - 1 - m]) : 0;
      steps[i++] = t >= m ? 1 : 0;
    }
    for (const column of seen.past) steps[i++] = t >= 0 ? clipped(column[t]) : 0;
    for (const column of seen.known) steps[i++] = t >= 0 ? clipped(column[t]) : 0;
  }
  i = 0;
  context[i++] = clipped(Math.log(unit / view.unit));
  for (const m of lags) {
    const before = origin > m ? levels[origin - 1 - m] : null;
    context[i++] = before === null ? 0 : 1;
    context[i++] = before === null ? 0 : inUnits(last - before);
    for (let h = 0; h < H; h++) context[i++] = before === null ? 0 : inUnits(levels[origin - m + (h % m)] - before);
  }
  for (const v of seen.static) context[i++] = clipped(v);
  if (ahead.length > 0) writeAhead(view, seen, origin, unit, ahead);
  return unit;
}

/**
 * Writes what is known of each step ahead: its columns, those of the step that the base has its level from, the base less the last level, and
 * what other seasons say beyond the base.
 */
function writeAhead(view: View, seen: Seen, origin: number, unit: number, ahead: Float32Array): void {
  const { levels } = seen;
  const base = baseAt(view, seen, origin);
  const lags = lagsAhead(view);
  const changing = [...seen.known, ...seen.holidays];
  const m = origin > view.base ? view.base : 1;
  let i = 0;
  for (let h = 0; h < view.horizon; h++) {
    const before = origin - m + (h % m);
    for (const column of changing) {
      ahead[i++] = clipped(column[origin + h]);
      ahead[i++] = clipped(column[before]);
    }
    for (const column of seen.calendar) ahead[i++] = column[origin + h];
    ahead[i++] = clipped((base[h] - levels[origin - 1]) / unit);
    for (const m of lags) ahead[i++] = origin > m ? clipped((levels[origin - m + (h % m)] - base[h]) / unit) : 0;
  }
}

/** The seasons that are channels: those that the base does not take off. */
const lagsOf = ({ seasons, base }: View): readonly number[] => seasons.filter((m) => m !== base);

const most = 50; // units: one outlier does not outweigh a batch
const clipped = (v: number): number => Math.max(-most, Math.min(most, v));
