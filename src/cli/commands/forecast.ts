import { Command, Option } from "commander";
import { type BareOptions, bareOptions } from "../readers/bare-options.ts";
import { collectionOptions, readingOptions, seriesOptions } from "../readers/reading-options.ts";
import { common, examples, names, type Screen, wholeNumber } from "../screen/screen.ts";
import type { ForecastOptions } from "./forecast-run.ts";

const bare = ["scaler", "targetScaler", "window", "target"] as const satisfies readonly (keyof BareOptions)[];

/** `cellstate forecast MODEL FILE…`: the steps that follow a series, beside what needs no learning. */
export function forecastCommand(screen: Screen): Command {
  const command = common(new Command("forecast"))
    .description("Forecast the next steps of a series, beside baseline forecasts.")
    .argument("<model>", "a model file saved by cellstate train forecast, or a model from a notebook")
    .argument("[file...]", "the series so far: csv, tsv, jsonl, npz, npy")
    .option(
      "--horizon <n>",
      "steps to forecast (default: as trained; a recursive model can forecast more)",
      wholeNumber,
    )
    .option("--columns <names>", "columns to read, where their names differ from training", names)
    .option("--known-file <file>", "columns known beforehand, by date, for the steps ahead")
    .addOption(new Option("--csv", "CSV output").conflicts("json"))
    .option("--chart <file>", "write a plot of the first target, or of the first six series, as SVG or PNG")
    .action(async (model: string, files: string[], o: ForecastOptions) => {
      const { forecast } = await import("./forecast-run.ts");
      await forecast(model, files, o, screen);
    });
  return examples(
    collectionOptions(bareOptions(seriesOptions(readingOptions(command)), bare)),
    "cellstate forecast sales.keras series.csv",
    "cellstate forecast sales.keras series.csv --horizon 2 --csv",
    "cellstate forecast sales.keras series.csv --chart next.svg",
    "cellstate forecast bikes.keras hours.csv --known-file weather-forecast.csv",
    "cellstate forecast lstm.h5 series.csv --scaler scaler.pkl --columns sales",
  );
}
