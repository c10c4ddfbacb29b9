import type { Calendar } from "../../data/time/calendar.ts";
import type { DateFormat } from "../../data/time/date-formats.ts";
import { readCalendar } from "../forecast/dates.ts";
import { daysOfUnits, type SeriesStep } from "../forecast/seasons/calendar-seasons.ts";
import { isCount, isList, isNumber, isRecord, isText, readField, type TaskData } from "../shared/task-file.ts";
import { componentsOf } from "./components.ts";
import { type FalseAlarms, falseAlarmsField } from "./false-alarms.ts";
import type { Level } from "./running.ts";
import type { Profile } from "./season-profile.ts";
import type { Tail } from "./tail.ts";

/** Kind of the network, and what is compared with it. */
export type DetectorMethod = "forecast" | "autoencoder";

/** The usual values of one column, and how often it is far off. */
export interface UsualColumn {
  /** Its usual value at each phase of the season. */
  readonly profile: Profile;
  /** Deviation from the profile that is 1 to the network. */
  readonly scale: number;
  /** Changes up to here are none: for a sensor that is stuck. */
  readonly tiny: number;
  /** Of each component: its centre and spread at first. */
  readonly levels: readonly Level[];
  /** Of each component: the rate at which it is far off. */
  readonly tails: readonly Tail[];
}

/** Parameters of a trained detector, in addition to its model. */
export interface DetectorLearned {
  /** The network's task: a forecast, or a reconstruction. */
  readonly method: DetectorMethod;
  /** Rows that the network reads. */
  readonly window: number;
  /** Rows of a season; 1: none. */
  readonly season: number;
  /** Rows that means of errors and deviations are taken over. */
  readonly smooth: number;
  /** Rows after which centre and spread have forgotten. */
  readonly memory: number;
  /** Rows it was trained on. */
  readonly rows: number;
  /** Names of the columns; null: they have none. */
  readonly names: readonly string[] | null;
  /** The step in time between rows; null: no dates were given, or they have no regular step. */
  readonly calendar: Calendar | null;
  /** The same, or the median step of dates without a regular one; null: no dates were given. */
  readonly step: SeriesStep | null;
  /** The order of day and month in dates; null where they tell themselves. */
  readonly dateFormat: DateFormat | null;
  /** Tolerated false alarms. */
  readonly falseAlarms: FalseAlarms;
  /** By column. */
  readonly usual: readonly UsualColumn[];
  /** The rate at which the rarest of all components is so rare; null for few rows, and in files of earlier versions: the rates of all are added up. */
  readonly together: Tail | null;
}

/** As plain data. */
export const learnedData = ({ usual, ...rest }: DetectorLearned): TaskData => ({
  ...rest,
  usual: usual.map(({ profile, ...one }) => ({ ...one, profile: { ...profile, values: Array.from(profile.values) } })),
});

/** From plain data. Throws FormatError naming what is wrong. */
export function readLearned(data: TaskData): DetectorLearned {
  const count = (name: string) =>
    readField(data, name, "a whole number above 0", (v): v is number => isCount(1e6)(v) && v > 0);
  const isLevel = (v: unknown): v is Level => isRecord(v) && isNumber(v.centre) && isNumber(v.spread) && v.spread > 0;
  const isTail = (v: unknown): v is Tail =>
    isRecord(v) && [v.from, v.scale, v.shape, v.rate].every(isNumber) && Number(v.scale) > 0 && Number(v.rate) > 0;
  const isTailOrNull = (v: unknown): v is Tail | null => v === null || isTail(v);
  const isProfile = (v: unknown): v is { values: number[]; limit: number } =>
    isRecord(v) && isList(isNumber)(v.values) && isNumber(v.limit) && v.values.length === season;
  const method = readField(data, "method", '"forecast" or "autoencoder"', isMethod);
  const components = componentsOf(method).length;
  const season = count("season");
  const isUsual = (v: unknown): v is Omit<UsualColumn, "profile"> & { profile: { values: number[]; limit: number } } =>
    isRecord(v) &&
    isProfile(v.profile) &&
    isNumber(v.scale) &&
    v.scale > 0 &&
    isNumber(v.tiny) &&
    isList(isLevel)(v.levels) &&
    isList(isTail)(v.tails) &&
    v.levels.length === components &&
    v.tails.length === components;
  const usual = readField(
    data,
    "usual",
    "what is usual, by column",
    (v): v is UsualColumn[] => isList(isUsual)(v) && v.length > 0,
  );
  const text = (v: unknown): v is DateFormat | null => v === null || isText(v);
  const names = (v: unknown): v is string[] | null => v === null || (isList(isText)(v) && v.length === usual.length);
  return {
    method,
    window: count("window"),
    season,
    smooth: count("smooth"),
    memory: count("memory"),
    rows: count("rows"),
    names: readField(data, "names", "a name for each column, or null", names),
    calendar: readCalendar(data),
    step: readField(data, "step", "a unit and a count, or null", isStep),
    dateFormat: readField(data, "dateFormat", "an order of day and month, or null", text),
    falseAlarms: readField(
      data,
      "falseAlarms",
      "a rate of false alarms",
      (v): v is FalseAlarms => v !== null && falseAlarmsField.fits(v),
    ),
    usual: usual.map(({ profile, ...one }) => ({
      ...one,
      profile: { ...profile, values: Float64Array.from(profile.values) },
    })),
    together: data.together === undefined ? null : readField(data, "together", "a tail, or null", isTailOrNull),
  };
}

const isStep = (v: unknown): v is SeriesStep | null =>
  v === null ||
  (isRecord(v) && isText(v.unit) && Object.hasOwn(daysOfUnits, v.unit) && isNumber(v.count) && v.count > 0);

const isMethod = (v: unknown): v is DetectorMethod => v === "forecast" || v === "autoencoder";
