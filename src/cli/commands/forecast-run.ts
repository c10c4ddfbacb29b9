import { forecastAnswer } from "../../answers/index.ts";
import { formatCsv } from "../../data/index.ts";
import { DataError, problem } from "../../errors.ts";
import type { ForecastResult } from "../../index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { namedFiles } from "../readers/named-set.ts";
import { openAnyTask } from "../readers/open-task.ts";
import { type CollectionOptions, refuseCollection } from "../readers/read-collection.ts";
import { columnsIn, ofItsColumns, readingOf, readSeries } from "../readers/read-series.ts";
import { told } from "../readers/read-text-file.ts";
import { drawForecast } from "../screen/draw-forecast.ts";
import { type Common, notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, writeChart } from "../screen/write-result.ts";

export interface ForecastOptions extends Common, CollectionOptions, BareOptions {
  horizon?: number;
  columns?: string[];
  csv?: boolean;
  chart?: string;
}

export async function forecast(model: string, given: string[], o: ForecastOptions, screen: Screen): Promise<void> {
  await checkChart("--chart", o.chart);
  const files = await namedFiles(given, "test", notes(o, screen));
  await checkApart([model, ...files], { "--chart": o.chart });
  const say = notes(o, screen);
  const opening = { ...o, columnsOf: columnsIn(files, o), say };
  const { kind, task } = await openAnyTask(model, ["forecaster", "globalForecaster"], opening);
  if (files.length === 0) {
    const reads =
      kind === "forecaster" ? (task.learned.names?.join(", ") ?? `${task.learned.columns} columns`) : "the series";
    const next = `The model does not store the series: cellstate forecast ${model} FILE, with ${reads}.`;
    throw new DataError(problem("forecast", "the series so far", "no file", next));
  }
  if (kind === "globalForecaster") {
    const { forecastCollection } = await import("./forecast-collection.ts");
    return forecastCollection(task, files, o, screen);
  }
  refuseCollection(o);
  const names = o.columns ?? task.learned.names ?? undefined;
  const { series, columns, dates, reading } = await readSeries(files, names, { ...readingOf(task.options, o), say });
  const horizon = { ...(o.horizon === undefined ? {} : { horizon: o.horizon }), dates };
  const found = await ofItsColumns(() =>
    told("forecaster.predict", files.join(", "), () => task.predict(series, horizon)),
  );
  const targets = task.learned.targets.map((k) => columns[k]);
  const { warnings } = found;
  if (o.chart) {
    const rows = series.toArray() as number[][];
    const drawn = { rows, from: rows.length, column: task.learned.targets[0], name: targets[0], dates };
    await writeChart(o.chart, await drawForecast(drawn, found));
  }
  if (o.json) {
    screen.out(`${JSON.stringify(forecastAnswer(found, targets))}\n`);
  } else if (o.csv) {
    screen.out(await formatCsv(spreadsheet(found, targets, reading.date || ["date"])));
    if (!o.quiet) for (const warning of warnings) screen.err(`Warning: ${warning}\n`);
  } else screen.out(`${o.quiet ? tables(found) : found}\n`);
}

/** The date of each step, where there is one; a column for each target, and where it has intervals two for their ends. */
function spreadsheet(
  { dates, values, low, high }: ForecastResult,
  targets: readonly string[],
  dated: readonly string[],
) {
  const parts = [
    { a: values, end: "" },
    ...(low && high
      ? [
          { a: low, end: " low" },
          { a: high, end: " high" },
        ]
      : []),
  ];
  const date = dated.length === 1 ? dated[0] : "date";
  const columns = targets.flatMap((target) => parts.map(({ end }) => `${target}${end}`));
  const [steps] = values.shape;
  const cell = (v: number) => Number(v.toPrecision(15)); // all that a float64 has, without its last, random digits
  const rows = Array.from({ length: steps }, (_, h) =>
    targets.flatMap((_, k) => parts.map(({ a }) => cell(a.at(h, k)))),
  );
  return dates ? { columns: [date, ...columns], rows: rows.map((row, h) => [dates[h], ...row]) } : { columns, rows };
}

/** A forecast without the errors and warnings after the last table. */
function tables(found: ForecastResult): string {
  const parts = String(found).split("\n\n");
  return (found.report || found.warnings.length > 0 ? parts.slice(0, -1) : parts).join("\n\n");
}
