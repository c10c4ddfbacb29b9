import { Command } from "commander";
import { type BareOptions, bareOptions } from "../readers/bare-options.ts";
import { collectionOptions, readingOptions, seriesOptions, transcriptColumns } from "../readers/reading-options.ts";
import { common, examples, names, type Screen, wholeFrom0, wholeNumber } from "../screen/screen.ts";
import type { ExplainOptions } from "./explain-sample.ts";

const bare = [
  ...["tokenizer", "numWords", "labels", "scaler", "targetScaler", "maxLength", "padding", "truncating", "window"],
  ...["target", "threshold"],
] as const as readonly (keyof BareOptions)[];

/** `cellstate explain MODEL "TEXT" | FILE`: the part of each step in the answer, the gates, and what the memory keeps. */
export function explainCommand(screen: Screen): Command {
  const command = common(new Command("explain"))
    .description(
      "Explain one prediction: the part of each step, the gates, and what is left of it in the memory; of a translation its attention.",
    )
    .argument("<model>", "a model file saved by cellstate train, or a model from a notebook")
    .argument(
      "[sample...]",
      "a text or sentence; or a file with sequences, recordings or clips, or with the series so far",
    )
    .option("-f, --file <file>", "file with texts: txt, csv, tsv, jsonl; the first one is explained")
    .option(
      "--row <n>",
      "which text, sequence, clip or series of the file, from 1 (default: 1; of a detector the row with the largest score)",
      wholeNumber,
    )
    .option(
      "--at <n>",
      "taggers: the token whose label is explained, from 1 (default: the first labelled other than O); transcribers: the character (default: the first)",
      wholeNumber,
    )
    .option("--text <column>", "text column of the file")
    .option("--group <column>", "sequences: column with the sequence id of each row")
    .option("--columns <names>", "sequences, series: numeric columns, comma-separated", names)
    .option("--layer <name>", "the recurrent layer to look into (default: the first)")
    .option("--step <n>", "with --unit: work this step out, from 0", wholeFrom0)
    .option("--unit <n>", "with --step: the unit that is worked out, from 0", wholeFrom0)
    .option("--baseline <kind>", "input that parts are measured from: zeros or mean (default: zeros)")
    .option("--chart <file>", "gates and memory by unit and step, or a translation's attention, as SVG or PNG")
    .option("--html <file>", "all of it as one HTML page")
    .action(async (model: string, given: string[], o: ExplainOptions, self: Command) => {
      const { explain } = await import("./explain-run.ts");
      await explain(model, given, o, self, screen);
    });
  return examples(
    bareOptions(collectionOptions(seriesOptions(readingOptions(transcriptColumns(command)))), bare),
    'cellstate explain sentiment.keras "a good film"',
    'cellstate explain sentiment.keras "a good film" --step 2 --unit 0',
    'cellstate explain writer.keras "the cell" --chart gates.svg',
    'cellstate explain german.keras "two dogs run" --chart attention.svg',
    "cellstate explain digits.keras one.wav --json",
    "cellstate explain pump.keras hours.csv --row 50",
    'cellstate explain slots.keras "fly to boston" --at 3',
    "cellstate explain lstm.h5 prices.csv --columns Close --html report.html",
    'cellstate explain model.h5 "a good film" --tokenizer tokenizer.pickle --labels labels.txt',
  );
}
