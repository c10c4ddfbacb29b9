import { growsFromZero } from "../counts.ts";
import type { SeriesStep } from "../seasons/calendar-seasons.ts";
import { findSeasons } from "../seasons/find-seasons.ts";
import type { Logarithm } from "./levels.ts";
import { meanChange } from "./view.ts";

const looked = 30; // series that are searched for seasons
const mostRows = 3000; // of them, the newest

/** Up to `count` of the list, evenly spaced. */
function sample<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]);
}

/** The seasons that at least half of the series show that are long enough to show one; at most two. */
export function seasonsOf(series: readonly Float64Array[], step: SeriesStep | null): number[] {
  const found = sample(series, looked)
    .filter((values) => values.length >= 12)
    .map((values) => findSeasons(values.slice(-mostRows), step ? { step } : {}));
  const all = [...new Set(found.flat())];
  const votes = (m: number) => found.filter((seasons) => seasons.includes(m)).length;
  return all
    .filter((m) => 2 * votes(m) >= found.length)
    .sort((a, b) => votes(b) - votes(a))
    .slice(0, 2)
    .sort((a, b) => a - b);
}

/**
 * Whether the changes of most series are steadier in proportion than as they are: their mean size over the root of their mean square is no
 * smaller on logarithms. Never where a value is not above 0.
 */
export function growsInProportion(series: readonly Float64Array[], base: number): boolean {
  if (series.some((values) => values.some((v) => v <= 0))) return false;
  const gains = sample(series, 500).map((values) => steadiness(values.map(Math.log), base) - steadiness(values, base));
  return median(gains) >= 0;
}

/** The logarithm that suits most series: of the values, of one more where they are counts with zeros, or none. */
export function logarithmOf(series: readonly Float64Array[], base: number): Logarithm {
  if (growsInProportion(series, base)) return true;
  if (!series.some((values) => values.includes(0)) || series.some((values) => values.some((v) => v < 0))) return false;
  const shown = sample(series, 500);
  const growing = shown.filter((values) => growsFromZero(values, values.length > base ? base : 1));
  return 2 * growing.length > shown.length ? "log1p" : false;
}

function steadiness(values: Float64Array, lag: number): number {
  const step = values.length > lag ? lag : 1;
  let squares = 0;
  for (let t = step; t < values.length; t++) squares += (values[t] - values[t - step]) ** 2;
  const root = Math.sqrt(squares / Math.max(1, values.length - step));
  return root > 0 ? meanChange(values, lag) / root : 1;
}

/**
 * The season whose seasonal naive forecast leaves most series an error clearly smaller than the last value does, over the whole horizon
 * and the whole series; 1 where none does.
 */
export function baseOf(series: readonly Float64Array[], seasons: readonly number[], horizon: number): number {
  const shown = sample(series, 500);
  const ratios = seasons.map((m) => {
    const long = shown.filter((values) => values.length >= 2 * m + horizon);
    const each = long.map((values) => errorOf(values, m, horizon) / (errorOf(values, 1, horizon) || 1));
    return { m, ratio: 2 * long.length > shown.length ? median(each) : Number.POSITIVE_INFINITY };
  });
  const best = ratios.reduce((a, b) => (b.ratio < a.ratio ? b : a), { m: 1, ratio: 1 });
  return best.ratio < clearly ? best.m : 1;
}
const clearly = 0.9;

/** The mean error of the naive forecast of a season from every `horizon`-th row. */
function errorOf(values: Float64Array, m: number, horizon: number): number {
  let [sum, count] = [0, 0];
  for (let origin = values.length - horizon; origin >= m; origin -= horizon)
    for (let h = 0; h < horizon; h++, count++) sum += Math.abs(values[origin + h] - values[origin - m + (h % m)]);
  return sum / Math.max(1, count);
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length === 0 ? 0 : sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
