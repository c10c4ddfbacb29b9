import type { BackendName } from "../../train/compiled.ts";
import type { OptimizerLike } from "../../train/optimizers/named.ts";
import { anything, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { nameList, zone } from "../forecast/options.ts";
import { reading, type SeriesReading } from "../forecast/reading.ts";
import { type StackOptions, stackFields } from "../shared/recurrent-stack.ts";
import { type FalseAlarms, falseAlarmsField } from "./false-alarms.ts";
import type { DetectorMethod } from "./learned.ts";

export interface AnomalyDetectorOptions extends Pick<StackOptions, "cell" | "units" | "dropout" | "recurrentDropout"> {
  /**
   * `"forecast"` (default): errors of a network that forecasts the next row, of one row and over some hours, and deviations from the season. `"autoencoder"`:
   * errors of an LSTM autoencoder that reconstructs the last rows. Both see a sensor that is stuck.
   */
  method?: DetectorMethod;
  /**
   * Tolerated false alarms: `"1 in 4 weeks"`, `"2 per day"`, `"1 in 5000 rows"`, or the fraction of rows, 0.0002. Default: one in four weeks where
   * rows come several times a day, else one in 1,000 rows.
   */
  falseAlarms?: FalseAlarms;
  /** Rows that the network reads. Default 24, at most an eighth of the rows. */
  window?: number;
  /** Rows of a season, 1 for none. Default: of none, a day, a week (by the dates, else by the rows), the one that tells the rows of `fit` best. */
  season?: number;
  /** Names of the columns, for messages and alarms. Default: numbers from 0. */
  columns?: readonly string[];
  /** Time zone of clock times among the dates, for example `"Europe/Berlin"`. Default: that written with the dates, else none. */
  timeZone?: string;
  /** Options for reading the series from files, kept with the model for the next ones: the command line's options. Default: none. */
  reading?: SeriesReading;
  /** The optimizer, by name or with options. Default: Adam with learning rate 0.003. */
  optimizer?: OptimizerLike;
  /** Seed of weights, shuffling and dropout. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
}

/** The options, complete but for what the series decides. Throws DataError for an unknown one, or a value that does not fit. */
export function readDetector(options: AnomalyDetectorOptions) {
  const { cell, units, dropout, recurrentDropout } = stackFields(16, "last");
  return readOptions("anomalyDetector", options, {
    ...{ cell, units, dropout, recurrentDropout },
    method: oneOf(["forecast", "autoencoder"], "forecast"),
    falseAlarms: falseAlarmsField,
    window: orNull(wholeFrom(2)(24)),
    season: orNull(wholeFrom(1)(1)),
    columns: orNull(nameList),
    timeZone: orNull(zone),
    reading: orNull(reading),
    optimizer: anything,
    seed: wholeFrom(0)(1),
    backend: anything,
  });
}
