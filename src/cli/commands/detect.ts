import { Command, Option } from "commander";
import { readingOptions, seriesOptions } from "../readers/reading-options.ts";
import { common, examples, names, type Screen } from "../screen/screen.ts";
import type { DetectOptions } from "./detect-lines.ts";

/** `cellstate detect MODEL FILE…`: the anomalies of a series, or of rows as they come. */
export function detectCommand(screen: Screen): Command {
  const command = common(new Command("detect"))
    .description("Find anomalies in a series, with their dates, or in rows as they come.")
    .argument("<model>", "a model file saved by cellstate train anomaly")
    .argument(
      "<file...>",
      "the series: csv, tsv, jsonl, npz, npy; - for CSV lines from standard input, one row at a time",
    )
    .option("--false-alarms <rate>", 'tolerated false alarms: "1 in 4 weeks", "1 in 5000 rows" (default: as trained)')
    .option("--columns <names>", "columns to read, where their names differ from training", names)
    .addOption(new Option("--csv", "CSV output, an alarm a line").conflicts("json"))
    .option("--scores <file>", "write the score of every row as CSV")
    .option("--chart <file>", "write a plot of series and scores, alarms shaded, as SVG or PNG")
    .action(async (model: string, files: string[], o: DetectOptions) => {
      const { detect } = await import("./detect-run.ts");
      await detect(model, files, o, screen);
    });
  return examples(
    seriesOptions(readingOptions(command)),
    "cellstate detect pump.keras hours.csv",
    'cellstate detect pump.keras hours.csv --false-alarms "1 per week" --csv',
    "cellstate detect pump.keras hours.csv --scores scores.csv --chart alarms.svg",
    "cellstate detect pump.keras - < hours.csv",
  );
}
