import { isNumber, isRecord, readField, type TaskData } from "../shared/task-file.ts";
import { coverageOf, intervalScore } from "./errors.ts";

/** Coverage and score of prediction intervals. */
export interface IntervalReport {
  /** The fraction of values within their interval. */
  readonly measured: number;
  /** The fraction requested. */
  readonly asked: number;
  /** Standard error of `measured`; forecasts that share rows count as fewer. Null for a single forecast, and in files of earlier versions. */
  readonly standardError: number | null;
  /** The mean scaled interval score (meanScaledIntervalScore); null in files of earlier versions. */
  readonly msis: number | null;
}

/** The intervals of forecasts at some origins, laid out as the forecasts are: by origin, step, target. */
interface Measured {
  readonly actual: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly asked: number;
  readonly origins: readonly number[];
  readonly horizon: number;
  /** By target: the seasonal-naive error within the training split. */
  readonly scales: readonly number[];
}

/** Coverage with its standard error, and MSIS as the mean over the targets. */
export function intervalReport({ actual, low, high, asked, origins, horizon, scales }: Measured): IntervalReport {
  const width = horizon * scales.length;
  const at = (values: Float64Array, i: number) => values.subarray(i * width, (i + 1) * width);
  const inside = origins.map((_, i) => coverageOf(at(actual, i), at(low, i), at(high, i)));
  const scores = scales.map((scale, k) => {
    const [y, l, h] = [actual, low, high].map((values) => values.filter((_, i) => i % scales.length === k));
    const score = intervalScore(y, l, h, asked);
    return score === 0 ? 0 : score / scale;
  });
  return {
    measured: coverageOf(actual, low, high),
    asked,
    standardError: standardError(inside, Math.ceil(horizon / (origins[1] - origins[0] || 1))),
    msis: scores.reduce((a, b) => a + b, 0) / scores.length,
  };
}

/** Of the mean of numbers in a row of which `overlap` neighbours share rows. */
export function standardError(list: readonly number[], overlap: number): number | null {
  const n = list.length;
  if (n < 2) return null;
  const mean = list.reduce((a, b) => a + b, 0) / n;
  const variance = list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  return Math.sqrt(variance / Math.max(1, n / overlap));
}

/** From a report in a file; null for one without intervals. */
export function readIntervalReport(report: TaskData): IntervalReport | null {
  if (report.coverage === null) return null;
  const found = { ...readField(report, "coverage", "an object", isRecord), task: "report" } as TaskData;
  const number = (name: string) => readField(found, name, "a number", isNumber);
  // Earlier versions did not measure these; an infinite score is null in JSON.
  const later = (name: string) => (found[name] === undefined || found[name] === null ? null : number(name));
  return {
    measured: number("measured"),
    asked: number("asked"),
    standardError: later("standardError"),
    msis: later("msis"),
  };
}

/** A line for a report. */
export function intervalText({ measured, asked, standardError, msis }: IntervalReport): string {
  const percent = (fraction: number) => (100 * fraction).toFixed(0);
  const error = standardError === null ? "" : ` (standard error ${(100 * standardError).toFixed(1)})`;
  const score = msis === null ? "" : `, MSIS ${msis.toFixed(2)}`;
  return `within the ${percent(asked)} % interval: ${percent(measured)} %${error}${score}`;
}
