import { Command } from "commander";
import { common, examples, type Screen, wholeNumber } from "../screen/screen.ts";
import { collectionTrainingOptions, forecastOptions } from "./forecast-options.ts";
import { type BacktestCommandOptions, trainingOptions } from "./train-options.ts";

/** `cellstate backtest FILE…`: what a forecaster would have forecast, trained again and again on ever more of a series. */
export function backtestCommand(screen: Screen): Command {
  const command = common(new Command("backtest"))
    .description("Train a forecaster on ever more of a series and test each on the rows that follow.")
    .argument("<file...>", "csv, tsv, jsonl, npz, npy")
    .optionsGroup("Backtest:")
    .option("--folds <n>", "number of folds: each trains and tests once (default: 3)", wholeNumber)
    .option("--test-rows <n>", "rows tested in each fold (default: rows / (folds + 1))", wholeNumber)
    .option("--stride <n>", "rows between the origins of two forecasts (default: 1)", wholeNumber)
    .option("--no-refit", "train once, on the rows before the first fold (default: train again for each fold)")
    .option(
      "--queue <url>",
      "have folds computed by the workers of a Redis, redis://host:port; see cellstate worker (default: here)",
    )
    .option("--chart <file>", "write the forecasts of the first target over what happened as SVG or PNG")
    .action(async (files: string[], o: BacktestCommandOptions, self: Command) => {
      const { backtest } = await import("./backtest-run.ts");
      await backtest(files, o, self, screen);
    });
  return examples(
    collectionTrainingOptions(forecastOptions(trainingOptions(command))),
    "cellstate backtest series.csv --horizon 3 --folds 2 --epochs 2 --units 4",
    "cellstate backtest series.csv --horizon 3 --folds 2 --no-refit --epochs 2 --units 4 --chart backtest.svg",
  );
}
