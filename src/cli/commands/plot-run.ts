import { columnNumbers } from "../../data/index.ts";
import { DataError, problem } from "../../errors.ts";
import { loadModel } from "../../index.ts";
import { plotHistory, plotModel } from "../../plot/index.ts";
import { readTables, type Table } from "../readers/read-table.ts";
import { told } from "../readers/read-text-file.ts";
import type { Screen } from "../screen/screen.ts";
import { checkApart, checkChart, writeChart } from "../screen/write-result.ts";

export interface PlotOptions {
  out: string;
  series?: string;
  target?: string;
}

export async function plot(
  sources: readonly string[],
  { out, series, target }: PlotOptions,
  screen: Screen,
): Promise<void> {
  await checkChart("--out", out);
  await checkApart([...sources, ...(series === undefined ? [] : [series])], { "--out": out });
  await writeChart(out, await drawing(sources, series, target));
  screen.out(`${out}\n`);
}

async function drawing(sources: readonly string[], series?: string, target?: string): Promise<string> {
  const [source] = sources;
  const model = sources.find((file) => !isTable(file));
  if (sources.length === 1 && model !== undefined) return plotModel((await loadModel(model)).graph());
  if (model !== undefined) {
    const next = "Give one model, or the CSV files of cellstate forecast --csv.";
    throw new DataError(problem(model, "a CSV file, as the others are", "another file", next));
  }
  const table = await readTables([source]);
  if (isOfMany(table)) return (await import("./plot-collections.ts")).collectionsPlot(sources, series, target);
  if (sources.length === 1 && series === undefined && !isDated(table)) return curves(source, table);
  return (await import("./plot-forecasts.ts")).forecastsPlot(sources, series, target);
}

const isTable = (file: string): boolean => /\.csv$/i.test(file);

/** Whether it holds the forecasts of many series. */
const isOfMany = ({ columns }: Table): boolean => columns[0] === "series" && columns.includes("forecast");

/** Whether its first column has dates as a forecast's has them. */
const isDated = ({ rows }: Table): boolean => /^\d{4}-/.test(rows[0][0]);

async function curves(file: string, table: Table): Promise<string> {
  const names = table.columns.filter((name) => name !== "epoch");
  const next = "Give the csv of cellstate train --history, or a model.";
  const rows = await told("columnNumbers", file, () => columnNumbers(table, names).toArray() as number[][], next);
  return plotHistory(Object.fromEntries(names.map((name, k) => [name, rows.map((row) => row[k])])));
}
