import type { NdArray } from "../../tensor/nd-array.ts";
import { textTable } from "../../train/text-table.ts";
import type { BaselineName } from "./baselines.ts";
import { type ForecastReport, inOneLine } from "./report.ts";

/** A forecast, step by step. */
export interface ForecastResult {
  /** The date of each step, as ISO 8601 writes it; null where the series was given without dates. */
  readonly dates: readonly string[] | null;
  /** [steps, targets], in the units of the series. */
  readonly values: NdArray;
  /** Lower bounds of the prediction intervals [steps, targets]; null without intervals. */
  readonly low: NdArray | null;
  /** Upper bounds of the prediction intervals [steps, targets]; null without intervals. */
  readonly high: NdArray | null;
  /** Baseline forecasts, [steps, targets]. */
  readonly baselines: Readonly<Record<BaselineName, NdArray>>;
  /** Errors of forecasts and baselines on the validation split of the last `fit`; null where there was none. */
  readonly report: ForecastReport | null;
  /** Warnings for the reader, for example that a baseline was better. */
  readonly warnings: readonly string[];
  /** A table to read. */
  toString(): string;
}

/** A forecast as a table, its errors on the validation split in one line, and the warnings. */
export function showForecast(
  { dates, values, low, high, baselines, report, warnings }: Omit<ForecastResult, "toString">,
  names: readonly string[],
): string {
  const head = [
    dates ? "date" : "step",
    ...(low ? ["low"] : []),
    "forecast",
    ...(high ? ["high"] : []),
    "naive",
    "seasonal naive",
    "drift",
  ];
  const tables = names.map((name, k) => {
    const rows = Array.from({ length: values.shape[0] }, (_, h) =>
      [low, values, high, baselines.naive, baselines.seasonalNaive, baselines.drift].flatMap((a) =>
        a ? [a.at(h, k)] : [],
      ),
    );
    const digits = digitsFor(rows.flat());
    const table = textTable(
      head,
      rows.map((row, h) => [dates?.[h] ?? `${h + 1}`, ...row.map((v) => String(Number(v.toPrecision(digits))))]),
    );
    return names.length > 1 ? `${name}\n${table}` : table;
  });
  const remarks = [...(report ? [inOneLine(report)] : []), ...warnings.map((text) => `Warning: ${text}`)];
  return [...tables, ...(remarks.length > 0 ? [remarks.join("\n")] : [])].join("\n\n");
}

/** Five digits, or as many more as it takes to tell numbers apart that differ little: a level of 1e9 that changes by 1. */
function digitsFor(numbers: readonly number[]): number {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const size = Math.max(Math.abs(least), Math.abs(most));
  const alike = most > least ? Math.ceil(Math.log10(size / (most - least))) : 12;
  return Math.min(12, Math.max(5, 3 + alike));
}
