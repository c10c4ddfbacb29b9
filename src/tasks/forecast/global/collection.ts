import type { Model } from "../../../models/model.ts";
import type { NdArray } from "../../../tensor/nd-array.ts";
import { roomFor } from "./batches.ts";
import { networkForecasts, type Origin } from "./forecast-series.ts";
import { boundsOf, intervalsFor } from "./intervals.ts";
import type { GlobalLearned } from "./learned.ts";
import { valuesOf } from "./levels.ts";
import { lengthOf, type Member, type Place, upTo } from "./record.ts";
import { type RegressedMethod, regressedForecast, regressedMethods } from "./regressed.ts";
import { regressionAt } from "./regression.ts";
import { hasRepeats, withRepeats } from "./repeats.ts";
import { type CollectionReport, collectionReport, seriesReport } from "./report.ts";
import {
  chosenShrinkage,
  meanOf,
  mixed,
  type Shrinkage,
  type SimpleMethod,
  scaledError,
  seasonOf,
  simpleForecast,
  triedMethods,
  weightAt,
} from "./shrinkage.ts";
import { type Seen, seenBy, type View } from "./view.ts";
import { writeWindow } from "./windows.ts";

/** A network, and what it needs to forecast series. */
export interface Trained {
  readonly model: Model;
  readonly learned: GlobalLearned;
}

/** Forecasts in units of the series, shrunk and within the bounds; each from the rows before its place. */
export async function forecastsAt(
  { model, learned }: Trained,
  places: readonly Place[],
  signal?: AbortSignal,
): Promise<Float64Array[]> {
  const { view, shrinkage, towards, repeats } = learned;
  const bounded = within(learned);
  const seen = seenAt(view);
  const origins = places.map(({ member, at }): Origin => ({ seen: seen(member, at), at }));
  const levels = await networkForecasts(model, view, origins, signal);
  const forecasts: Float64Array[] = [];
  for (const [i, one] of levels.entries()) {
    signal?.throwIfAborted();
    const network = valuesOf(view.logarithm, one, origins[i].seen.scale);
    const weight = weightAt(shrinkage, places[i].at);
    const history = places[i].member.values.subarray(0, places[i].at);
    const simple = weight === 1 ? [] : await simpleAt(learned, towards, places[i], origins[i].seen);
    const forecast = weight === 1 ? network : mixed(network, meanOf(simple), weight);
    forecasts.push((repeats ? withRepeats(view, history, forecast) : forecast).map(bounded));
  }
  return forecasts;
}

/** The network's inputs for the rows before a place, one row each. */
export function inputsAt(view: View, { member, at }: Place): readonly NdArray[] {
  const room = roomFor(view, 1);
  writeWindow(view, seenAt(view)(member, at), at, room.at(0));
  return room.inputs;
}

/** The simple methods beside the network, and its weight, from `origins` forecasts of each series whose last steps the network had not seen. */
export async function shrinkageFor(trained: Trained, held: readonly Member[], origins: number): Promise<Shrinkage> {
  const { view } = trained.learned;
  const { horizon } = view;
  const seen = seenAt(view);
  const places = held.flatMap((member) => placesIn(member, { origins, stride: horizon }, horizon));
  const networks = await forecastsAt(trained, places);
  const names = triedMethods(
    view,
    held.length,
    places.map(({ at }) => at),
  );
  const trials = [];
  for (const [i, { member, at }] of places.entries()) {
    const history = member.values.subarray(0, at);
    const forecasts = await simpleAt(trained.learned, names, places[i], seen(member, at));
    const simple = new Map(names.map((name, k) => [name, forecasts[k]]));
    trials.push({ history, actual: member.values.subarray(at, at + horizon), network: networks[i], simple });
  }
  return chosenShrinkage(trials);
}

/** Forecasts of methods without a network. */
async function simpleAt(
  { view, regression }: Pick<GlobalLearned, "view" | "regression">,
  names: readonly SimpleMethod[],
  { member, at }: Place,
  seen: Seen,
): Promise<Float64Array[]> {
  const history = member.values.subarray(0, at);
  return Promise.all(
    names.map(async (name) => {
      if (name === "regression") return valuesOf(view.logarithm, regressionAt(view, regression!, seen, at), seen.scale);
      if (!isRegressed(name)) return simpleForecast(view, name, history);
      return valuesOf(view.logarithm, await regressedForecast(view, name, seasonOf(view), seen, at), seen.scale);
    }),
  );
}

