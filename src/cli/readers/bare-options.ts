import { type Command, InvalidArgumentError, Option } from "commander";
import type { BackendName } from "../../index.ts";
import { names, wholeNumber } from "../screen/screen.ts";

/** Files and options that a notebook kept beside a model without a task in its file. */
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
  /** Of one output, or by class. */
  threshold?: number | Record<string, number>;
}

/** Options for opening a model, beside its file. */
export interface Opening extends BareOptions {
  backend?: BackendName;
  /** Of a series, for a model without a task. */
  columns?: string[];
  /** Names the columns of a series, where `columns` does not. */
  columnsOf?(): Promise<string[] | undefined>;
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
  command.optionsGroup("For a model from a notebook:");
  for (const name of wanted) for (const option of options[name]()) command.addOption(option);
  return command;
}

const ends = ["pre", "post"];

const options: Record<BareOption, () => Option[]> = {
  tokenizer: () => [new Option("--tokenizer <file>", `Keras Tokenizer or word index: pickle, JSON, text ${beside}`)],
  numWords: () => [
    new Option(
      "--num-words <n>",
      "vocabulary size: only ids below n are used, as num_words of the Tokenizer (default: its own)",
    ).argParser(wholeNumber),
  ],
  labels: () => [
    new Option(
      "--labels <file>",
      `class names in the order of the outputs, or their encoder: pickle, JSON, text ${beside}`,
    ),
  ],
  scaler: () => [
    new Option("--scaler <file>", `scaler of the columns: pickle, joblib, JSON ${beside}`),
    new Option("--no-scaler", "do not use the scaler found beside the model (default: use it)"),
  ],
  targetScaler: () => [
    new Option("--target-scaler <file>", "scaler of the target columns: pickle, joblib, JSON (default: --scaler)"),
  ],
  maxLength: () => [
    new Option(
      "--max-length <n>",
      "input length in words or steps, maxlen of pad_sequences (default: the model's; of one that reads any length, all of each, without padding)",
    ).argParser(wholeNumber),
  ],
  padding: () => [
    new Option("--padding <end>", "pad shorter sequences before or after (default: pre, as in Keras)").choices(ends),
  ],
  truncating: () => [
    new Option("--truncating <end>", "truncate longer sequences before or after (default: pre, as in Keras)").choices(
      ends,
    ),
  ],
  window: () => [new Option("--window <n>", "input window in steps (default: the model's)").argParser(wholeNumber)],
  target: () => [
    new Option("--target <names>", "columns to forecast, comma-separated (default: all)").argParser(names),
  ],
  threshold: () => [
    new Option(
      "--threshold <x>",
      "probability above which one output is the second class (default: 0.5); or by class, spam=0.3: the others share what is left to 1",
    ).argParser(thresholds),
  ],
};

const beside = "(default: one beside the model)";

function thresholds(text: string): number | Record<string, number> {
  if (!text.includes("=")) return fraction(text);
  const pairs = text.split(",").map((pair) => /^(.+)=([^=]+)$/.exec(pair.trim()) ?? []);
  if (pairs.some(([, name]) => name === undefined))
    throw new InvalidArgumentError("Expected a number, or one by class: spam=0.3,news=0.2.");
  return Object.fromEntries(pairs.map(([, name, x]) => [name, fraction(x)]));
}

function fraction(text: string): number {
  const x = Number(text);
  if (!(x > 0 && x < 1)) throw new InvalidArgumentError("Expected a number between 0 and 1.");
  return x;
}
