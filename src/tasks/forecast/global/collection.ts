import type { Model } from "../../../models/model.ts";
import type { NdArray } from "../../../tensor/nd-array.ts";
import { roomFor } from "./batches.ts";
import { networkForecasts, type Origin } from "./forecast-series.ts";
import type { GlobalLearned } from "./learned.ts";
import { valuesOf } from "./levels.ts";
import { lengthOf, type Member, upTo } from "./record.ts";
import { type CollectionReport, collectionReport, seriesReport } from "./report.ts";
import { type Knot, localForecast, mixed, shrinkageOf, weightAt } from "./shrinkage.ts";
import { type Seen, seenBy, type View } from "./view.ts";
import { writeWindow } from "./windows.ts";

/** A network, and what it needs to forecast series. */
export interface Trained {
  readonly model: Model;
  readonly learned: GlobalLearned;
}

/** A series, and the row that its forecast begins at. */
export interface Place {
  readonly member: Member;
  readonly at: number;
}

/** Forecasts in units of the series, shrunk and within the bounds; each from the rows before its place. */
export async function forecastsAt(
  { model, learned }: Trained,
  places: readonly Place[],
  signal?: AbortSignal,
): Promise<Float64Array[]> {
  const { view, shrinkage, min, max } = learned;
  const seen = seenAt(view);
  const origins = places.map(({ member, at }): Origin => ({ seen: seen(member, at), at }));
  const levels = await networkForecasts(model, view, origins, signal);
  return levels.map((one, i) => {
    const network = valuesOf(view.logarithm, one, origins[i].seen.scale);
    const weight = weightAt(shrinkage, places[i].at);
    const history = places[i].member.values.subarray(0, places[i].at);
    const forecast = weight === 1 ? network : mixed(network, localForecast(view, history), weight);
    return forecast.map((v) => Math.min(max ?? v, Math.max(min ?? v, v)));
  });
}

/** The network's inputs for the rows before a place, one row each. */
export function inputsAt(view: View, { member, at }: Place): readonly NdArray[] {
  const room = roomFor(view, 1);
  writeWindow(view, seenAt(view)(member, at), at, room.at(0));
  return room.inputs;
}

/** Weights of the network and the theta method, from `origins` forecasts of each series whose last steps the network had not seen. */
export async function shrinkageFor(trained: Trained, held: readonly Member[], origins: number): Promise<Knot[]> {
  const { view } = trained.learned;
  const { horizon } = view;
  const places = held.flatMap((member) => placesIn(member, { origins, stride: horizon }, horizon));
  const networks = await forecastsAt(trained, places);
  return shrinkageOf(
    places.map(({ member: { values }, at }, i) => {
      const history = values.subarray(0, at);
      const actual = values.subarray(at, at + horizon);
      return { history, actual, network: networks[i], theta: localForecast(view, history) };
    }),
  );
}

/** Forecasts to judge: `origins` of each series, `stride` steps apart; `period` is the season of MASE and Naive2. */
export interface Judging {
  readonly origins: number;
  readonly stride: number;
  readonly period: number;
}

/** Errors of forecasts whose last one ends with its series. */
export async function evaluateMembers(
  trained: Trained,
  members: readonly Member[],
  { origins, stride, period }: Judging,
  signal?: AbortSignal,
): Promise<CollectionReport> {
  const { view } = trained.learned;
  const { horizon } = view;
  const places = members.map((member) => placesIn(member, { origins, stride }, horizon));
  const forecasts = await forecastsAt(trained, places.flat(), signal);
  let next = 0;
  const found = members.map(({ id, values }, i) => {
    const judged = places[i].map(({ at }) => ({
      history: values.subarray(0, at),
      actual: values.subarray(at, at + horizon),
      forecast: forecasts[next++],
    }));
    return seriesReport(view, id, values.length, judged, period);
  });
  return collectionReport(view, found, origins, period);
}

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
