import { type Command, InvalidArgumentError, Option } from "commander";
import { type Optimizer, type OptimizerName, optimizerNames, optimizerOf } from "../index.ts";
import { formerly } from "./former-names.ts";
import type { SeriesOptions } from "./read-series.ts";
import { readingOptions } from "./reading-options.ts";
import { type Common, numberFrom0, wholeFrom0, wholeNumber, wholeNumbers } from "./screen.ts";

type StackCell = "lstm" | "gru" | "simpleRnn";

/** What `cellstate train` understands; each kind of task its part of it. Named as the task's own option where there is one. */
export interface TrainOptions extends Common, SeriesOptions {
  save: string;
  history?: string;
  log?: string;
  resume?: boolean;
  checkpoint: number;
  epochs?: number;
  batchSize?: number;
  seed?: number;
  validationSplit?: number;
  patience?: number;
  shuffle: boolean;
  optimizer?: OptimizerName;
  learningRate?: number;
  classWeight?: "balanced" | Record<string, number>;
  cell?: StackCell;
  units?: number[];
  dropout?: number;
  recurrentDropout?: number;
  outputDropout?: number;
  bidirectional?: boolean;
  pooling?: "last" | "average" | "max";
  embedding?: number;
  embeddingDropout?: number;
  pairs?: number;
  pairEmbedding?: number;
  output?: "sigmoid" | "softmax";
  text?: string;
  label?: string;
  labelFrom?: "name" | "folder";
  group?: string;
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
  horizon?: number;
  window?: number;
  season?: number;
  strategy?: "direct" | "recursive";
  differences?: number[];
  logarithm?: boolean;
  intervals?: "none" | "quantile" | "gaussian";
  coverage?: number;
  loss?: "mse" | "mae" | "huber" | "logCosh";
}

/** Options that every kind of training has. */
export function trainingOptions(command: Command): Command {
  formerly(command, "--batch <n>", "batchSize", wholeNumber);
  formerly(command, "--validation <share>", "validationSplit", below1);
  return command
    .optionsGroup("Training:")
    .option("-e, --epochs <n>", "passes over the data; by its size by default", wholeNumber)
    .option("--batch-size <n>", "rows of a step", wholeNumber)
    .option("-s, --seed <n>", "another seed gives another model", wholeFrom0)
    .option("--validation-split <share>", "the share that is kept to judge by, 0.1 for one", below1)
    .option("--patience <n>", "epochs without a smaller validation loss before training ends", wholeFrom0)
    .addOption(new Option("--optimizer <name>", "what moves the weights").choices(optimizerNames))
    .option("--learning-rate <x>", "the optimizer's, 0.001 for one", above0)
    .optionsGroup("Network:")
    .addOption(new Option("--cell <kind>", "of the recurrent layers").choices(["lstm", "gru", "simpleRnn"]))
    .option("-u, --units <n>", "units of each recurrent layer, with commas", wholeNumbers)
    .option("--dropout <share>", "of a layer's inputs, dropped while training", below1)
    .option("--recurrent-dropout <share>", "of what a recurrent layer tells itself", below1);
}

/** Of the recurrent layers of classifiers and forecasters; `both` says when they read both ways by default. */
export function stackOptions(command: Command, both = ""): Command {
  return command
    .optionsGroup("Network:")
    .option("--bidirectional", `each recurrent layer reads both ways${both}`)
    .option("--no-bidirectional", "each recurrent layer reads forward only")
    .addOption(
      new Option("--pooling <kind>", "what is kept of the last layer's steps").choices(["last", "average", "max"]),
    )
    .option("--output-dropout <share>", "dropped before the last dense layer", below1);
}

/** Of classifiers, of texts or sequences. */
export function classifierOptions(command: Command, both = ""): Command {
  return stackOptions(command, both)
    .addOption(
      new Option("--output <kind>", "one number for two classes, or one for each").choices(["sigmoid", "softmax"]),
    )
    .option("--length <n>", "steps read of each row; by the data by default", wholeNumber)
    .addOption(new Option("--keep <end>", "the end of a longer row that is read").choices(["start", "end"]))
    .optionsGroup("Training:")
    .option("--class-weight <how>", '"balanced", or a weight by class: good=1,bad=3', classWeight);
}

/** Where files are read, and where what came of them goes. */
export function fileOptions(command: Command): Command {
  return readingOptions(command.optionsGroup("Files:"))
    .option("-o, --save <file>", "where the model goes; training goes on from FILE.progress", kerasFile, "model.keras")
    .option("--resume", "goes on with the training of the same command that was interrupted")
    .option("--checkpoint <seconds>", "after which training can be resumed", numberFrom0, 10)
    .option("--history <file>", "the numbers of each epoch as csv, for cellstate plot, when training has ended")
    .option("--log <file>", "the same after each epoch, as Keras's CSVLogger");
}

/** The given ones among the options of these names: what is absent, not undefined, is chosen by the data. */
export function given<K extends keyof TrainOptions>(o: TrainOptions, ...names: K[]): Pick<TrainOptions, K> {
  return Object.fromEntries(names.filter((name) => o[name] !== undefined).map((name) => [name, o[name]])) as Pick<
    TrainOptions,
    K
  >;
}

export const stackNames = [
  ...(["cell", "units", "dropout", "recurrentDropout"] as const),
  ...(["outputDropout", "bidirectional", "pooling", "seed", "backend"] as const),
];

/** The optimizer that is named, or Adam where only its rate is; by default the task's. */
export function optimizerFor({ optimizer, learningRate }: TrainOptions): { optimizer?: Optimizer } {
  if (optimizer === undefined && learningRate === undefined) return {};
  return { optimizer: optimizerOf(optimizer ?? "adam", learningRate === undefined ? {} : { learningRate }) };
}

export const below1 = number("Expected a number from 0 to below 1.", (n) => n >= 0 && n < 1);
export const between0and1 = number("Expected a number between 0 and 1.", (n) => n > 0 && n < 1);
const above0 = number("Expected a number above 0.", (n) => n > 0);

function number(expected: string, fits: (n: number) => boolean) {
  return (text: string): number => {
    const n = Number(text);
    if (text.trim() !== "" && Number.isFinite(n) && fits(n)) return n;
    throw new InvalidArgumentError(expected);
  };
}

/** Steps back, with commas; "none" for none. */
export const lags = (text: string): number[] => (text === "none" ? [] : wholeNumbers(text));

function classWeight(text: string): "balanced" | Record<string, number> {
  if (text === "balanced") return text;
  const pairs = text.split(",").map((pair) => /^(.+)=([^=]+)$/.exec(pair.trim()) ?? []);
  const weights = pairs.map(([, name, weight]) => [name, Number(weight)] as const);
  if (weights.every(([name, weight]) => name !== undefined && weight >= 0)) return Object.fromEntries(weights);
  throw new InvalidArgumentError('Expected "balanced", or a weight by class: good=1,bad=3.');
}

function kerasFile(path: string): string {
  if (/\.keras$/i.test(path)) return path;
  throw new InvalidArgumentError("Expected a name that ends in .keras; cellstate convert makes other formats of it.");
}
