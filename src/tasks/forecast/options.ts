import { DataError, invalidOption, option, problem, sentence, suggest } from "../../errors.ts";
import type { AnyLayer } from "../../layers/index.ts";
import type { BackendName } from "../../train/compiled.ts";
import type { LossLike } from "../../train/losses/named.ts";
import type { OptimizerLike } from "../../train/optimizers/named.ts";
import { anyNumber, anything, type Field, flag, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { onlyLayers, type StackOptions, stackFields, stackNames } from "../shared/recurrent-stack.ts";
import type { ScalerName } from "../shared/scaling.ts";
import { type MethodOption, methodOptions } from "./candidates/method.ts";
import { calmest, needed } from "./choose-differences.ts";
import { lost } from "./differences.ts";
import { reading, type SeriesReading } from "./reading.ts";
import type { SeriesStep } from "./seasons/calendar-seasons.ts";
import { findSeason } from "./seasons/find-seasons.ts";
import type { Series } from "./series.ts";

export interface ForecasterOptions extends StackOptions {
  /** Steps to forecast. Default 1. */
  horizon?: number;
  /** `"direct"` (default): one output for every step. `"recursive"`: one step, fed back; any number of steps, of all columns. */
  strategy?: "direct" | "recursive";
  /**
   * `"network"` forecasts by the network alone; `"naive"`, `"seasonalNaive"`, `"drift"`, `"theta"`, `"ets"` (exponential smoothing), `"demand"` (smoothed,
   * for what is mostly 0) by that method, without training. `"auto"` (default) takes the best of them, or the mean of the best two or three, by their errors on the
   * validation split; where that holds fewer than three horizons theta, ets or their mean by origins in the second half of the rows; with quantile intervals the network.
   */
  method?: MethodOption;
  /** Steps read; timeseriesWindows, as Keras, calls them `sequenceLength`. Default: two seasons, at least 60 and at most 96; a quarter of the series at most. */
  window?: number;
  /** Steps of a season, 1 for none. Default: what the targets show in the training split, with their dates by clock and calendar. */
  season?: number;
  /** Names of the columns, for `targets` and messages. Default: numbers from 0. */
  columns?: readonly string[];
  /** The columns to forecast, by number or name. Default: all. */
  targets?: readonly (number | string)[];
  /**
   * Time zone of clock times among the dates, for example `"Europe/Berlin"`: days have 23 to 25 hours, and forecasts carry its clock times. Default: that
   * written with the dates; else clock times are taken as they are.
   */
  timeZone?: string;
  /** Options for reading the series from files, kept with the model for the next ones: the command line's options. Default: none. */
  reading?: SeriesReading;
  /** Works on logarithms: for growth in percent; every value above 0. Default: what the training split shows. */
  logarithm?: boolean;
  /**
   * Lags of differencing, one after the other: `[1]` changes, `[12]` changes since last
   * year, `[]` the series itself. Default: of these and `[12, 1]`, 12 being the season, the one that leaves the smallest spread.
   */
  differences?: readonly number[];
  /** Scaler of inputs and targets, fitted to the training split. Default `"standard"`. */
  scaler?: ScalerName;
  /**
   * Prediction intervals: `"conformal"` by the errors of each step on rows not trained on, of any method; `"gaussian"` by those of a network in training
   * too; `"quantile"` learns their bounds, by the network alone. All are made as wide as the validation split needs. Default `"none"`; with
   * `coverage` `"conformal"`.
   */
  intervals?: "none" | "conformal" | "quantile" | "gaussian";
  /** The fraction of values an interval is to hold. Default 0.9, where there are `intervals`. */
  coverage?: number;
  /** The least value there can be, for example 0 of counts: no forecast and no interval goes below. Default: no bound. */
  min?: number;
  /** The largest value there can be: no forecast and no interval goes above. Default: no bound. */
  max?: number;
  /** The loss, by name or with options; quantile intervals have a loss of their own. Default `"mse"`. */
  loss?: LossLike;
  /** The optimizer, by name or with options. Default: Adam with learning rate 0.005. */
  optimizer?: OptimizerLike;
  /** Seed of weights, shuffling and dropout. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /** Layers of your own between the input and the last dense layer. Default: recurrent layers. */
  layers?: (sizes: ForecasterSizes) => readonly AnyLayer[];
}

/** Sizes for layers of your own. */
export interface ForecasterSizes {
  /** Steps that are read. */
  window: number;
  /** Numbers of a step. */
  features: number;
  /** Numbers of the last dense layer. */
  outputs: number;
}

/** The options, complete but for what the series decides. Throws DataError for an unknown one, or a value that does not fit. */
export function readForecaster(options: ForecasterOptions) {
  const read = readOptions("forecaster", options, {
    ...stackFields(16, "last"),
    horizon: wholeFrom(1)(1),
    strategy: oneOf(["direct", "recursive"], "direct"),
    method: oneOf(methodOptions, "auto"),
    window: orNull(wholeFrom(1)(1)),
    season: orNull(wholeFrom(1)(1)),
    columns: orNull(nameList),
    timeZone: orNull(zone),
    reading: orNull(reading),
    targets: orNull(targets),
    logarithm: orNull(flag(false)),
    differences: orNull(lags),
    scaler: oneOf(["standard", "minMax", "robust"], "standard"),
    intervals: oneOf(
      ["none", "conformal", "quantile", "gaussian"],
      options?.coverage === undefined ? "none" : "conformal",
    ),
    coverage: fraction,
    min: orNull(anyNumber(0)),
    max: orNull(anyNumber(0)),
    loss: anything,
    optimizer: anything,
    seed: wholeFrom(0)(1),
    backend: anything,
    layers: anything,
  });
  if (read.min !== null && read.max !== null && read.min >= read.max) {
    const expected = sentence`${option("min")} below ${option("max")}`;
    throw new DataError(problem("forecaster", expected, `${read.min} and ${read.max}`, "Leave one of them out."));
  }
  if (options.layers) onlyLayers("forecaster", options, stackNames);
  if (options.coverage !== undefined && read.intervals === "none") {
    const next = sentence`Give ${option("intervals", "conformal")}, or leave ${option("intervals")} out.`;
    throw new DataError(
      problem("forecaster", sentence`${option("intervals")} beside ${option("coverage")}`, "none", next),
    );
  }
  if (options.loss !== undefined && read.intervals === "quantile") {
    const next = sentence`Leave it out, or give ${option("intervals", "gaussian")}.`;
    throw new DataError(problem("forecaster", "the loss of quantile intervals alone", "another loss", next));
  }
  if (read.method !== "auto" && read.method !== "network" && read.intervals === "quantile") {
    const next = sentence`Give ${option("intervals", "gaussian")}, or ${option("method", "network")}.`;
    throw new DataError(problem("forecaster", "quantiles of the network", JSON.stringify(read.method), next));
  }
  if (read.strategy === "recursive" && read.intervals === "quantile") {
    const next = sentence`Give ${option("intervals", "gaussian")}, or ${option("strategy", "direct")}.`;
    throw new DataError(
      problem("forecaster", "quantiles of a direct forecast", sentence`${option("strategy", "recursive")}`, next),
    );
  }
  if (read.strategy === "recursive" && read.targets !== null) {
    const next = sentence`Leave ${option("targets")} out, or give ${option("strategy", "direct")}.`;
    throw new DataError(
      problem(
        "forecaster",
        "all columns in a recursive forecast, which feeds them back",
        sentence`${option("targets")}`,
        next,
      ),
    );
  }
  return read;
}

/** Defaults derived from the training split. */
export function chosenFor(
  training: Series,
  targets: readonly number[],
  options: Pick<ReturnType<typeof readForecaster>, "season" | "differences" | "window" | "method" | "horizon">,
  step: SeriesStep | null,
) {
  const season = options.season ?? Math.max(...targets.map((k) => findSeason(training.values[k], step)));
  const chosen = options.method === "auto" ? needed(training, season, options.horizon) : calmest(training, season);
  const differences = options.differences ?? chosen;
  const usual = Math.min(96, Math.max(60, 2 * season));
  const window = options.window ?? Math.max(1, Math.min(usual, Math.floor((training.rows - lost(differences)) / 4)));
  return { season, differences, window };
}

/** The places of the target columns. Throws DataError for a column that is not there, or there twice. */
export function placesOf(
  targets: readonly (number | string)[] | null,
  D: number,
  names: readonly string[] | null,
): number[] {
  if (targets === null) return Array.from({ length: D }, (_, k) => k);
  const places = targets.map((target) => {
    const place = typeof target === "string" ? (names?.indexOf(target) ?? -1) : target;
    if (place >= 0 && place < D) return place;
    const next = names
      ? suggest(String(target), names)
      : sentence`Name the columns: ${option("columns", undefined, "columns: [...]")}.`;
    const expected = names ? "targets among the columns" : `targets from 0 to ${D - 1}`;
    throw new DataError(problem("forecaster", expected, JSON.stringify(target), next));
  });
  const again = places.findIndex((place, k) => places.indexOf(place) < k);
  if (again < 0) return places;
  const next = "Name each column once, by its name or its number.";
  throw new DataError(
    invalidOption(
      "forecaster",
      "targets",
      sentence`${option("targets")}: different columns`,
      `${JSON.stringify(targets[again])} twice`,
      next,
    ),
  );
}

const isWhole = (v: unknown) => Number.isInteger(v) && Number(v) >= 1;
const lags: Field<readonly number[]> = {
  otherwise: [],
  expected: "a list of whole numbers of 1 or more",
  fits: (v) => Array.isArray(v) && v.every(isWhole),
};
/** The name of a time zone. */
export const zone: Field<string> = {
  otherwise: "UTC",
  expected: "a time zone by its name",
  fits: (v) => typeof v === "string" && v.length < 64,
};
/** Names of columns. */
export const nameList: Field<readonly string[]> = {
  otherwise: [],
  expected: "a list of different names",
  fits: (v) =>
    Array.isArray(v) && v.length > 0 && v.every((n) => typeof n === "string") && new Set(v).size === v.length,
};
const targets: Field<readonly (number | string)[]> = {
  otherwise: [],
  expected: "a list of different columns, by number or name",
  fits: (v) =>
    Array.isArray(v) &&
    v.length > 0 &&
    new Set(v).size === v.length &&
    v.every((t) => typeof t === "string" || (Number.isInteger(t) && t >= 0)),
};
const fraction: Field<number> = {
  otherwise: 0.9,
  expected: "a number between 0 and 1",
  fits: (v) => typeof v === "number" && v > 0 && v < 1,
};
