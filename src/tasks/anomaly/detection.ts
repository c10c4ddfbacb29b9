import type { Calendar } from "../../data/time/calendar.ts";
import { counted } from "../../errors.ts";
import { textTable } from "../../train/text-table.ts";
import { daysPer } from "../forecast/seasons/calendar-seasons.ts";
import type { ComponentName } from "./components.ts";
import type { Scored } from "./scorer.ts";

/** Rows in a row that are less usual than false alarms allow. */
export interface Alarm {
  /** The first row, from 0. */
  readonly from: number;
  /** The last row. */
  readonly to: number;
  /** The date of the first row; null without dates. */
  readonly start: string | null;
  /** The date of the last row; null without dates. */
  readonly end: string | null;
  /** The row that is farthest off. */
  readonly peak: number;
  /** Its date; null without dates. */
  readonly date: string | null;
  /** The column that is off there, by number. */
  readonly column: number;
  /** Its value. */
  readonly value: number;
  /** Its usual value by the season. */
  readonly usual: number;
  /** The way it is off: one row or some hours against the forecast, some hours against the season, a standstill, a window that the network cannot reconstruct. */
  readonly component: ComponentName;
  /** The distance, in usual deviations; in rows for a standstill. */
  readonly size: number;
  /** Its score, the highest of the alarm. */
  readonly score: number;
}

/** A series, searched for anomalies. */
export interface Detection {
  /** By row: log₁₀ of the rows of normal data among which one is expected to be so far off; NaN for the first rows, which are only read. */
  readonly scores: Float64Array;
  /** Scores above it are alarms. */
  readonly threshold: number;
  /** Oldest first. */
  readonly alarms: readonly Alarm[];
  /** Usual values by the season, by column then row. */
  readonly usual: readonly Float64Array[];
  /** The date of each row; null without dates. */
  readonly dates: readonly string[] | null;
  /** Notes on the rows, a sentence each. */
  readonly notes: readonly string[];
  /** A table to read. */
  toString(): string;
}

/** Rows that were scored, by column. */
export interface ScoredRows {
  readonly values: readonly Float64Array[];
  readonly usual: readonly Float64Array[];
  readonly scored: readonly Scored[];
  readonly dates: readonly string[] | null;
}

/** Alarms among rows: scores above the threshold, joined where no more than `apart` rows lie between two. */
export function alarmsIn(rows: ScoredRows, threshold: number, apart: number): Alarm[] {
  const runs: { from: number; to: number }[] = [];
  rows.scored.forEach(({ score }, t) => {
    if (!(score > threshold)) return;
    const last = runs.at(-1);
    if (last && t - last.to <= apart) last.to = t;
    else runs.push({ from: t, to: t });
  });
  return runs.map((run) => described(rows, run));
}

function described({ values, usual, scored, dates }: ScoredRows, { from, to }: { from: number; to: number }): Alarm {
  let peak = from;
  for (let t = from; t <= to; t++) if (scored[t].score > scored[peak].score) peak = t;
  const { column } = scored[peak];
  return {
    ...{ from, to, start: dates?.[from] ?? null, end: dates?.[to] ?? null },
    ...{ peak, date: dates?.[peak] ?? null, value: values[column][peak], usual: usual[column][peak] },
    ...scored[peak],
  };
}

/** The step between rows, for durations in words. */
type Step = Pick<Calendar, "unit" | "count"> | null;

/** Alarms as a table: when, how long, how far off. */
export function showDetection(
  { alarms, scores, threshold, dates, notes }: Omit<Detection, "toString">,
  names: readonly string[],
  step: Step,
  smooth: number,
): string {
  const short = (v: number) => String(Number(v.toPrecision(5)));
  const several = names.length > 1;
  const head = [
    ...[dates ? "from" : "from row", "lasts", ...(several ? ["column"] : []), "value", "usual"],
    ...["farthest off", "one in rows"],
  ];
  const table = alarms.map((alarm) => [
    alarm.start ?? String(alarm.from),
    lasting(alarm.to - alarm.from + 1, step),
    ...(several ? [names[alarm.column]] : []),
    short(alarm.value),
    short(alarm.usual),
    howFar(alarm, lasting(smooth, step)),
    rows(alarm.score),
  ]);
  const known = scores.filter((score) => !Number.isNaN(score)).length;
  const found = `${counted(alarms.length, "alarm")} in ${counted(known, "row")}; one false alarm in ${rows(threshold)} rows is tolerated`;
  const lines = [found, ...notes].join("\n");
  return alarms.length > 0 ? `${textTable(head, table)}\n\n${lines}` : lines;
}

/** A number of rows from its logarithm. */
const rows = (score: number): string => {
  if (score > 6) return `1e${Math.floor(Math.min(score, 300))}`;
  return String(Math.round(Number((10 ** score).toPrecision(2))));
};

/** The way an alarm is off, and how far. */
export function howFar({ component, size }: Pick<Alarm, "component" | "size">, hours: string): string {
  if (component === "standstill") return `the same for ${counted(size + 1, "row")}`;
  const far = `${size.toPrecision(2)} deviations`;
  const ways: Record<Exclude<ComponentName, "standstill">, string> = {
    error: "from the forecast",
    errors: `from the forecasts of ${hours}`,
    season: `from the season over ${hours}`,
    reconstruction: "from the window as reconstructed",
  };
  return `${size >= 100 ? `${Math.round(size)} deviations` : far} ${ways[component]}`;
}

/** `35 minutes`, `2 days 4 hours`; rows where their step is not known. */
export function lasting(count: number, step: Step): string {
  if (step === null || daysPer(step) >= 7) return counted(count, step?.count === 1 ? step.unit : "row");
  let left = Math.round(count * daysPer(step) * 86_400); // s
  if (left === 0) return counted(count, "row");
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const whole = Math.floor(left / size);
    left -= whole * size;
    if (whole > 0 && parts.length < 2) parts.push(counted(whole, unit));
  }
  return parts.join(" ");
}

const units = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const; // s
