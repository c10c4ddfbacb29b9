import { type Command, InvalidArgumentError, Option } from "commander";
import type { ForecastMethod, OptimizerName } from "../../index.ts";
import { formerly } from "../former-names.ts";
import type { SeriesOptions } from "../readers/read-series.ts";
import { readingOptions } from "../readers/reading-options.ts";
import { type Common, collected, numberFrom0, wholeFrom0, wholeNumber, wholeNumbers } from "../screen/screen.ts";

export type RateSchedule = "cosine" | "linear" | "exponential" | "plateau";

type StackCell = "lstm" | "gru" | "simpleRnn";

/** Options of `cellstate train`; each kind of task takes a part of them. Named as the task's own option where there is one. */
export interface TrainOptions extends Common, SeriesOptions {
  save: string;
  history?: string;
  log?: string;
  resume?: boolean;
  /** A saved model to train further. */
  continue?: string;
  checkpoint: number;
  epochs?: number;
  batchSize?: number;
  blocks?: number;
  seed?: number;
  validationSplit?: number;
  patience?: number;
  shuffle: boolean;
  optimizer?: OptimizerName;
  learningRate?: number;
  learningRateSchedule?: RateSchedule;
  /** Rows of a window over a long table, and rows between windows. */
  step?: number;
  windowLabel?: "majority" | "last" | "single";
  classWeight?: "balanced" | Record<string, number>;
  cell?: StackCell;
  units?: number[];
  dropout?: number;
  recurrentDropout?: number;
  outputDropout?: number;
  bidirectional?: boolean;
  pooling?: "last" | "average" | "max";
  embedding?: number;
  charEmbedding?: number;
  charUnits?: number;
  wordDropout?: number;
  pieces?: number;
  labelSmoothing?: number;
  lowerSource?: boolean;
  lowerTarget?: boolean;
  source?: string;
  translation?: string;
  chart?: string;
  /** Files to validate on, in place of a part of the training files. */
  validationData?: string[];
  minCount?: number;
  maskDigits?: boolean;
  crf?: boolean;
  /** Columns of transcripts, and how their files are read. */
  path?: string;
  transcript?: string;
  image?: boolean;
  stride?: number;
  convolution?: number[];
  kernelSize?: number;
  ngram?: number;
  augment?: Record<string, number>;
  embeddingDropout?: number;
  pairs?: number;
  pairEmbedding?: number;
  /** A logistic regression on words and pairs beside the network. */
  linear?: boolean;
  output?: "sigmoid" | "softmax";
  text?: string;
  label?: string;
  multiLabel?: boolean;
  labelSeparator?: string;
  labelFrom?: "name" | "folder";
  group?: string;
  /** Columns of tokens and of sentences' own labels. */
  token?: string;
  intent?: string;
  columns?: string[];
  scheme?: "lines" | "stream" | "prefixes";
  steps?: number;
  maskZero?: boolean;
  name?: string;
  numWords?: number;
  oovToken?: string;
  endToken?: string | false;
  filters?: string;
  lower?: boolean;
  charLevel?: boolean;
  length?: number;
  keep?: "start" | "end";
  mels?: number;
  frameMs?: number;
  hopMs?: number;
  scaler?: "standard" | "minMax" | "robust";
  targets?: string[];
  series?: string;
  wide?: boolean;
  known?: string[];
  past?: string[];
  static?: string[];
  falseAlarms?: string;
  /** A row, or a date. */
  until?: string;
  horizon?: number;
  window?: number;
  /** Of a forecaster several, and parts of a step; of an anomaly detector one. */
  season?: number | number[];
  strategy?: "direct" | "recursive";
  /** Of a forecaster, or of an anomaly detector. */
  method?: ForecastMethod | "forecast" | "autoencoder";
  differences?: number[];
  logarithm?: boolean;
  intervals?: "none" | "conformal" | "quantile" | "gaussian";
  coverage?: number;
  calendar?: boolean;
  holidays?: string;
  log1p?: boolean;
  allowLeaks?: boolean;
  min?: number;
  max?: number;
  loss?: "mse" | "mae" | "huber" | "logCosh";
}

