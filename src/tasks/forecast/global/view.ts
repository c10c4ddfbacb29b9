import { type Logarithm, levelsOf } from "./levels.ts";
import type { Member } from "./record.ts";

/** The form in which a network sees the series of a collection. */
export interface View {
  /** Steps it forecasts. */
  readonly horizon: number;
  /** Steps it reads. */
  readonly window: number;
  /** Steps of the seasons, the shortest first; empty: none. */
  readonly seasons: readonly number[];
  /** The season whose seasonal naive forecast the network corrects; 1: it corrects the last value. */
  readonly base: number;
  /** `"steps"`: all steps ahead share a network that reads the same hours, days or months before each; `"direct"`: an output for each step. */
  readonly head: "steps" | "direct";
  /** Whether it works on logarithms, of the values or of one more; else on values in units of the mean change of their series. */
  readonly logarithm: Logarithm;
  /** The mean change of a step in the collection, on that scale. */
  readonly unit: number;
  /** Of each known column: mean and deviation over the collection. */
  readonly known: readonly Moments[];
  /** Number of columns that the calendar gives; they are not scaled. */
  readonly calendar: number;
  /** Number of further columns, which tell holidays. */
  readonly holidays: number;
  /** Number of past columns; each is scaled by its own series. */
  readonly past: number;
  /** Of each static column: mean and deviation of numbers, or the categories. */
  readonly static: readonly (Moments | readonly string[])[];
}

/** Mean and deviation of a column. */
export interface Moments {
  /** Mean. */
  readonly mean: number;
  /** Standard deviation; 1 for a column that does not change. */
  readonly deviation: number;
}

/** A series on the scale that the network works on. */
export interface Seen {
  readonly levels: Float64Array;
  /** The factor from levels to values; 1 for logarithms. */
  readonly scale: number;
  readonly known: readonly Float64Array[];
  readonly calendar: readonly Float64Array[];
  readonly holidays: readonly Float64Array[];
  readonly past: readonly Float64Array[];
  readonly static: readonly number[];
}

const rare = 4; // about the deviations of a day in seventeen: what comes seldom is learned as fast as what comes often

/** A series as a view has it. */
export function seenBy(view: View, member: Member): Seen {
  const { logarithm, base } = view;
  const scale = logarithm ? 1 : meanChange(member.values, base) || 1;
  return {
    levels: logarithm ? levelsOf(logarithm, member.values) : member.values.map((v) => v / scale),
    scale,
    known: member.known.map((column, k) => standard(column, view.known[k])),
    calendar: member.calendar,
    holidays: member.holidays.map((column) => column.map((v) => rare * v)),
    past: member.past.map((column) => standard(column, momentsOf([column]))),
    static: view.static.flatMap((s, k) => {
      const value = member.static[k];
      if (isMoments(s)) return [(Number(value) - s.mean) / s.deviation];
      return s.map((category) => (category === String(value) ? 1 : 0));
    }),
  };
}

/** The mean size of the changes over `lag` steps; over one step where the series is no longer. */
export function meanChange(values: Float64Array, lag: number, from = 0): number {
  const step = values.length - from > lag ? lag : 1;
  let sum = 0;
  for (let t = from + step; t < values.length; t++) sum += Math.abs(values[t] - values[t - step]);
  return sum / Math.max(1, values.length - from - step);
}

/** Mean and deviation over all numbers; a deviation of 0 counts as 1. */
export function momentsOf(columns: readonly Float64Array[]): Moments {
  let [count, sum] = [0, 0];
  for (const column of columns) for (const v of column) [count, sum] = [count + 1, sum + v];
  const mean = count > 0 ? sum / count : 0;
  let squares = 0;
  for (const column of columns) for (const v of column) squares += (v - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / Math.max(1, count)) || 1 };
}

const standard = (column: Float64Array, { mean, deviation }: Moments) => column.map((v) => (v - mean) / deviation);
const isMoments = (s: Moments | readonly string[]): s is Moments => !Array.isArray(s);
