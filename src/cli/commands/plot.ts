import { Command } from "commander";
import { examples, type Screen } from "../screen/screen.ts";
import type { PlotOptions } from "./plot-run.ts";

/** `cellstate plot MODEL|HISTORY.csv|FORECAST.csv… --out FILE.svg`: the layers, the curves of a training, or forecasts over each other. */
export function plotCommand(screen: Screen): Command {
  const command = new Command("plot")
    .description("Plot the layers of a model, training curves, or forecasts over each other, as SVG or PNG.")
    .argument(
      "<source...>",
      "a model file; the CSV file of cellstate train --history; or CSV files of cellstate forecast --csv",
    )
    .requiredOption("-o, --out <file>", "where the drawing goes")
    .option("--series <file>", "forecasts: the series before them, drawn too")
    .option(
      "--target <column>",
      "forecasts: the column to draw, or of many series the one (default: the first; the first six series)",
    )
    .action(async (sources: string[], o: PlotOptions) => {
      const { plot } = await import("./plot-run.ts");
      await plot(sources, o, screen);
    });
  return examples(
    command,
    "cellstate plot writer.keras --out layers.svg",
    "cellstate plot week.csv other.csv --series series.csv --out forecasts.svg",
  );
}
