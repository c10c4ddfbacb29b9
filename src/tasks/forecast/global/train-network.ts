import { DataError, option, problem, sentence } from "../../../errors.ts";
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
import { evaluatedMembers, type Judging, repeatsHelp, shrinkageFor, type Trained } from "./collection.ts";
import { intervalsFor } from "./intervals.ts";
import type { GlobalLearned } from "./learned.ts";
import { forecastNetwork } from "./network.ts";
import { type GlobalForecasterOptions, readGlobalForecaster } from "./options.ts";
import { columnsOf, lengthOf, type Member, membersOf, type SeriesRecord, upTo } from "./record.ts";
import { hasRegression, regressionOf } from "./regression.ts";
import type { CollectionReport } from "./report.ts";
import { leastRows, trainingOrigins, viewOf } from "./training.ts";
import { seenBy } from "./view.ts";
import { sizesOf } from "./windows.ts";

const stepsPerEpoch = 100;

/** Defaults by the form of the network's output: a step ahead is a sample where all share a network. */
const usual = {
  direct: { epochs: 8, batchSize: 256, networks: 2, units: 64, learningRate: 0.005 },
  steps: { epochs: 8, batchSize: 64, networks: 3, units: 32, learningRate: 0.002 },
};

/** Options of `fit`, complete but for what the form of the network decides. */
interface Fit extends Pick<FitOptions, "verbose" | "signal" | "write" | "onNaN"> {
  readonly epochs: number | null;
  readonly batchSize: number | null;
  readonly holdOut: boolean;
  readonly callbacks: readonly Callback[];
}

/** The result of a training. */
export interface Training extends Trained {
  readonly report: CollectionReport | null;
  readonly history: History;
}

/**
 * Trains a network on series, after a first one that does not see their last steps has told how far to shrink and how wide intervals are; or
 * trains one on that was trained `before`, by the scales, shrinkage and intervals that it has.
 */
export async function trainOnSeries(
  series: readonly SeriesRecord[],
  options: GlobalForecasterOptions,
  { holdOut, callbacks, epochs: passes, batchSize: size, ...given }: Fit,
  before: Trained | null,
  who: string,
): Promise<Training> {
  const read = readGlobalForecaster(options);
  const { seed, coverage } = read;
  const { members, held, origins, learned } = await preparedFor(series, read, holdOut, before?.learned ?? null, who);
  const { view } = learned;
  const { horizon } = view;
  const usually = usual[view.head];
  const epochs = passes ?? usually.epochs;
  const batchSize = size ?? usually.batchSize;
  const networks = read.networks ?? usually.networks;
  const sizes = { units: read.units ?? usually.units, hidden: read.hidden, networks };

  const train = async (all: readonly Member[], from: Model | null, fit: FitOptions) => {
    const model = from ?? forecastNetwork({ ...sizesOf(view), window: view.window, horizon, ...sizes, seed });
    const rate = cosineDecay(read.learningRate ?? usually.learningRate, { decaySteps: epochs * stepsPerEpoch });
    model.compile({ optimizer: adam({ learningRate: rate, clipnorm: 1 }), loss: "mae", backend: options.backend });
    const seen = all.map((member) => seenBy(view, member));
    const origins = trainingOrigins(all.map(lengthOf), read, who);
    const outputs = { networks: before ? networksOf(before) : networks };
    const batches = windowBatches({ view, seen, origins, batchSize, ...outputs, steps: stepsPerEpoch, seed });
    return { model, history: await model.fit(batches, { ...fit, epochs, seed }) };
  };

  const regressionFor = (all: readonly Member[]) => {
    const origins = trainingOrigins(all.map(lengthOf), read, who);
    return hasRegression(view)
      ? regressionOf(
          view,
          all.map((member) => seenBy(view, member)),
          origins,
        )
      : null;
  };

  let [found, report]: [GlobalLearned, CollectionReport | null] = [learned, null];
  if (held.length > 0) {
    const shorter = held.map((member) => upTo(member, lengthOf(member) - origins * horizon));
    const { model } = await train(shorter, null, given);
    const judging = { origins, stride: horizon, period: view.seasons[0] ?? 1 };
    const asked = { shrink: read.shrink, coverage };
    if (!given.signal?.aborted)
      [found, report] = await judgedBy(
        { model, learned: { ...learned, regression: regressionFor(shorter) } },
        held,
        judging,
        asked,
      );
  }
  const data = { series: members.map(({ values }) => values) };
  const same = sameRun(who, { ...options, epochs, batchSize, holdOut, continue: before ? true : undefined }, data);
  const { model, history } = await train(members, before?.model ?? null, { ...given, callbacks: [same, ...callbacks] });
  const regression = found.towards.includes("regression") ? regressionFor(members) : null;
  return { model, learned: { ...found, regression }, report, history };
}

