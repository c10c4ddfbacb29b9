import { columnNumbers } from "../../data/index.ts";
import { loadModel } from "../../index.ts";
import { plotHistory, plotModel } from "../../plot/index.ts";
import { readTables } from "../readers/read-table.ts";
import { told } from "../readers/read-text-file.ts";
import type { Screen } from "../screen/screen.ts";
import { checkApart, checkChart, writeChart } from "../screen/write-result.ts";

export async function plot(source: string, out: string, screen: Screen): Promise<void> {
  await checkChart("--out", out);
  await checkApart([source], { "--out": out });
  const svg = /\.csv$/i.test(source) ? await curves(source) : await plotModel((await loadModel(source)).graph());
  await writeChart(out, svg);
  screen.out(`${out}\n`);
}

async function curves(file: string): Promise<string> {
  const table = await readTables([file]);
  const names = table.columns.filter((name) => name !== "epoch");
  const next = "Give the csv of cellstate train --history, or a model.";
  const rows = await told("columnNumbers", file, () => columnNumbers(table, names).toArray() as number[][], next);
  return plotHistory(Object.fromEntries(names.map((name, k) => [name, rows.map((row) => row[k])])));
}
