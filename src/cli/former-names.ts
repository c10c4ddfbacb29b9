import { type Command, InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "./screen/screen.ts";

/** An option under a name it once had: understood, and shown nowhere. */
export function formerly(command: Command, flags: string, now: string, read: (text: string) => unknown): Command {
  const option = new Option(flags).hideHelp().argParser(read);
  option.attributeName = () => now;
  return command.addOption(option);
}

/** `--level character`, which is now `--char-level`. */
export function isCharacter(level: string): boolean {
  if (level === "character" || level === "word") return level === "character";
  throw new InvalidArgumentError("Expected word or character; --char-level says the same.");
}

/** `--vocabulary`, which counted neither padding nor the unknown word: `--num-words` counts both, as Keras does. */
export const withUnknown = (words: string): number => wholeNumber(words) + 2;

/** Ways of `--missing` by the names they once had. */
export const formerMissing: Readonly<Record<string, string>> = { refuse: "error", previous: "ffill" };

/** An option with choices, which understands former names of them. */
export function choiceOf(
  flags: string,
  about: string,
  choices: readonly string[],
  former: Readonly<Record<string, string>>,
): Option {
  const option = new Option(flags, about).choices(choices);
  return option.argParser((text: string) => {
    const now = former[text] ?? text;
    if (choices.includes(now)) return now;
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
  });
}