const isRegressed = (name: SimpleMethod): name is RegressedMethod => Object.hasOwn(regressedMethods, name);

/** Whether forecasts that keep to a value that comes again and again have smaller errors than those that do not. */
export async function repeatsHelp(trained: Trained, held: readonly Member[], origins: number): Promise<boolean> {
  const { view } = trained.learned;
  const places = held
    .flatMap((member) => placesIn(member, { origins, stride: view.horizon }, view.horizon))
    .filter(({ member, at }) => hasRepeats(view, member.values.subarray(0, at)));
  if (places.length === 0) return false;
  const plain = await forecastsAt(trained, places);
  const gains = places.map(({ member, at }, i) => {
    const history = member.values.subarray(0, at);
    const error = (forecast: Float64Array) =>
      scaledError(history, member.values.subarray(at, at + view.horizon), forecast);
    return error(plain[i]) - error(withRepeats(view, history, plain[i]));
  });
  return gains.reduce((a, b) => a + b, 0) > 0;
}

/** Forecasts to judge: `origins` of each series, `stride` steps apart; `period` is the season of MASE and Naive2. */
export interface Judging {
  readonly origins: number;
  readonly stride: number;
  readonly period: number;
}

/** Errors of forecasts whose last one ends with its series. */
export const evaluateMembers = async (
  trained: Trained,
  members: readonly Member[],
  judging: Judging,
  signal?: AbortSignal,
): Promise<CollectionReport> => (await evaluatedMembers(trained, members, judging, null, signal)).report;

/**
 * Errors of forecasts whose last one ends with its series, and the forecasts. Intervals are those learned; with a `coverage` those of the other
 * half of the places, so that none is judged by the values that it is made of.
 */
export async function evaluatedMembers(
  trained: Trained,
  members: readonly Member[],
  { origins, stride, period }: Judging,
  coverage: number | null,
  signal?: AbortSignal,
) {
  const { view, intervals } = trained.learned;
  const { horizon } = view;
  const each = members.map((member) => placesIn(member, { origins, stride }, horizon));
  const places = each.flat();
  const forecasts = await forecastsAt(trained, places, signal);
  const half = Math.ceil(places.length / 2);
  const halves = [intervals, intervals];
  if (coverage !== null && places.length > 1) {
    halves[0] = intervalsFor(view, places.slice(half), forecasts.slice(half), coverage);
    halves[1] = intervalsFor(view, places.slice(0, half), forecasts.slice(0, half), coverage);
  }
  let next = 0;
  const found = members.map(({ id, values }, i) => {
    const judged = each[i].map((place) => {
      const k = next++;
      const own = halves[k < half ? 0 : 1];
      return {
        history: values.subarray(0, place.at),
        actual: values.subarray(place.at, place.at + horizon),
        forecast: forecasts[k],
        bounds: own && boundsOf(view, own, place, forecasts[k], within(trained.learned)),
      };
    });
    return seriesReport(view, id, values.length, judged, period);
  });
  const asked = coverage ?? intervals?.coverage ?? null;
  return { report: collectionReport(view, found, origins, period, asked), places, forecasts };
}

/** A value within the bounds of a forecast. */
export const within =
  ({ min, max }: Pick<GlobalLearned, "min" | "max">) =>
  (v: number): number =>
    Math.min(max ?? v, Math.max(min ?? v, v));

/** The rows that forecasts of a series begin at, the last one a horizon before its end. */
const placesIn = (member: Member, { origins, stride }: Omit<Judging, "period">, horizon: number): Place[] =>
  Array.from({ length: origins }, (_, k) => lengthOf(member) - horizon - (origins - 1 - k) * stride)
    .filter((at) => at > 0)
    .map((at) => ({ member, at }));

/** Series as the view has them at a row: scaled by what lies before it. Logarithms need no scale: all rows of a series share them. */
function seenAt(view: View): (member: Member, at: number) => Seen {
  const shared = new Map<Member, Seen>();
  return (member, at) => {
    if (!view.logarithm || view.past > 0) return seenBy(view, upTo(member, at));
    const found = shared.get(member) ?? seenBy(view, member);
    shared.set(member, found);
    return found;
  };
}