/** Networks side by side in a model that was trained before: its outputs by step. */
const networksOf = ({ model, learned }: Trained): number =>
  ((model.outputShape as number[])[1] ?? 1) / learned.view.horizon;

/** Shrinkage and intervals by forecasts that the network had not seen, and their errors; intervals judged on one half are of the other. */
async function judgedBy(
  { model, learned }: Trained,
  held: readonly Member[],
  judging: Judging,
  { shrink, coverage }: { readonly shrink: boolean; readonly coverage: number | null },
): Promise<[GlobalLearned, CollectionReport]> {
  const beside = shrink ? await shrinkageFor({ model, learned }, held, judging.origins) : {};
  const mixed = { ...learned, ...beside };
  const found = { ...mixed, repeats: await repeatsHelp({ model, learned: mixed }, held, judging.origins) };
  const { report, places, forecasts } = await evaluatedMembers({ model, learned: found }, held, judging, coverage);
  const intervals = coverage === null ? null : intervalsFor(learned.view, places, forecasts, coverage);
  return [{ ...found, intervals }, report];
}

/** Series as members, those whose last steps are held out and how many forecasts of each, and what is learned before any training. */
async function preparedFor(
  series: readonly SeriesRecord[],
  read: ReturnType<typeof readGlobalForecaster>,
  holdOut: boolean,
  before: GlobalLearned | null,
  who: string,
) {
  const { horizon, min, max } = read;
  const columns = before?.columns ?? columnsOf(series, who);
  columnsOf(series, who); // so that a list without series is told
  const plain = membersOf(series, columns, 0, who);
  const { commonCalendar } = await import("../dates.ts");
  const calendar = commonCalendar(plain, before?.calendar ?? null, who);
  const holidays = before?.holidays ?? read.holidays;
  const features = before?.features ?? featuresOf(read.calendar, holidays, calendar, plain, who);
  const members = withCalendar(plain, { features, holidays, calendar }, 0, who);
  trainingOrigins(members.map(lengthOf), read, who); // so that too short series are told before a training
  const origins = heldOrigins(members.map(lengthOf), horizon);
  const last = origins * horizon; // steps held out
  const held = holdOut && !before ? members.filter((member) => lengthOf(member) >= last + leastRows(horizon)) : [];
  if (read.coverage !== null && held.length === 0 && !before) refuseIntervals(holdOut, horizon, who);
  const shorter = held.map((member) => upTo(member, lengthOf(member) - last));
  const view = before?.view ?? viewOf(shorter.length > 0 ? shorter : members, columns, read, calendar, who);
  const own = {
    view,
    columns,
    calendar,
    features,
    holidays,
    series: members.length,
    values: valuesIn(members),
    min,
    max,
  };
  const { shrinkage = [], towards = ["theta"], regression = null, repeats = false, intervals = null } = before ?? {};
  const learned: GlobalLearned = { ...own, shrinkage, towards, regression, repeats, intervals };
  return { members, held, origins, learned };
}

const valuesIn = (members: readonly Member[]): number => members.reduce((sum, one) => sum + lengthOf(one), 0);

function refuseIntervals(holdOut: boolean, horizon: number, who: string): never {
  const next = holdOut
    ? sentence`Give series of at least ${horizon + leastRows(horizon)} values, or leave ${option("coverage")} out.`
    : sentence`Leave ${option("holdOut")} or ${option("coverage")} out.`;
  throw new DataError(problem(who, "held-out steps, which intervals are made by", "none", next));
}

/**
 * Forecasts of each series to hold out: one of 100 series or more, so many of fewer that there are 100 in all, but no more than a tenth of the
 * steps of a series.
 */
function heldOrigins(rows: readonly number[], horizon: number): number {
  return Math.max(1, Math.min(Math.ceil(100 / rows.length), Math.floor(median(rows) / (10 * horizon))));
}
