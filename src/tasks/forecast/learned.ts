import type { Scaler } from "../../data/scalers.ts";
import type { Calendar } from "../../data/time/calendar.ts";
import { FormatError, problem } from "../../errors.ts";
import { readScaler } from "../shared/read-scaler.ts";
import { isCount, isList, isNumber, isText, readField, type TaskData } from "../shared/task-file.ts";
import { type CandidateError, type Method, readMethods } from "./candidates/method.ts";

/** Parameters of a trained forecaster, in addition to its model. */
export interface Learned {
  /** Steps it forecasts at once. */
  readonly horizon: number;
  /** All steps at once, or one fed back. */
  readonly strategy: "direct" | "recursive";
  /** Steps it reads. */
  readonly window: number;
  /** Steps of a season; 1: none. */
  readonly season: number;
  /** Lags of the differences, in the order they were taken. */
  readonly differences: readonly number[];
  /** Whether it works on logarithms. */
  readonly logarithm: boolean;
  /** Number of columns of a series, their names if they have any, and the targets. */
  readonly columns: number;
  /** Names of the columns; null: they have none. */
  readonly names: readonly string[] | null;
  /** Columns to forecast, by number from 0. */
  readonly targets: readonly number[];
  /** Method of its prediction intervals. */
  readonly intervals: "none" | "conformal" | "quantile" | "gaussian";
  /** Fraction of values that an interval is to hold. */
  readonly coverage: number;
  /** Rows of the series that training saw. */
  readonly rows: number;
  /** The step in time between rows; null: no dates were given, or they have no regular step. */
  readonly calendar: Calendar | null;
  /** The scaler of the inputs. */
  readonly inputs: Scaler;
  /** The scaler of the targets. */
  readonly outputs: Scaler;
  /** By target: the seasonal-naive error within the training split, for MASE. */
  readonly scales: readonly number[];
  /** Forecasts and intervals are no smaller; null: no bound. */
  readonly min: number | null;
  /** Forecasts and intervals are no larger; null: no bound. */
  readonly max: number | null;
  /** By step and target: the larger spread of the errors on training and validation split, for Gaussian intervals; else empty. */
  readonly spreads: readonly number[];
  /** By target: how much wider than that, or than the quantiles, intervals are; empty without a validation split. */
  readonly stretch: readonly number[];
  /** By target: the methods whose mean is the forecast. */
  readonly methods: readonly (readonly Method[])[];
  /** By target: the error of each method that was compared, least first; empty where none was chosen by it. */
  readonly considered: readonly (readonly CandidateError[])[];
  /** Origins in the second half of the rows at which methods were compared, where too few rows were held out; 0: at those of the validation split. */
  readonly comparedAt: number;
  /** The largest root mean square of the scaled changes in a window that training saw; absent in files of an earlier version. */
  readonly moves?: number;
  /** Another program trained the model: the rows it was trained on are not known. */
  readonly bundled?: boolean;
}

/** As plain data. */
export const learnedData = ({ inputs, outputs, ...rest }: Learned): TaskData => ({
  ...rest,
  inputs: inputs.toJSON(),
  outputs: outputs.toJSON(),
});

/** From plain data, but for the calendar (dates.ts). Throws FormatError naming what is wrong. */
export function readLearned(data: TaskData): Omit<Learned, "calendar"> {
  const count = (name: string) => readField(data, name, "a whole number", isCount(1_000_000));
  const word = <T extends string>(name: string, known: readonly T[]) =>
    readField(data, name, `one of ${known.join(", ")}`, (v): v is T => known.includes(v as T));
  const numbers = (name: string) => readField(data, name, "a list of numbers", isList(isNumber));
  const counts = (name: string) => readField(data, name, "a list of whole numbers", isList(isCount(1_000_000)));
  const bound = (name: string) => ((data[name] ?? null) === null ? null : readField(data, name, "a number", isNumber));
  const scaler = (name: string) => readScaler(data, name);
  const learned: Omit<Learned, "calendar"> = {
    horizon: count("horizon"),
    strategy: word("strategy", ["direct", "recursive"]),
    window: count("window"),
    season: count("season"),
    differences: counts("differences"),
    logarithm: readField(data, "logarithm", "true or false", (v): v is boolean => typeof v === "boolean"),
    columns: count("columns"),
    names: data.names === null ? null : readField(data, "names", "a list of names", isList(isText)),
    targets: counts("targets"),
    intervals: word("intervals", ["none", "conformal", "quantile", "gaussian"]),
    coverage: readField(data, "coverage", "a number", isNumber),
    rows: count("rows"),
    inputs: scaler("inputs"),
    outputs: scaler("outputs"),
    scales: numbers("scales"),
    min: bound("min"),
    max: bound("max"),
    spreads: numbers("spreads"),
    stretch: numbers("stretch"),
    methods: [],
    considered: [],
    comparedAt: 0,
    ...(data.moves === undefined ? {} : { moves: readField(data, "moves", "a number", isNumber) }),
    ...(data.bundled === undefined ? {} : { bundled: true }),
  };
  const scales = learned.bundled ? 0 : learned.targets.length;
  const wrong = learned.targets.some((k) => k >= learned.columns) || learned.scales.length !== scales;
  if (wrong)
    throw new FormatError(problem("forecaster: targets", "columns of the series", JSON.stringify(learned.targets)));
  return { ...learned, ...readMethods(data, learned.targets.length) };
}