/** Options that every kind of training has. */
export function trainingOptions(command: Command): Command {
  formerly(command, "--batch <n>", "batchSize", wholeNumber);
  formerly(command, "--validation <fraction>", "validationSplit", below1);
  return command
    .optionsGroup("Training:")
    .option("-e, --epochs <n>", "passes over the training data (default: by data size)", wholeNumber)
    .option("--batch-size <n>", "samples per gradient update (default: by data size, 8 to 64)", wholeNumber)
    .option(
      "--blocks <n>",
      "parts of each batch, added in a fixed order: the same model on any number of processes (default: under mpirun their number, else 1)",
      wholeNumber,
    )
    .option("-s, --seed <n>", "random seed of weights, shuffling and dropout (default: 1)", wholeFrom0)
    .option(
      "--validation-split <fraction>",
      "fraction of the samples held out for validation, for example 0.1 (default: by data size)",
      below1,
    )
    .option(
      "--patience <n>",
      "early stopping: epochs without a lower validation loss before training ends (default: by task)",
      wholeFrom0,
    )
    .option("--optimizer <name>", "optimizer (default: adam)")
    .option("--learning-rate <x>", "learning rate of the optimizer, for example 0.001 (default: by task)", above0)
    .addOption(
      new Option(
        "--learning-rate-schedule <kind>",
        "by epoch, from --learning-rate: along a cosine or a line to 0, exponentially to a hundredth, or halved where the validation loss stays (default: by task)",
      ).choices(["cosine", "linear", "exponential", "plateau"]),
    )
    .optionsGroup("Network:")
    .addOption(
      new Option("--cell <kind>", "type of the recurrent layers (default: lstm)").choices(["lstm", "gru", "simpleRnn"]),
    )
    .option("-u, --units <n>", "hidden units; for several layers a list: 64,32 (default: by data size)", wholeNumbers)
    .option(
      "--dropout <fraction>",
      "dropout on the inputs of the recurrent layers, for example 0.2 (default: by task)",
      below1,
    )
    .option("--recurrent-dropout <fraction>", "dropout on the recurrent state (default: 0)", below1);
}

/** Files to validate on. */
export const validationFiles = (command: Command): Command =>
  command.option(
    "--validation-data <file>",
    "validate on this file, in place of a part of the others; may come twice",
    collected,
  );

/** Of the recurrent layers of classifiers and forecasters; `both` says when they read both ways by default. */
export function stackOptions(command: Command, both = ""): Command {
  return command
    .optionsGroup("Network:")
    .option("--bidirectional", `bidirectional recurrent layers${both}`)
    .option("--no-bidirectional", "forward recurrent layers only")
    .addOption(
      new Option("--pooling <kind>", "how the outputs of all time steps become one vector").choices([
        "last",
        "average",
        "max",
      ]),
    )
    .option("--output-dropout <fraction>", "dropout before the output layer", below1);
}

/** Of classifiers, of texts or sequences. */
export function classifierOptions(command: Command, both = ""): Command {
  return classEffects(validationFiles(stackOptions(command, both).optionsGroup("Training:")))
    .optionsGroup("Network:")
    .option("--length <n>", "time steps read of each sample; longer ones are truncated (default: by data)", wholeNumber)
    .addOption(new Option("--keep <end>", "part of a longer sample that is kept").choices(["start", "end"]));
}

/** Of everything that ends in classes. */
export const classEffects = (command: Command): Command =>
  command
    .optionsGroup("Network:")
    .addOption(
      new Option(
        "--output <kind>",
        "output layer: one sigmoid unit (two classes), or softmax over all classes",
      ).choices(["sigmoid", "softmax"]),
    )
    .optionsGroup("Training:")
    .option("--chart <file>", "confusion matrix on the validation rows, as SVG or PNG")
    .option("--class-weight <how>", 'weights of the classes in the loss: "balanced", or good=1,bad=3', classWeight);

