import type { Calendar } from "../../../data/time/calendar.ts";
import { type CalendarFeature, calendarFeatureNames } from "../../../data/time/calendar-feature-names.ts";
import { FormatError, problem } from "../../../errors.ts";
import { isCount, isList, isNumber, isRecord, isText, readField, type TaskData } from "../../shared/task-file.ts";
import type { GlobalIntervals } from "./intervals.ts";
import type { Logarithm } from "./levels.ts";
import type { CollectionColumns } from "./record.ts";
import { regressionSize } from "./regression.ts";
import type { Knot, SimpleMethod } from "./shrinkage.ts";
import type { Moments, View } from "./view.ts";

/** Parameters of a trained global forecaster, in addition to its weights. */
export interface GlobalLearned {
  /** Steps, seasons and scales that it reads series by. */
  readonly view: View;
  /** Names of the columns beside the values. */
  readonly columns: CollectionColumns;
  /** The network's weight beside the methods of `towards`, by length of a series; empty: the network alone. */
  readonly shrinkage: readonly Knot[];
  /** Methods whose mean forecasts are shrunk towards; those with the smallest errors on held-out steps. */
  readonly towards: readonly SimpleMethod[];
  /** Weights of the regression among them, then its constant; null: it is not among them. */
  readonly regression: readonly number[] | null;
  /** Whether forecasts near a value that a series has again and again become that value, where it is no series of whole numbers. */
  readonly repeats: boolean;
  /** Prediction intervals; null: none. */
  readonly intervals: GlobalIntervals | null;
  /** The step in time between values; null: no dates were given, or they have no regular step. */
  readonly calendar: Calendar | null;
  /** Number of series it was trained on. */
  readonly series: number;
  /** Number of their values; null: not known, in files of earlier versions. */
  readonly values: number | null;
  /** Features of the calendar that are made of the dates; empty: none. */
  readonly features: readonly CalendarFeature[];
  /** Dates of the holidays among them. */
  readonly holidays: readonly string[];
  /** Forecasts are no smaller; null: no bound. */
  readonly min: number | null;
  /** Forecasts are no larger; null: no bound. */
  readonly max: number | null;
}

/** From plain data, but for the calendar. Throws FormatError naming what is wrong. */
export function readGlobalLearned(data: TaskData): Omit<GlobalLearned, "calendar"> {
  const part = (of: TaskData, name: string): TaskData => ({
    ...readField(of, name, "an object", isRecord),
    task: data.task,
  });
  const bound = (name: string) => (data[name] === null ? null : readField(data, name, "a number", isNumber));
  const [view, columns] = [part(data, "view"), part(data, "columns")];
  const steps = (name: string) => readField(view, name, "a whole number above 0", isSteps);
  const names = (name: string) => readField(columns, name, "a list of names", isList(isText));
  const learned = {
    view: {
      horizon: steps("horizon"),
      window: steps("window"),
      seasons: readField(view, "seasons", "a list of whole numbers above 0", isList(isSteps)),
      base: steps("base"),
      head: view.head === undefined ? "direct" : readField(view, "head", "steps or direct", isHead),
      logarithm: readField(view, "logarithm", "true, false or log1p", isLogarithm),
      unit: readField(view, "unit", "a number above 0", isPositive),
      known: readField(view, "known", "a list of { mean, deviation }", isList(isMoments)),
      calendar: readField(view, "calendar", "a whole number", isCount(10_000)),
      holidays: readField(view, "holidays", "a whole number", isCount(10_000)),
      past: readField(view, "past", "a whole number", isCount(10_000)),
      static: readField(view, "static", "a list of { mean, deviation } or categories", isList(isStatic)),
    },
    columns: { known: names("known"), past: names("past"), static: names("static") },
    shrinkage: readField(data, "shrinkage", "a list of { rows, weight }", isList(isKnot)),
    towards: data.towards === undefined ? theta : readField(data, "towards", "names of methods", isTowards),
    regression:
      (data.regression ?? null) === null ? null : readField(data, "regression", "a list of numbers", isList(isNumber)),
    repeats: data.repeats === true,
    intervals: (data.intervals ?? null) === null ? null : intervalsIn(part(data, "intervals")),
    series: readField(data, "series", "a whole number", isCount(1e9)),
    values: (data.values ?? null) === null ? null : readField(data, "values", "a whole number", isCount(1e12)),
    features: readField(data, "features", "features of the calendar", isList(isFeature)),
    holidays: readField(data, "holidays", "a list of dates", isList(isText)),
    min: bound("min"),
    max: bound("max"),
  };
  const { view: read } = learned;
  if (view.head === undefined && read.known.length + read.calendar + read.holidays > 0) refuseEarlier();
  readField(view, "known", `numbers for ${learned.columns.known.length} columns`, lengthOf(learned.columns.known));
  if (learned.towards.includes("regression")) {
    const size = regressionSize(read);
    readField(data, "regression", `${size} weights`, (v): v is number[] => Array.isArray(v) && v.length === size);
  }
  readField(view, "static", `numbers for ${learned.columns.static.length} columns`, lengthOf(learned.columns.static));
  return learned;
}

const intervalsIn = (data: TaskData): GlobalIntervals => ({
  coverage: readField(data, "coverage", "a number between 0 and 1", (v): v is number => isNumber(v) && v > 0 && v < 1),
  widths: readField(data, "widths", "a list of numbers", isList(isNumber)),
});
function refuseEarlier(): never {
  const next = "Its network reads known columns in another way: train it again.";
  throw new FormatError(problem("globalForecaster", "a file of this version", "one of an earlier version", next));
}

const theta: readonly SimpleMethod[] = ["theta"]; // in files of earlier versions
const simpleMethods: readonly unknown[] = [
  "naive",
  "seasonalNaive",
  "theta",
  "ets",
  "regression",
  "regressedTheta",
  "regressedEts",
] satisfies SimpleMethod[];
const isTowards = (v: unknown): v is SimpleMethod[] =>
  Array.isArray(v) && v.length > 0 && v.length < 5 && v.every((name) => simpleMethods.includes(name));
const isSteps = (v: unknown): v is number => isCount(1_000_000)(v) && v > 0;
const isLogarithm = (v: unknown): v is Logarithm => typeof v === "boolean" || v === "log1p";
const isHead = (v: unknown): v is View["head"] => v === "steps" || v === "direct";
const isFeature = (v: unknown): v is CalendarFeature => calendarFeatureNames.includes(v as CalendarFeature);
const isPositive = (v: unknown): v is number => isNumber(v) && v > 0;
const isMoments = (v: unknown): v is Moments => isRecord(v) && isNumber(v.mean) && isPositive(v.deviation);
const isStatic = (v: unknown): v is Moments | string[] => isMoments(v) || isList(isText)(v);
const isKnot = (v: unknown): v is Knot =>
  isRecord(v) && isSteps(v.rows) && isNumber(v.weight) && v.weight >= 0 && v.weight <= 1;
const lengthOf =
  (names: readonly string[]) =>
  (v: unknown): v is unknown[] =>
    Array.isArray(v) && v.length === names.length;
