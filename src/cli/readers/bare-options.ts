import { type Command, InvalidArgumentError, Option } from "commander";
import type { BackendName } from "../../index.ts";
import { names, wholeNumber } from "../screen/screen.ts";

/** What a notebook kept beside a model that has no task in its file. */
export interface BareOptions {
  tokenizer?: string;
  numWords?: number;
  labels?: string;
  /** False: none, whatever lies beside the model. */
  scaler?: string | false;
  targetScaler?: string;
  maxLength?: number;
  padding?: "pre" | "post";
  truncating?: "pre" | "post";
  window?: number;
  target?: string[];
  threshold?: number;
}

/** What opening a model needs beside its file. */
export interface Opening extends BareOptions {
  backend?: BackendName;
  /** Of a series, for a model without a task. */
  columns?: string[];
  /** The files hold sequences, not one series. */
  sequences?: boolean;
  /** Is told in a line what a model without a task was taken for. */
  say?(line: string): void;
}

type BareOption = keyof BareOptions;

/** The options as they are typed. */
export const bareFlags: Record<BareOption, string> = {
  tokenizer: "--tokenizer",
  numWords: "--num-words",
  labels: "--labels",
  scaler: "--scaler",
  targetScaler: "--target-scaler",
  maxLength: "--max-length",
  padding: "--padding",
  truncating: "--truncating",
  window: "--window",
  target: "--target",
  threshold: "--threshold",
};

/** Options for a bare model: a `.keras`, `.h5` or `.onnx` of a notebook. `wanted` are those that the command can use. */
export function bareOptions(command: Command, wanted: readonly BareOption[]): Command {
  command.optionsGroup("For a model of a notebook:");
  for (const name of wanted) for (const option of options[name]()) command.addOption(option);
  return command;
}

const ends = ["pre", "post"];

const options: Record<BareOption, () => Option[]> = {
  tokenizer: () => [new Option("--tokenizer <file>", `Keras Tokenizer or word index: pickle, JSON, text ${beside}`)],
  numWords: () => [
    new Option("--num-words <n>", "use ids below n only, num_words of the Tokenizer (default: its own)").argParser(
      wholeNumber,
    ),
  ],
  labels: () => [
    new Option(
      "--labels <file>",
      `class names in the order of the outputs, or their encoder: pickle, JSON, text ${beside}`,
    ),
  ],
  scaler: () => [
    new Option("--scaler <file>", `scaler of the columns: pickle, joblib, JSON ${beside}`),
    new Option("--no-scaler", "do not scale, although a scaler lies beside the model"),
  ],
  targetScaler: () => [new Option("--target-scaler <file>", "scaler of what is forecast (default: --scaler)")],
  maxLength: () => [
    new Option("--max-length <n>", "words or steps read, maxlen of pad_sequences (default: the model's)").argParser(
      wholeNumber,
    ),
  ],
  padding: () => [new Option("--padding <end>", "end that is filled up (default: pre, as in Keras)").choices(ends)],
  truncating: () => [new Option("--truncating <end>", "end that is cut off (default: pre, as in Keras)").choices(ends)],
  window: () => [new Option("--window <n>", "rows read for a forecast (default: the model's)").argParser(wholeNumber)],
  target: () => [
    new Option("--target <names>", "columns it forecasts, comma-separated (default: all)").argParser(names),
  ],
  threshold: () => [
    new Option("--threshold <x>", "probability above which one output is the second class (default: 0.5)").argParser(
      fraction,
    ),
  ],
};

const beside = "(default: one beside the model)";

function fraction(text: string): number {
  const x = Number(text);
  if (!(x > 0 && x < 1)) throw new InvalidArgumentError("Expected a number between 0 and 1.");
  return x;
}
