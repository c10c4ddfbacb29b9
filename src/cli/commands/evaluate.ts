import { Command, Option } from "commander";
import { type BareOptions, bareOptions } from "../readers/bare-options.ts";
import {
  collectionOptions,
  labelFromOption,
  pairColumns,
  readingOptions,
  searchFlags,
  seriesOptions,
  transcriptColumns,
} from "../readers/reading-options.ts";
import { common, examples, names, type Screen, wholeNumber } from "../screen/screen.ts";
import type { EvaluateOptions } from "./evaluate-run.ts";

const bare = [
  ...[
    "tokenizer",
    "numWords",
    "labels",
    "scaler",
    "targetScaler",
    "maxLength",
    "padding",
    "truncating",
    "window",
    "target",
  ],
  "threshold",
] as const as readonly (keyof BareOptions)[];

/** `cellstate evaluate MODEL FILE…`: how good a model is on rows it has not seen. */
export function evaluateCommand(screen: Screen): Command {
  const command = common(new Command("evaluate"))
    .description("Evaluate a model on a labelled file.")
    .argument("<model>", "a model file saved by cellstate train, or a model from a notebook")
    .argument("<file...>", "txt, csv, tsv, jsonl; sequences also npz, npy, wav")
    .option("--text <column>", "text column")
    .option("--label <column>", "label column")
    .option("--label-separator <mark>", "mark between several labels (default: as in training)")
    .option("--group <column>", "sequences: column with the sequence id of each row; tokens: with their sentence")
    .option("--token <column>", "tokens: their column (default: as in training)")
    .option("--intent <column>", "tokens: column with the label of the sentence (default: as in training)")
    .option("--columns <names>", "numeric columns, comma-separated", names)
    .option(
      "--from <row>",
      "forecasts: first row to forecast, from 0, or its date (default: the first row not used in training)",
    )
    .option(
      "--top <n>",
      "classifiers: also the fraction whose class is among the n most probable, up to 10",
      wholeNumber,
    )
    .option("--origins <n>", "many series: forecasts of each, one after the other (default: 1)", wholeNumber)
    .option("--period <n>", "many series: season of MASE and Naive2, 1 for none (default: the season)", wholeNumber)
    .addOption(new Option("--csv", "many series: CSV output, a row of errors for each").conflicts("json"))
    .option("--chart <file>", "write a plot as SVG or PNG: confusion matrix, or forecasts and actual values")
    .action(async (model: string, files: string[], o: EvaluateOptions, self: Command) => {
      const { evaluate } = await import("./evaluate-run.ts");
      await evaluate(model, files, o, self, screen);
    });
  return examples(
    collectionOptions(
      bareOptions(
        labelFromOption(seriesOptions(readingOptions(searchFlags(pairColumns(transcriptColumns(command)))))),
        bare,
      ),
    ),
    "cellstate evaluate sentiment.keras reviews.csv",
    "cellstate evaluate sentiment.keras reviews.csv --chart confusion.svg",
    "cellstate evaluate writer.keras lines.txt --json",
    "cellstate evaluate sales.keras series.csv --from 30",
    "cellstate evaluate slots.keras slots.iob",
    "cellstate evaluate german.keras pairs.tsv --beams 1",
    "cellstate evaluate model.h5 reviews.csv --tokenizer tokenizer.pickle",
  );
}
