import { Command, Option } from "commander";
import { type BareOptions, bareOptions } from "../readers/bare-options.ts";
import { decimalOption, readingOptions, searchFlags } from "../readers/reading-options.ts";
import { common, examples, names, type Screen, wholeNumber } from "../screen/screen.ts";
import type { PredictOptions } from "./predict-texts.ts";
import { shareOf } from "./share.ts";

const bare = [
  ...["tokenizer", "numWords", "labels", "scaler", "maxLength", "padding", "truncating", "threshold"],
] as const as readonly (keyof BareOptions)[];

/** `cellstate predict MODEL [TEXT]`: the class of a text or sequence, or the next words. */
export function predictCommand(screen: Screen): Command {
  const command = common(new Command("predict"))
    .description(
      "Predict the class of each text or sequence, a label for each token, the translation of a text, or the most likely next words of a language model.",
    )
    .argument("<model>", "a model file saved by cellstate train, or a model from a notebook")
    .argument("[text...]", "a text, or files of sequences (default: --file, or standard input line by line, as with -)")
    .option("-f, --file <file>", "file with the samples: txt, csv, tsv, jsonl; sequences also npz, npy, wav")
    .option("--text <column>", "text column of the file")
    .option("--group <column>", "sequences: column with the sequence id of each row")
    .option("--columns <names>", "sequences: numeric columns, comma-separated", names)
    .option(
      "--top <n>",
      "show the n most likely words (default: 5) or classes, with their probabilities as bars",
      wholeNumber,
    )
    .addOption(
      new Option(
        "--csv",
        "classifiers: CSV output, a row for each sample (name or number) with the probability of each class, or of the --top n classes",
      ).conflicts([...["json", "out"]]),
    )
    .option("--image", "transcribers: npy files hold pixels [height, width], whose columns are frames")
    .option("--out <file>", "write a line of JSON for each text; --file is then read line by line, however long it is")
    .option("--resume", "with --out: continue after the last whole line of a run that did not end")
    .option(
      "--shard <i/n>",
      "with --file 'part-*.jsonl' --out 'answers-*.jsonl': the i-th of n processes, from 0, answers every n-th file (default: as a Kubernetes Indexed Job, MPI or Slurm says; else all files)",
      shareOf,
    )
    .action(async (model: string, given: string[], o: PredictOptions, self: Command) => {
      const { predict } = await import("./predict-run.ts");
      await predict(model, given, o, self, screen);
    });
  return examples(
    bareOptions(decimalOption(readingOptions(searchFlags(command))), bare),
    'cellstate predict sentiment.keras "a good film"',
    "cellstate predict sentiment.keras --file reviews.csv --json",
    "cellstate predict sentiment.keras --file reviews.csv --csv",
    "cellstate predict sentiment.keras --file reviews.csv --out answers.jsonl",
    "cellstate predict sentiment.keras < lines.txt",
    'cellstate predict writer.keras "the cell" --top 3',
    "cellstate predict digits.keras one.wav two.wav",
    'cellstate predict slots.keras "flights from boston to denver"',
    'cellstate predict german.keras "two dogs run" --beams 8',
    'cellstate predict model.h5 "a good film" --tokenizer tokenizer.pickle --labels labels.txt',
  );
}
