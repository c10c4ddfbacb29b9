import { standardError } from "../coverage.ts";
import { mean } from "../deviation.ts";
import type { SeriesStep } from "../seasons/calendar-seasons.ts";
import { findSeasons } from "../seasons/find-seasons.ts";
import { localForecasts } from "./local-forecasts.ts";
import { type CandidateError, type Method, network } from "./method.ts";

/** A method and its forecasts of one column, [origins · steps]. */
export interface Candidate {
  readonly method: Method;
  readonly values: Float64Array;
}

const stretches = 3; // of the origins, one after the other: none of them decides alone
const seen = 0.05; // fraction by which the network's errors count as larger: its training ended where they were smallest
const surely = 2; // standard errors

/**
 * The methods whose mean forecasts one column: the best one, or of the best two or three of different kinds the mean, whichever is nearest to what
 * followed, by the geometric mean of its errors on three stretches. The network forecasts alone only where its mean with the next best is
 * surely worse. On 80 series, real and made, by the rows after those: RMSE 9.4 % below the best simple method's (geometric mean), within 3 % of
 * it on 73, more than 10 % worse on 1; by the mean of all errors, without these cautions, 9.3 %, on 65 and on 5.
 */
export function chooseMethods(candidates: readonly Candidate[], actual: Float64Array, steps: number) {
  const judged = candidates
    .map(({ method, values }) => ({ method, values, ...weighed([{ method, values }], actual, steps) }))
    .sort((a, b) => a.score - b.score);
  const errors = judged.map(({ method, error }): CandidateError => ({ ...method, error }));
  const kinds = judged.filter(({ method }, i) => judged.findIndex((one) => one.method.name === method.name) === i);
  const tried = [1, 2, 3]
    .slice(0, kinds.length)
    .map((n) => ({ list: kinds.slice(0, n), ...weighed(kinds.slice(0, n), actual, steps) }));
  const best = tried.reduce((a, b) => (b.score < a.score ? b : a));
  const alone = best.list.length === 1 && best.list[0].method.name === "network" && kinds.length > 1;
  const { list } = alone && !isBetter(best.errors, tried[1].errors, steps) ? tried[1] : best;
  return { errors, methods: list.map(({ method }) => method) };
}

/** The mean of some candidates: its error at each origin, their mean, and what it is chosen by. */
function weighed(list: readonly Candidate[], actual: Float64Array, steps: number) {
  const n = list.length;
  const errors = errorsAt(
    list[0].values.map((_, i) => list.reduce((sum, { values }) => sum + values[i], 0) / n),
    actual,
    steps,
  );
  const parts = Math.min(stretches, errors.length);
  const at = (part: number) => Math.floor((part * errors.length) / parts);
  const score = geometricMean(Array.from({ length: parts }, (_, k) => mean(errors.slice(at(k), at(k + 1)))));
  const factor = list.some(({ method }) => method.name === "network") ? 1 + seen / n : 1;
  return { errors, error: mean(errors), score: factor * score };
}

/** Whether errors are smaller than others by more than chance; forecasts at neighbouring origins share rows. */
function isBetter(errors: readonly number[], others: readonly number[], steps: number): boolean {
  const less = errors.map((error, i) => others[i] - error);
  return mean(less) > surely * (standardError(less, steps) ?? Number.POSITIVE_INFINITY);
}

/** The root mean squared error of the forecast at each origin, in units of the series. */
export function errorsAt(values: Float64Array, actual: Float64Array, steps: number): number[] {
  return Array.from({ length: values.length / steps }, (_, i) => {
    let squares = 0;
    for (let j = i * steps; j < (i + 1) * steps; j++) squares += (actual[j] - values[j]) ** 2;
    return Math.sqrt(squares / steps);
  });
}

export const geometricMean = (list: readonly number[]): number => Math.exp(mean(list.map(Math.log)));

/** The candidates for one column at origins, the network's forecasts among them. */
export async function candidatesFor(
  column: Float64Array,
  origins: readonly number[],
  steps: number,
  seasons: readonly number[],
  ofNetwork: Float64Array,
): Promise<Candidate[]> {
  const history = column.subarray(0, origins[0]);
  const none = history.reduce((n, v) => n + (v === 0 ? 1 : 0), 0) / history.length;
  const methods = [
    ...(["naive", "drift"] as const).map((name) => ({ name, season: 1 })),
    ...seasons.filter((season) => season > 1).map((season) => ({ name: "seasonalNaive" as const, season })),
    ...(["theta", "ets"] as const).flatMap((name) => seasons.map((season) => ({ name, season }))),
    ...(none > mostlyNone ? [{ name: "demand" as const, season: 1 }] : []),
  ];
  const candidates: Candidate[] = [{ method: network, values: ofNetwork }];
  for (const method of methods)
    candidates.push({ method, values: await localForecasts(method, column, origins, steps, origins[0]) });
  return candidates;
}

const mostlyNone = 0.3; // fraction of zeros above which a column is demand that comes now and then

/** The season of a column, and its longest one where that is another. */
export function seasonsOf(column: Float64Array, season: number, step: SeriesStep | null): number[] {
  return [...new Set([season, Math.max(season, ...findSeasons(column, step ? { step } : {}))])];
}
