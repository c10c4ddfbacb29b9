import { type Command, InvalidArgumentError, Option } from "commander";
import { choiceOf, formerMissing } from "../former-names.ts";
import { names, numberFrom0, wholeNumber } from "../screen/screen.ts";

/** Options for reading text files: `--encoding`, `--delimiter`, `--header`, `--comment`, `--no-quote`. */
export function readingOptions(command: Command): Command {
  return command
    .option(
      "--encoding <name>",
      "encoding of text files: latin1, windows-1252, utf-16le, shift_jis, …",
      encoding,
      "utf-8",
    )
    .option("--delimiter <character>", "separator between the cells of a CSV file (default: detected)")
    .option("--header", "the first line of a CSV file holds the column names (default: unless it looks like data)")
    .option("--no-header", "the first line is data; columns are named 1, 2, …")
    .option(
      "--comment <character>",
      "character that begins a comment in a CSV file (default: # in lines above the table)",
    )
    .option("--no-quote", "read quotes in a CSV file as ordinary characters (default: they enclose cells)");
}

/** Options for reading numbers: `--decimal`, `--thousands`. */
export const decimalOption = (command: Command): Command =>
  command
    .addOption(
      new Option("--decimal <character>", "decimal separator in a CSV file (default: by the numbers, else .)").choices([
        ".",
        ",",
      ]),
    )
    .addOption(
      new Option("--thousands <character>", "mark between thousands (default: by the numbers, else none)").choices([
        ",",
        ".",
        "'",
        " ",
      ]),
    );

/** Columns of transcripts: `--path`, `--transcript`, `--image`. */
export const transcriptColumns = (command: Command): Command =>
  command
    .option("--path <column>", "transcripts: column with the file of each row (default: by name)")
    .option("--transcript <column>", "transcripts: their column (default: by name)")
    .option("--image", "transcripts: npy files hold pixels [height, width], whose columns are frames");

/** Columns of tagged sentences: `--token`, `--label`, `--group`, `--intent`. */
export const taggedColumns = (command: Command): Command =>
  command
    .option("--token <column>", "token column, its number from 1 in files without a header (default: by name, or 1)")
    .option("--label <column>", "label column, likewise (default: by name, or the last)")
    .option("--group <column>", "tables: column with the sentence of each row (default: by name)")
    .option("--intent <column>", "tables: column with the label of the sentence (default: intent)");

/** Columns of pairs: `--source`, `--translation`. */
export const pairColumns = (command: Command): Command =>
  command
    .option("--source <column>", "column of texts to read (default: by name, or the first)")
    .option("--translation <column>", "column of their translations (default: by name, or the second)");

/** Beam search of translators: `--beams`, `--length-penalty`. */
export const searchFlags = (command: Command): Command =>
  command
    .option("--beams <n>", "translators: beginnings kept by beam search, 1 is greedy (default: 4)", wholeNumber)
    .option(
      "--length-penalty <x>",
      "translators: exponent of the length that scores are divided by; 0 favours short texts (default: 1)",
      numberFrom0,
    );

/** Options for reading a series: its dates, missing rows and values. */
export function seriesOptions(command: Command): Command {
  const missing = "missing values, and rows missing between dates: stop (error), leave the rows out (drop), fill";
  return decimalOption(command)
    .option("--date <columns>", "column with the dates, or date,time or year,month,day,hour (default: detected)", names)
    .option("--no-date", "ignore dates (default: the column of dates is detected)")
    .addOption(
      new Option(
        "--date-format <order>",
        "format of dates that do not tell by themselves (default: by the column)",
      ).choices(dateFormats),
    )
    .option("--time-zone <name>", "time zone of clock times, for example Europe/Berlin (default: as written, or none)")
    .addOption(choiceOf("--missing <how>", `${missing} (default: error)`, missingWays, formerMissing))
    .addOption(
      new Option("--duplicates <how>", "rows of one date: stop, use the last, or the mean (default: error)").choices([
        "error",
        "last",
        "mean",
      ]),
    );
}

/** Options for reading many series from one table. */
export const collectionOptions = (command: Command): Command =>
  command
    .option("--series <column>", "column that tells the series apart, where each has rows of its own")
    .option("--wide", "each row is a series: its name, then its values, oldest first")
    .option("--known <columns>", "columns known beforehand, also in rows after the last value (default: none)", names)
    .option("--past <columns>", "columns known up to the last value (default: none)", names)
    .option("--static <columns>", "columns that do not change within a series (default: none)", names);

const dateFormats = [
  ...["day-first", "month-first", "year-first"],
  ...["epoch-seconds", "epoch-milliseconds", "epoch-microseconds", "epoch-nanoseconds"],
];
const missingWays = ["error", "drop", "ffill", "bfill", "interpolate"];

/** Rows without `what`: `--missing`. */
export const missingRowsOption = (command: Command, what: string): Command =>
  command.addOption(
    choiceOf("--missing <how>", `rows without ${what}: stop (default), or drop`, ["error", "drop"], formerMissing),
  );

/** Source of a recording's class: `--label-from`. */
export const labelFromOption = (command: Command): Command =>
  command.addOption(
    new Option("--label-from <place>", "WAV: label from the file name (up to the first _), or from the folder").choices(
      ["name", "folder"],
    ),
  );

function encoding(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new InvalidArgumentError("Expected an encoding as the web names it: utf-8, windows-1252, utf-16le.");
  }
}
