import { Argument, Command, Option } from "commander";
import { pairColumns, readingOptions, taggedColumns, transcriptColumns } from "../readers/reading-options.ts";
import { common, examples, names, numberFrom0, type Screen, wholeFrom0, wholeNumber } from "../screen/screen.ts";
import { between0and1 } from "./train-options.ts";
import type { TuneCommandOptions } from "./tune-run.ts";

const tasks = ["classify", "sequence", "forecast", "tag", "text", "transcribe", "translate"];

/** `cellstate tune TASK FILE…`: a search for good options of a task. */
export function tuneCommand(screen: Screen): Command {
  const command = common(new Command("tune"))
    .description(
      "Search for good options of a task: settings are drawn at random, trained, and compared on rows held out.",
    )
    .addArgument(new Argument("<task>", "kind of task").choices(tasks))
    .argument("<file...>", "files as cellstate train reads them")
    .optionsGroup("Search:")
    .option("--trials <n>", "number of settings (default: 18)", wholeNumber)
    .option("--minutes <n>", "no trial begins after this many minutes (default: all trials)", numberFrom0)
    .addOption(
      new Option(
        "--search <how>",
        "nine settings for a ninth of the epochs, the best three for a third, the best for all (halving); or each for all (default: halving)",
      ).choices(["halving", "random"]),
    )
    .option("-e, --epochs <n>", "passes over the training data of a whole training (default: 27)", wholeNumber)
    .option("-s, --seed <n>", "random seed of the search (default: 1)", wholeFrom0)
    .option("--validation-split <fraction>", "fraction of the rows held out to compare by (default: 0.2)", between0and1)
    .option(
      "--queue <url>",
      "have trials run by the workers of a Redis, redis://host:port; see cellstate worker (default: here)",
    )
    .optionsGroup("Files:")
    .option("--folder <folder>", "where trials are kept; a search that was interrupted goes on there", "tune")
    .option("-o, --save <file>", "model file for the best trial's model (default: FOLDER/best.keras alone)")
    .option("--chart <file>", "write the scores of all trials as SVG or PNG")
    .optionsGroup("Input:")
    .option("--text <column>", "text column")
    .option("--columns <names>", "numeric columns, comma-separated", names)
    .option("--horizon <n>", "forecasts: steps ahead (default: 1)", wholeNumber)
    .action(async (task: string, files: string[], o: TuneCommandOptions) => {
      const { tuneOn } = await import("./tune-run.ts");
      await tuneOn(task as Parameters<typeof tuneOn>[0], files, o, screen);
    });
  return examples(
    readingOptions(pairColumns(transcriptColumns(taggedColumns(command)))),
    "cellstate tune classify reviews.csv --trials 2 --epochs 2 --search random --folder tune-reviews --save best.keras",
    "cellstate tune tag slots.iob --trials 3 --epochs 3 --minutes 1 --folder tune-slots --chart trials.svg",
  );
}
