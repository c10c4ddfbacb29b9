import { clipped } from "./levels.ts";
import { stepContext, stepSizes, usualAhead, writeAhead, writeStepContext, writeSteps } from "./step-features.ts";
import type { Seen, View } from "./view.ts";

/** Sizes of what the network reads. */
export interface WindowSizes {
  /** Numbers of a step of the window. */
  readonly channels: number;
  /** Numbers about the window as a whole. */
  readonly context: number;
  /** Numbers of each step ahead; none where each step has an output of its own. */
  readonly ahead: number;
}

/** Room for one window in the arrays of a batch. */
export interface Room {
  readonly steps: Float32Array; // [window, channels]
  readonly context: Float32Array; // [context]
  readonly ahead: Float32Array; // [horizon, ahead]
}

export function sizesOf(view: View): WindowSizes {
  const statics = view.static.reduce((sum, s) => sum + ("mean" in s ? 1 : s.length), 0);
  if (view.head === "steps") {
    const { channels, ahead } = stepSizes(view);
    return { channels, context: 1 + stepContext(view) + statics, ahead };
  }
  const lags = lagsOf(view).length;
  return {
    channels: 2 + 2 * lags + view.past + view.known.length,
    context: 1 + lags * (view.horizon + 2) + statics,
    ahead: 0,
  };
}

/**
 * The forecast that the network corrects, on its scale: the last level, or the levels of a season before; where all steps share a network the
 * median of the places of the same phase before, which one odd day does not move.
 */
export function baseAt(view: View, seen: Seen, origin: number): Float64Array {
  const { base, horizon } = view;
  const { levels } = seen;
  if (view.head === "steps" && origin >= (view.seasons[0] ?? Number.POSITIVE_INFINITY))
    return usualAhead(view, seen, origin);
  const m = origin > base ? base : 1;
  return Float64Array.from({ length: horizon }, (_, h) => levels[origin - m + (h % m)]);
}

const unitSeasons = 4; // whose changes make the unit where all steps share a network: one odd day must not change the scale

/** The rows before a forecast that its unit is made of, at most. */
export const unitRows = (view: View): number =>
  view.head === "steps" ? Math.max(view.window, unitSeasons * Math.max(...view.seasons, 1)) : view.window;

/** The mean change in the window before an origin, or in some seasons, on the network's scale; never far below that of the collection. */
export function unitAt(view: View, { levels }: Seen, origin: number): number {
  const lag = origin > view.base ? view.base : 1;
  const from = Math.max(lag, origin - unitRows(view));
  let sum = 0;
  for (let t = from; t < origin; t++) sum += Math.abs(levels[t] - levels[t - lag]);
  return Math.max(sum / Math.max(1, origin - from), 0.01 * view.unit);
}

/**
 * Writes what the network reads of the steps before an origin, in units of the mean change: by step, the level less the base's and
 * whether there is one, the levels of each season before, past and known columns; as a whole, the size of the unit, the change
 * since a season before, the seasonal naive forecast, and what is static. Where all steps share a network, what step-features.ts says. Returns the unit.
 */
export function writeWindow(view: View, seen: Seen, origin: number, room: Room): number {
  const unit = unitAt(view, seen, origin);
  const { context } = room;
  context[0] = clipped(Math.log(unit / view.unit));
  let i = 1;
  if (view.head === "steps") {
    writeSteps(view, seen, origin, unit, room.steps);
    i += writeStepContext(view, seen, origin, unit, context.subarray(i));
    writeAhead(view, seen, origin, unit, baseAt(view, seen, origin), room.ahead);
  } else {
    writeDirectSteps(view, seen, origin, unit, room.steps);
    i += writeDirectContext(view, seen, origin, unit, context.subarray(i));
  }
  for (const v of seen.static) context[i++] = clipped(v);
  return unit;
}

function writeDirectSteps(view: View, seen: Seen, origin: number, unit: number, steps: Float32Array): void {
  const { levels } = seen;
  const inUnits = (v: number) => clipped(v / unit);
  const base = origin > view.base ? view.base : 1;
  const last = levels[origin - 1];
  const first = base > 1 ? base : 0; // the first step that has a value
  const lags = lagsOf(view);
  let i = 0;
  for (let t = origin - view.window; t < origin; t++) {
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
}

/** Returns how many numbers it wrote. */
function writeDirectContext(view: View, { levels }: Seen, origin: number, unit: number, context: Float32Array): number {
  const inUnits = (v: number) => clipped(v / unit);
  let i = 0;
  for (const m of lagsOf(view)) {
    const before = origin > m ? levels[origin - 1 - m] : null;
    context[i++] = before === null ? 0 : 1;
    context[i++] = before === null ? 0 : inUnits(levels[origin - 1] - before);
    for (let h = 0; h < view.horizon; h++)
      context[i++] = before === null ? 0 : inUnits(levels[origin - m + (h % m)] - before);
  }
  return i;
}

/** The seasons that are channels: those that the base does not take off. */
const lagsOf = ({ seasons, base }: View): readonly number[] => seasons.filter((m) => m !== base);
