import type { Model } from "../../../models/model.ts";
import type { Callback } from "../../../train/callbacks/index.ts";
import type { FitOptions } from "../../../train/fit/fit-options.ts";
import type { History } from "../../../train/fit/history.ts";
import { adam } from "../../../train/optimizers/index.ts";
import { cosineDecay } from "../../../train/schedules.ts";
import { sameRun } from "../../shared/same-run.ts";
import { windowBatches } from "./batches.ts";
import { featuresOf, withCalendar } from "./calendar-columns.ts";
import { median } from "./choices.ts";
import { evaluateMembers, shrinkageFor, type Trained } from "./collection.ts";
import type { GlobalLearned } from "./learned.ts";
import { forecastNetwork } from "./network.ts";
import { type GlobalForecasterOptions, readGlobalForecaster } from "./options.ts";
import { columnsOf, lengthOf, type Member, membersOf, type SeriesRecord, upTo } from "./record.ts";
import type { CollectionReport } from "./report.ts";
import { leastRows, trainingOrigins, viewOf } from "./training.ts";
import { seenBy } from "./view.ts";
import { sizesOf } from "./windows.ts";

const stepsPerEpoch = 100;

/** Options of `fit`, complete. */
interface Fit extends Pick<FitOptions, "verbose" | "signal" | "write" | "onNaN"> {
  readonly epochs: number;
  readonly batchSize: number;
  readonly holdOut: boolean;
  readonly callbacks: readonly Callback[];
}

/** The result of a training. */
export interface Training extends Trained {
  readonly report: CollectionReport | null;
  readonly history: History;
}

/** Trains a network on series, after a first one that does not see their last steps has told how far to shrink. */
export async function trainOnSeries(
  series: readonly SeriesRecord[],
  options: GlobalForecasterOptions,
  { epochs, batchSize, holdOut, callbacks, ...others }: Fit,
  who: string,
): Promise<Training> {
  const read = readGlobalForecaster(options);
  const { horizon, units, hidden, networks, seed, learningRate, shrink, min, max } = read;
  const columns = columnsOf(series, who);
  const plain = membersOf(series, columns, 0, who);
  const calendar = await calendarOf(plain, who);
  const { holidays } = read;
  const features = featuresOf(read.calendar, holidays, calendar, plain, who);
  const members = withCalendar(plain, { features, holidays, calendar }, 0, who);
  trainingOrigins(members.map(lengthOf), read, who); // so that too short series are told before a training
  const origins = heldOrigins(members.map(lengthOf), horizon);
  const last = origins * horizon; // steps held out
  const held = holdOut ? members.filter((member) => lengthOf(member) >= last + leastRows(horizon)) : [];
  const before = held.map((member) => upTo(member, lengthOf(member) - last));
  const view = viewOf(before.length > 0 ? before : members, columns, read, calendar, who);
  const learned: GlobalLearned = {
    view,
    columns,
    shrinkage: [],
    calendar,
    features,
    holidays,
    series: members.length,
    min,
    max,
  };

  const train = async (all: readonly Member[], given: FitOptions): Promise<{ model: Model; history: History }> => {
    const model = forecastNetwork({ ...sizesOf(view), window: view.window, horizon, units, hidden, networks, seed });
    const rate = cosineDecay(learningRate, { decaySteps: epochs * stepsPerEpoch });
    model.compile({ optimizer: adam({ learningRate: rate, clipnorm: 1 }), loss: "mae", backend: options.backend });
    const seen = all.map((member) => seenBy(view, member));
    const origins = trainingOrigins(all.map(lengthOf), read, who);
    const batches = windowBatches({ view, seen, origins, batchSize, networks, steps: stepsPerEpoch, seed });
    return { model, history: await model.fit(batches, { ...given, epochs, seed }) };
  };

  let [shrinkage, report]: [GlobalLearned["shrinkage"], CollectionReport | null] = [[], null];
  if (held.length > 0) {
    const { model } = await train(before, others);
    if (shrink && !others.signal?.aborted) shrinkage = await shrinkageFor({ model, learned }, held, origins);
    const judging = { origins, stride: horizon, period: view.seasons[0] ?? 1 };
    const first = { model, learned: { ...learned, shrinkage } };
    if (!others.signal?.aborted) report = await evaluateMembers(first, held, judging);
  }
  const data = { series: members.map(({ values }) => values) };
  const same = sameRun(who, { ...options, epochs, batchSize, holdOut }, data);
  const { model, history } = await train(members, { ...others, callbacks: [same, ...callbacks] });
  return { model, learned: { ...learned, shrinkage }, report, history };
}

/**
 * Forecasts of each series to hold out: one of 100 series or more, so many of fewer that there are 100 in all, but no more than a tenth of the
 * steps of a series.
 */
function heldOrigins(rows: readonly number[], horizon: number): number {
  return Math.max(1, Math.min(Math.ceil(100 / rows.length), Math.floor(median(rows) / (10 * horizon))));
}

async function calendarOf(members: readonly Member[], who: string) {
  const dated = members.find((member) => member.dates !== null);
  if (!dated?.dates) return null;
  const { calendarFor } = await import("../dates.ts");
  return calendarFor(dated.dates, lengthOf(dated), null, `${who}: series ${JSON.stringify(dated.id)}`);
}
