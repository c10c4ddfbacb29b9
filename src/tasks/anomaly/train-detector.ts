import { DataError, invalidOption, option, sentence } from "../../errors.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { callbackList } from "../../train/callbacks/check-callback.ts";
import { earlyStopping } from "../../train/callbacks/index.ts";
import type { History } from "../../train/fit/history.ts";
import { adam } from "../../train/optimizers/index.ts";
import { readOptions } from "../../train/options.ts";
import { calendarFor } from "../forecast/dates.ts";
import type { Series } from "../forecast/series.ts";
import { every, windowsBefore } from "../forecast/windows.ts";
import { sameRun } from "../shared/same-run.ts";
import { rowsBetween, usualFalseAlarms } from "./false-alarms.ts";
import { type DetectorFitOptions, detectorFitFields } from "./fit-options.ts";
import type { DetectorLearned } from "./learned.ts";
import { autoencoder, forecastNetwork, startLinear } from "./network.ts";
import { errorOf, networkFinds } from "./network-errors.ts";
import { type AnomalyDetectorOptions, readDetector } from "./options.ts";
import { placesOf } from "./places.ts";
import { type Prepared, prepare, togetherOf, usualOf } from "./prepare.ts";
import { medianStep } from "./step.ts";

/** A trained detector's parts. */
export interface TrainedDetector {
  readonly model: Model;
  readonly learned: DetectorLearned;
  readonly history: History;
}

/** Learns what is normal: season and scales, then the network, then how often which error is made. */
export async function trainDetector(
  all: Series,
  own: AnomalyDetectorOptions,
  options: DetectorFitOptions,
  who: string,
): Promise<TrainedDetector> {
  const read = readDetector(own);
  const given = readOptions(who, options, detectorFitFields(all.rows));
  const { dates, callbacks, verbose, signal, write, onNaN } = given;
  const calendar = dates && calendarFor(dates, all.rows, read.timeZone, who);
  const step = calendar ?? (dates && medianStep(dates, read.timeZone, who));
  const falseAlarms = read.falseAlarms ?? usualFalseAlarms(step);
  rowsBetween(falseAlarms, step, who);
  const dated = calendar && dates ? placesOf(calendar, dates, null, who) : null;
  const places = dated?.places ?? Float64Array.from({ length: all.rows }, (_, t) => t);
  const prepared = prepare(all, places, step, read, read.columns, who);
  const { window, season, smooth, memory } = prepared;
  const { cell, units, dropout, recurrentDropout, seed, method } = read;
  const sizes = { cell, units, dropout, recurrentDropout, seed };
  const make = method === "forecast" ? forecastNetwork : autoencoder;
  const model = make(window, all.values.length, sizes);
  model.compile({
    optimizer: own.optimizer ?? adam({ learningRate: 0.003 }),
    loss: "mae",
    backend: own.backend,
  });
  const { x, y, validation } = samplesOf(prepared, method, given.validationSplit);
  if (given.patience !== null && !validation) {
    const next = sentence`Give a ${option("validationSplit")} above 0: ${option("patience")} waits for a smaller validation loss.`;
    throw new DataError(invalidOption(who, "patience", "rows for validation", "none", next));
  }
  const patience = given.patience ?? Math.max(4, Math.round(given.epochs / 8));
  if (method === "forecast") startLinear(model, x, y);
  const before = validation && method === "forecast" ? await firstLoss(model, validation) : null;
  const history = await model.fit(x, y, {
    epochs: given.epochs,
    batchSize: given.batchSize,
    seed,
    callbacks: [
      sameRun(who, { ...own, ...options }, { series: all.values }),
      validation ? earlyStopping({ patience, restoreBestWeights: true }) : {},
      ...callbackList(`${who}: callbacks`, callbacks),
    ],
    ...(validation ? { validationData: validation } : {}),
    ...{ verbose, signal, write, onNaN },
  });
  if (before && !(Math.min(...(history.history.val_loss ?? [])) < before.loss)) model.setWeights(before.weights);
  const found = await networkFinds(model, method, prepared.rows, window);
  const errors = prepared.columns.map(({ deviations, scale }, k) =>
    deviations.map((deviation, t) => errorOf(method, found[k][t], deviation, scale)),
  );
  const learned: DetectorLearned = {
    ...{ method, window, season, smooth, memory, rows: all.rows, names: read.columns, falseAlarms },
    calendar,
    step: step && { unit: step.unit, count: step.count },
    dateFormat: dated?.dateFormat ?? null,
    usual: usualOf(prepared, method, errors),
    together: null,
  };
  return { model, learned: { ...learned, together: togetherOf(prepared, learned, errors) }, history };
}

/** Windows and what the network is to make of them; the last ones kept for validation. */
function samplesOf({ rows, window }: Prepared, method: DetectorLearned["method"], fraction: number) {
  const [T, D] = rows.shape;
  const ends = method === "forecast" ? every(window, T - 1) : every(window, T);
  const kept = Math.floor(fraction * ends.length);
  const sample = (list: readonly number[]) => {
    const x = windowsBefore(rows, list, window);
    const next = () =>
      new NdArray(Float32Array.from(list.flatMap((t) => Array.from(rows.data.subarray(t * D, t * D + D)))), [
        list.length,
        D,
      ]);
    return [x, method === "forecast" ? next() : x] as const;
  };
  const [x, y] = sample(ends.slice(0, ends.length - kept));
  return { x, y, validation: kept > 0 ? sample(ends.slice(ends.length - kept)) : null };
}

/** The loss of a network on the rows for validation before it is trained, and its weights. */
async function firstLoss(model: Model, [x, y]: readonly [NdArray, NdArray]) {
  const { loss } = await model.evaluate(x, y, { verbose: 0 });
  return { loss, weights: model.getWeights() };
}