/** Options for reading input files and writing results. */
export function fileOptions(command: Command): Command {
  return readingOptions(command.optionsGroup("Files:"))
    .option("-o, --save <file>", "model file to write; checkpoints go to FILE.progress", kerasFile, "model.keras")
    .option("--resume", "resume the interrupted training of the same command")
    .option("--continue <file>", "train this saved model further, on the files given, for more epochs")
    .option("--checkpoint <seconds>", "seconds between checkpoints", numberFrom0, 10)
    .option("--history <file>", "write loss and metrics of each epoch as CSV at the end, for cellstate plot")
    .option("--log <file>", "append them after each epoch, as Keras's CSVLogger does");
}

/** Gives `--optimizer` its choices; they come with the library, which help and completion load only where it is shown. */
export async function nameOptimizers(command: Command): Promise<void> {
  const { optimizerNames } = await import("../../index.ts");
  command.options.find(({ long }) => long === "--optimizer")?.choices(optimizerNames);
}

/** Options of the recurrent layers, and of every task. */
export const stackNames = [
  ...(["cell", "units", "dropout", "recurrentDropout"] as const),
  ...(["outputDropout", "bidirectional", "pooling", "seed", "backend"] as const),
];

export const below1 = number("Expected a number from 0 to below 1.", (n) => n >= 0 && n < 1);
export const between0and1 = number("Expected a number between 0 and 1.", (n) => n > 0 && n < 1);
const above0 = number("Expected a number above 0.", (n) => n > 0);
export const anyNumber = number("Expected a number.", () => true);

function number(expected: string, fits: (n: number) => boolean) {
  return (text: string): number => {
    const n = Number(text);
    if (text.trim() !== "" && Number.isFinite(n) && fits(n)) return n;
    throw new InvalidArgumentError(expected);
  };
}

/** Steps of seasons, with commas; a year of days has 365.25. */
export const seasonLengths = (text: string): number[] =>
  text.split(",").map(number("Expected season lengths of 1 or more, with commas: 24,168.", (n) => n >= 1));

/** Steps back, with commas; "none" for none. */
export const lags = (text: string): number[] => (text === "none" ? [] : wholeNumbers(text));

/** Numbers by name, with commas: speed=0.1,bands=2. Their names are the task's. */
export function numbersByName(text: string): Record<string, number> {
  const found = namedNumbers(text);
  if (found) return found;
  throw new InvalidArgumentError("Expected numbers by name, with commas: speed=0.1,bands=2.");
}

function classWeight(text: string): "balanced" | Record<string, number> {
  if (text === "balanced") return text;
  const weights = namedNumbers(text);
  if (weights) return weights;
  throw new InvalidArgumentError('Expected "balanced", or a weight by class: good=1,bad=3.');
}

/** `good=1,bad=3` as a record; null where a part has no number of 0 or more. */
function namedNumbers(text: string): Record<string, number> | null {
  const pairs = text.split(",").map((pair) => /^(.+)=([^=]+)$/.exec(pair.trim()) ?? []);
  const weights = pairs.map(([, name, weight]) => [name, Number(weight)] as const);
  return weights.every(([name, weight]) => name !== undefined && weight >= 0) ? Object.fromEntries(weights) : null;
}

function kerasFile(path: string): string {
  if (/\.keras$/i.test(path)) return path;
  throw new InvalidArgumentError("Expected a file name that ends in .keras; cellstate convert writes other formats.");
}

/** Options of `cellstate backtest`. */
export interface BacktestCommandOptions extends TrainOptions {
  folds?: number;
  testRows?: number;
  stride?: number;
  refit: boolean;
  chart?: string;
  /** Address of Redis, for folds that workers compute. */
  queue?: string;
}
