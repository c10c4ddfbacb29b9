import { Command } from "commander";
import { examples, type Screen } from "../screen/screen.ts";

/** `cellstate plot MODEL|HISTORY.csv --out FILE.svg`: the layers, or the curves of a training. */
export function plotCommand(screen: Screen): Command {
  const command = new Command("plot")
    .description("Plot the layers of a model, or training curves, as SVG or PNG.")
    .argument("<source>", "a model file, or the CSV file of cellstate train --history")
    .requiredOption("-o, --out <file>", "where the drawing goes")
    .action(async (source: string, { out }: { out: string }) => {
      const { plot } = await import("./plot-run.ts");
      await plot(source, out, screen);
    });
  return examples(command, "cellstate plot writer.keras --out layers.svg");
}
