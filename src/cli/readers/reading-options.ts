import { type Command, InvalidArgumentError, Option } from "commander";

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
    .option(
      "--header",
      "the first line of a CSV file holds the column names (default: unless it is data by the look of it)",
    )
    .option("--no-header", "the first line is data; columns are named 1, 2, …")
    .option("--comment <character>", "begins a comment in a CSV file (default: lines with # above the table)")
    .option("--no-quote", "quotes in a CSV file stand for themselves");
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

/** Missing values in a series: `--missing`. */
export const missingOption = (command: Command): Command =>
  command.addOption(
    new Option("--missing <how>", "missing values: error (refuse), drop the row, or forward-fill (previous)").choices([
      "refuse",
      "drop",
      "previous",
    ]),
  );

/** Rows without a text or a class: `--missing`. */
export const missingRowsOption = (command: Command): Command =>
  command.addOption(
    new Option("--missing <how>", "rows without a text or a label: error (refuse), or drop").choices([
      "refuse",
      "drop",
    ]),
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
