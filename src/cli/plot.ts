import { Command } from "commander";
import { columnNumbers } from "../data/index.ts";
import { loadModel } from "../index.ts";
import { plotHistory, plotModel } from "../plot/index.ts";
import { readTables } from "./read-table.ts";
import { told } from "./read-text-file.ts";
import { examples, type Screen } from "./screen.ts";
import { checkApart, checkChart, writeChart } from "./write-result.ts";

/** `cellstate plot MODEL|HISTORY.csv --out FILE.svg`: the layers, or the curves of a training. */
export function plotCommand(screen: Screen): Command {
  const command = new Command("plot")
    .description("Plot the layers of a model, or training curves, as SVG or PNG.")
    .argument("<source>", "a model file, or the CSV file of cellstate train --history")
    .requiredOption("-o, --out <file>", "where the drawing goes")
    .action(async (source: string, { out }: { out: string }) => {
      await checkChart("--out", out);
      await checkApart([source], { "--out": out });
      const svg = /\.csv$/i.test(source) ? await curves(source) : await plotModel((await loadModel(source)).graph());
      await writeChart(out, svg);
      screen.out(`${out}\n`);
    });
  return examples(command, "cellstate plot writer.keras --out layers.svg");
}

async function curves(file: string): Promise<string> {
  const table = await readTables([file]);
  const names = table.columns.filter((name) => name !== "epoch");
  const next = "Give the csv of cellstate train --history, or a model.";
  const rows = await told("columnNumbers", file, () => columnNumbers(table, names).toArray() as number[][], next);
  return plotHistory(Object.fromEntries(names.map((name, k) => [name, rows.map((row) => row[k])])));
}
