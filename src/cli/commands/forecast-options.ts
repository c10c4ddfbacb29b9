import { type Command, Option } from "commander";
import { formerly } from "../former-names.ts";
import { collectionOptions, seriesOptions } from "../readers/reading-options.ts";
import { names, wholeNumber } from "../screen/screen.ts";
import { anyNumber, between0and1, lags, seasonLengths, stackOptions } from "./train-options.ts";

/** Options of a forecaster and of the series it reads. */
export function forecastOptions(command: Command): Command {
  command
    .optionsGroup("Input:")
    .option("--columns <names>", "columns to read, comma-separated (default: all numeric columns)", names)
    .option("--targets <names>", "columns to forecast, comma-separated (default: all)", names)
    .optionsGroup("Forecast:")
    .option("--horizon <n>", "steps to forecast", wholeNumber, 1)
    .addOption(
      new Option(
        "--method <kind>",
        "network, or a method without training; auto takes the best on the validation split, or the mean of the best (default: auto)",
      ).choices(["auto", "network", "naive", "seasonalNaive", "drift", "theta", "ets", "demand"]),
    )
    .option(
      "--window <n>",
      "input window in steps (default: two seasons, 60 to 96, at most a quarter of the rows)",
      wholeNumber,
    )
    .option(
      "--season <n>",
      "season length in steps, 1 for none; of many series, or with --calendar, several: 24,168 (default: detected)",
      seasonLengths,
    )
    .option(
      "--differences <steps>",
      "difference the series at these lags, comma-separated, or none (default: by data)",
      lags,
    )
    .option("--logarithm", "log-transform the series, for growth in percent (default: by data)")
    .option("--no-logarithm", "no log transform")
    .addOption(
      new Option("--scaler <kind>", "scaler of the numbers (default: standard)").choices([
        "standard",
        "minMax",
        "robust",
      ]),
    )
    .addOption(
      new Option("--strategy <kind>", "forecast all steps at once, or one step fed back (default: direct)").choices([
        "direct",
        "recursive",
      ]),
    )
    .addOption(
      new Option(
        "--intervals <kind>",
        "prediction intervals: by the errors on held-out rows (conformal), of the training rows too (gaussian), or quantile regression of the network (default: none; conformal with --coverage)",
      ).choices(["none", "conformal", "quantile", "gaussian"]),
    )
    .option("--coverage <fraction>", "fraction of values inside the prediction interval (default: 0.9)", between0and1)
    .option("--min <x>", "least value there can be, 0 for counts: no forecast goes below (default: none)", anyNumber)
    .option("--max <x>", "largest value there can be: no forecast goes above (default: none)", anyNumber)
    .addOption(new Option("--loss <kind>", "loss function (default: mse)").choices(["mse", "mae", "huber", "logCosh"]));
  stackOptions(seriesOptions(command.optionsGroup("Input:")));
  formerly(command, "--target <names>", "targets", names);
  return command;
}

/** Options of one network for many series. */
export const collectionTrainingOptions = (command: Command): Command =>
  collectionOptions(command.optionsGroup("Many series, one network:"))
    .option("--calendar", "columns that the dates give: hour, day of the week, day of the year, by step and length")
    .option("--holidays <file>", "dates of holidays, one a line, those of the steps ahead too; implies --calendar")
    .option("--log1p", "works on logarithms of one more, for counts with zeros (default: by data)")
    .option("--allow-leaks", "train on known columns that hold the answer (default: they are refused)");
