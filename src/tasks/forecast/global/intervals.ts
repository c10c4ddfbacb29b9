import { type Logarithm, levelsOf, valuesOf } from "./levels.ts";
import type { Place } from "./record.ts";
import { seenBy, type View } from "./view.ts";
import { unitAt } from "./windows.ts";

/** Prediction intervals of a collection's forecasts. */
export interface GlobalIntervals {
  /** Fraction of values that they are to hold. */
  readonly coverage: number;
  /** Half their width by step ahead, in units of the mean change before a forecast, on the scale that the network works on. */
  readonly widths: readonly number[];
}

/** Both ends of an interval for each step, in units of the series. */
export interface Bounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

const shared = 10; // errors that the mean over all steps counts as, beside those of one step: few errors do not tell steps apart

/**
 * Intervals by the errors of forecasts whose values the network had not seen (conformal; Vovk et al. 2005): by step as wide as the root of its
 * mean squared error, drawn towards that of all steps where there are few, times the factor that holds the fraction of all of them.
 */
export function intervalsFor(
  view: View,
  places: readonly Place[],
  forecasts: readonly Float64Array[],
  coverage: number,
): GlobalIntervals {
  const { horizon } = view;
  const errors = places.map((place, i) => errorsOf(view, place, forecasts[i]));
  const squares = Array.from({ length: horizon }, (_, h) => errors.reduce((sum, e) => sum + e[h] ** 2, 0));
  const usual = squares.reduce((a, b) => a + b, 0) / (errors.length * horizon);
  const spreads = squares.map((sum) => Math.sqrt((sum + shared * usual) / (errors.length + shared)));
  const scores = errors.flatMap((e) => Array.from(e, (v, h) => (spreads[h] > 0 ? v / spreads[h] : 0)));
  scores.sort((a, b) => a - b);
  const factor = scores[Math.min(scores.length, Math.ceil((scores.length + 1) * coverage)) - 1] ?? 1;
  return { coverage, widths: spreads.map((spread) => factor * spread) };
}

/** The intervals around forecasts, within the bounds that forecasts have. */
export function boundsOf(
  view: View,
  { widths }: GlobalIntervals,
  { member, at }: Place,
  forecast: Float64Array,
  bounded: (v: number) => number,
): Bounds {
  const { unit, scale } = unitOf(view, member.values.subarray(0, at));
  const levels = levelOf(view.logarithm, forecast, scale);
  const end = (side: 1 | -1) => {
    const moved = levels.map((v, h) => v + side * widths[h] * unit);
    return valuesOf(view.logarithm, moved, scale).map(bounded);
  };
  return { low: end(-1), high: end(1) };
}

/** By step, the distance between forecast and value in units of the mean change before it. */
function errorsOf(view: View, { member, at }: Place, forecast: Float64Array): Float64Array {
  const { unit, scale } = unitOf(view, member.values.subarray(0, at));
  const actual = levelOf(view.logarithm, member.values.subarray(at, at + view.horizon), scale);
  return levelOf(view.logarithm, forecast, scale).map((v, h) => Math.abs(actual[h] - v) / unit);
}

function unitOf(view: View, history: Float64Array): { unit: number; scale: number } {
  const plain = { ...view, known: [], past: 0, static: [] };
  const none = { id: "", dates: null, known: [], calendar: [], holidays: [], past: [], static: [] };
  const seen = seenBy(plain, { ...none, values: history });
  return { unit: unitAt(view, seen, history.length), scale: seen.scale };
}

const least = 1e-300; // no logarithm of a number below 0

const levelOf = (logarithm: Logarithm, values: Float64Array, scale: number): Float64Array =>
  logarithm
    ? levelsOf(
        logarithm,
        logarithm === true ? values.map((v) => Math.max(least, v)) : values.map((v) => Math.max(0, v)),
      )
    : values.map((v) => v / scale);
