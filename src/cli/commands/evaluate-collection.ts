import { formatCsv } from "../../data/index.ts";
import { DataError, problem } from "../../errors.ts";
import type { CollectionReport, GlobalForecaster, SeriesMethod } from "../../index.ts";
import { type CollectionOptions, readCollection } from "../readers/read-collection.ts";
import { withoutUndefined } from "../readers/read-series.ts";
import { type Common, notes, type Screen } from "../screen/screen.ts";
import { readingOf } from "./forecast-collection.ts";

interface Options extends Common, CollectionOptions {
  from?: string;
  chart?: string;
  csv?: boolean;
  origins?: number;
  period?: number;
}

const methods: readonly SeriesMethod[] = ["forecast", "naive", "seasonalNaive", "theta"];

/** Errors of the forecasts of all series of a file, each made from what lies before; as a table of means, or a row for each series. */
export async function evaluateCollection(
  task: GlobalForecaster,
  files: readonly string[],
  o: Options,
  screen: Screen,
): Promise<void> {
  for (const name of ["from", "chart"] as const)
    if (o[name] !== undefined) {
      const next = "Many series are forecast from the ends of each: --origins, --csv.";
      throw new DataError(problem(`--${name}`, "a forecaster of one series", "one of many", next));
    }
  const { series } = await readCollection(files, { ...readingOf(task, o), say: notes(o, screen) });
  const { origins, period } = o;
  const seen = task.learned.values;
  if (task.learned.series === series.length && seen !== null && valuesIn(series) <= seen)
    notes(
      o,
      screen,
    )(
      "as many values as in training, which saw the steps that are forecast here: errors on new ones are larger; training printed those on held-out steps, backtest makes more",
    );
  const report = await task.evaluate(series, withoutUndefined({ origins, period }));
  const without = withoutErrors(series, report);
  if (without) notes(o, screen)(without);
  if (o.json) return screen.out(`${JSON.stringify(plainReport(report))}\n`);
  if (o.csv) return screen.out(await formatCsv(rowsOf(report)));
  const { smape, mase, owa } = report.methods.forecast;
  screen.out(o.quiet ? `sMAPE ${smape.toFixed(2)}, MASE ${mase.toFixed(3)}, OWA ${owa.toFixed(3)}\n` : `${report}\n`);
}

const valuesIn = (series: readonly { readonly values: Float64Array }[]): number =>
  series.reduce((sum, { values }) => sum + values.length, 0);

/** One line on the series that a report has no errors of; null where it has those of all. */
export function withoutErrors(series: readonly { id: string }[], report: CollectionReport): string | null {
  const judged = new Set(report.series.map(({ id }) => id));
  const short = series.filter(({ id }) => !judged.has(id));
  if (short.length === 0) return null;
  const named = short.slice(0, 5).map(({ id }) => id);
  const names = `${named.join(", ")}${short.length > named.length ? ", …" : ""}`;
  return `${short.length} of ${series.length} series too short to evaluate: ${names}`;
}

/** A report as JSON holds it. */
export const plainReport = ({ series, ...rest }: CollectionReport) => ({
  ...rest,
  series: series.map((one) => ({ ...one, forecast: Array.from(one.forecast), actual: Array.from(one.actual) })),
});

/** A row for each series: its length, and the errors of each method. */
function rowsOf({ series }: CollectionReport) {
  const errors = ["smape", "mase", "owa", "rmse", "mae"] as const;
  const columns = methods.flatMap((method) =>
    errors.map((error) => (method === "forecast" ? error : `${method} ${error}`)),
  );
  const rows = series.map((one) => [
    one.id,
    one.rows,
    ...methods.flatMap((method) => errors.map((error) => Number(one.errors[method][error].toPrecision(6)))),
  ]);
  return { columns: ["series", "values", ...columns], rows };
}
