import { type Command, InvalidArgumentError, Option } from "commander";

/** How text files are read: `--encoding`, `--delimiter`. */
export function readingOptions(command: Command): Command {
  return command
    .option("--encoding <name>", "of the text files: latin1, windows-1252, utf-16le, shift_jis, …", encoding, "utf-8")
    .option("--delimiter <sign>", "between the cells of csv; what cuts its first rows alike by default")
    .option("--header", "the first line of csv names its columns; by default unless it is of numbers alone")
    .option("--no-header", "it is data: columns are called 1, 2, …");
}

/** How numbers in them are read: `--decimal`. */
export const decimalOption = (command: Command): Command =>
  command.addOption(new Option("--decimal <sign>", "of numbers in csv").choices([".", ","]).default("."));

/** What a gap in a series does: `--missing`. */
export const missingOption = (command: Command): Command =>
  command.addOption(new Option("--missing <how>", "what a gap does").choices(["refuse", "drop", "previous"]));

/** What a row without a text or a class does: `--missing`. */
export const missingRowsOption = (command: Command): Command =>
  command.addOption(new Option("--missing <how>", "what a row without text or class does").choices(["refuse", "drop"]));

/** Where recordings say their class. */
export const labelFromOption = (command: Command): Command =>
  command.addOption(
    new Option("--label-from <place>", "wav: the class is the file's name up to the first _, or its folder").choices([
      "name",
      "folder",
    ]),
  );

function encoding(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new InvalidArgumentError("Expected an encoding as the web names it: utf-8, windows-1252, utf-16le.");
  }
}
