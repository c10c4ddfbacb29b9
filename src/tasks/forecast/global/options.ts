import { type CalendarFeature, calendarFeatureNames } from "../../../data/time/calendar-feature-names.ts";
import { DataError, option, problem, sentence } from "../../../errors.ts";
import type { BackendName } from "../../../train/compiled.ts";
import {
  above0,
  anyNumber,
  anything,
  type Field,
  flag,
  orNull,
  readOptions,
  wholeFrom,
} from "../../../train/options.ts";
import type { Logarithm } from "./levels.ts";
import { type CollectionReading, collectionReading } from "./reading.ts";

export interface GlobalForecasterOptions {
  /** Steps to forecast. Default 1. */
  horizon?: number;
  /** Steps read of each series. Default: a season, from 24 to 168, at least two horizons; where all steps share a network two of the shortest season. */
  window?: number;
  /** Steps of the season, or of several, 1 for none: `[24, 168]` for hours. Default: what most series show. */
  season?: number | readonly number[];
  /**
   * Works on logarithms: for changes in proportion; every value above 0. `"log1p"`: on logarithms of one more, for counts with zeros; then no forecast
   * is below 0. Default: what most series show.
   */
  logarithm?: boolean | "log1p";
  /**
   * Columns that the dates give, for the steps ahead too: hour, day of the week, day of the year and others, by step and length of the series, or
   * those in a list; see `calendarFeatures`. Each series then needs `dates`. Default false.
   */
  calendar?: boolean | readonly CalendarFeature[];
  /** Dates of holidays, those of the steps ahead too: `["2012-12-25"]`; a column of the calendar. Default: none. */
  holidays?: readonly string[];
  /** The season whose seasonal naive forecast is corrected; 1: the last value is. Default: the one that leaves a clearly smaller error. */
  base?: number;
  /** Units of the LSTM. Default 64; 32 where all steps ahead share a network, for seasons and columns known beforehand. */
  units?: number;
  /** Units of the dense layer between the LSTM and the output; where all steps share a network of two, the second has half. Default 128. */
  hidden?: number;
  /** Networks trained side by side, whose mean is the forecast. Default 2; 3 where all steps share one. */
  networks?: number;
  /** The newest windows of each series that are drawn from. Default: 150; more of few series, 20,000 in all. */
  windowsPerSeries?: number;
  /** The learning rate that Adam begins with; it falls to 0 by half a cosine. Default 0.005; 0.002 where all steps share a network. */
  learningRate?: number;
  /**
   * Shrinks forecasts towards those of theta, exponential smoothing (up to 100 series), both, a naive one or, where columns are known beforehand, a linear
   * regression on them, or theta or exponential smoothing of what each series' own regression on them leaves, by a weight for the length of a series;
   * held-out steps choose method and weight. Default true.
   */
  shrink?: boolean;
  /**
   * Fraction of values that prediction intervals are to hold, for example 0.9: conformal ones, by the errors on the held-out steps. Default: no
   * intervals.
   */
  coverage?: number;
  /** The least value there can be: no forecast goes below. Default: no bound. */
  min?: number;
  /** The largest value there can be: no forecast goes above. Default: no bound. */
  max?: number;
  /** Options for reading the series from files, kept with the model for the next ones: the command line's options. Default: none. */
  reading?: CollectionReading;
  /** Seed of weights and windows. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
}

const isSeason = (v: unknown) => Number.isInteger(v) && Number(v) >= 1;
const seasons: Field<number | readonly number[]> = {
  otherwise: 1,
  expected: "a whole number of 1 or more, or a list of them",
  fits: (v) => isSeason(v) || (Array.isArray(v) && v.length > 0 && v.every(isSeason)),
};

const logarithm: Field<Logarithm> = {
  otherwise: false,
  expected: 'true, false or "log1p"',
  fits: (v) => typeof v === "boolean" || v === "log1p",
};
const anyCalendar: Field<boolean | readonly CalendarFeature[]> = {
  otherwise: false,
  expected: `true, false or a list of ${calendarFeatureNames.join(", ")}`,
  fits: (v) => typeof v === "boolean" || (Array.isArray(v) && v.every((one) => calendarFeatureNames.includes(one))),
};
const between0and1: Field<number> = {
  otherwise: 0.9,
  expected: "a number between 0 and 1",
  fits: (v) => typeof v === "number" && v > 0 && v < 1,
};
const holidays: Field<readonly string[]> = {
  otherwise: [],
  expected: "a list of dates as text",
  fits: (v) => Array.isArray(v) && v.every((date) => typeof date === "string"),
};

/** The options, complete but for what the series decide. Throws DataError for an unknown one, or a value that does not fit. */
export function readGlobalForecaster(options: GlobalForecasterOptions) {
  const read = readOptions("globalForecaster", options, {
    horizon: wholeFrom(1)(1),
    window: orNull(wholeFrom(1)(1)),
    season: orNull(seasons),
    logarithm: orNull(logarithm),
    calendar: anyCalendar,
    holidays: holidays,
    base: orNull(wholeFrom(1)(1)),
    units: orNull(wholeFrom(1)(64)),
    hidden: wholeFrom(1)(128),
    networks: orNull(wholeFrom(1)(2)),
    windowsPerSeries: orNull(wholeFrom(1)(1)),
    learningRate: orNull(above0(0.005)),
    shrink: flag(true),
    coverage: orNull(between0and1),
    min: orNull(anyNumber(0)),
    max: orNull(anyNumber(0)),
    reading: orNull(collectionReading),
    seed: wholeFrom(0)(1),
    backend: anything,
  });
  const { season } = read;
  if (read.holidays.length > 0 && read.calendar === false) {
    const next = sentence`Give ${option("calendar", true)} too.`;
    throw new DataError(
      problem("globalForecaster", sentence`${option("calendar")} beside ${option("holidays")}`, "none", next),
    );
  }
  const list = season === null ? null : typeof season === "number" ? [season] : [...season];
  return { ...read, season: list && [...new Set(list)].filter((m) => m > 1).sort((a, b) => a - b) };
}
