import { Command, Option } from "commander";
import { DataError, problem } from "../errors.ts";
import { earlyStopping, forecaster, languageModel, sequenceClassifier, textClassifier } from "../index.ts";
import { formerly, isCharacter, withUnknown } from "./former-names.ts";
import { asLabels } from "./labels.ts";
import { isWav } from "./read-recordings.ts";
import { readLabelled } from "./read-sequences.ts";
import { readSeries } from "./read-series.ts";
import { byLine, labelledTexts, placeOf, readTables, writtenLines } from "./read-table.ts";
import { decimalOption, labelFromOption, missingOption, missingRowsOption } from "./reading-options.ts";
import { common, examples, names, notes, numberFrom0, type Screen, wholeFrom0, wholeNumber } from "./screen.ts";
import {
  below1,
  between0and1,
  classifierOptions,
  fileOptions,
  given,
  lags,
  optimizerFor,
  stackNames,
  stackOptions,
  type TrainOptions,
  trainingOptions,
} from "./train-options.ts";
import { train } from "./train-run.ts";
import { checkApart, checkOutput } from "./write-result.ts";

/** `cellstate train text|classify|forecast|sequence FILE…`. */
export function trainCommand(screen: Screen): Command {
  const command = new Command("train")
    .description("Trains on files and saves a model that takes raw input.")
    .addCommand(textCommand(screen))
    .addCommand(classifyCommand(screen))
    .addCommand(forecastCommand(screen))
    .addCommand(sequenceCommand(screen));
  return examples(command, "cellstate train text --help", "cellstate train forecast --help");
}

type Action = (files: string[], o: TrainOptions, self: Command) => Promise<void>;

/** A command with the options of every training, and checks that come before anything is read. */
function trainer(name: string, description: string, reads: string, act: Action): Command {
  const command = common(new Command(name))
    .description(description)
    .argument("<file...>", reads)
    .action(async (files: string[], o: TrainOptions, self: Command) => {
      for (const option of ["save", "history", "log"] as const) await checkOutput(`--${option}`, o[option]);
      await checkApart(files, { "--save": o.save, "--history": o.history, "--log": o.log });
      await act(files, o, self);
    });
  return trainingOptions(fileOptions(command));
}

function textCommand(screen: Screen): Command {
  const about = "A language model: learns to go on with lines of text.";
  const command = trainer("text", about, "txt, csv, tsv, jsonl", async (files, o, self) => {
    const say = notes(o, screen);
    const lines = writtenLines(await readTables(files, { ...o, say }), o.text, say);
    if (lines.length < 2 && o.scheme !== "stream") {
      const next = "One long text is read with --scheme stream.";
      throw new DataError(problem(files.join(", "), "lines of text", lines.length === 0 ? "none" : "one", next));
    }
    const kept = keptLines(lines.length, o);
    const sizes = given(o, "charLevel", "scheme", "cell", "units", "embedding", "dropout", "recurrentDropout", "steps");
    const words = given(o, "maskZero", "numWords", "oovToken", "lower", "filters", "name", "seed", "backend");
    const endToken = o.endToken === undefined ? {} : { endToken: o.endToken === false ? null : o.endToken };
    const rate = o.optimizer === undefined ? given(o, "learningRate") : optimizerFor(o);
    const task = languageModel({ ...sizes, ...words, ...endToken, ...rate });
    const raw = (part: string[]) => (o.scheme === "stream" ? part.join("\n") : part);
    const judged = kept > 0 ? { validationData: raw(lines.slice(-kept)) } : {};
    const patient = o.patience === undefined ? {} : earlyStopping({ patience: o.patience, restoreBestWeights: true });
    await train(task, o, screen, self, ({ callbacks, ...fit }) =>
      task.fit(raw(lines.slice(0, lines.length - kept)), {
        ...fit,
        ...judged,
        shuffle: o.shuffle,
        callbacks: [patient, ...callbacks],
      }),
    );
  })
    .optionsGroup("Input:")
    .option("--text <column>", "the column that holds the text")
    .option("--char-level", "reads characters in place of words")
    .addOption(new Option("--scheme <kind>", "what a row of training is").choices(["lines", "stream", "prefixes"]))
    .option("--steps <n>", "tokens read in a row", wholeNumber)
    .option(
      "--num-words <n>",
      "ids are below this: so many of the most frequent words, less one; all by default",
      wholeNumber,
    )
    .option("--oov-token <word>", "stands for unknown words; they are left out by default")
    .option("--end-token <word>", "ends each line")
    .option("--no-end-token", "nothing ends a line")
    .option("--filters <characters>", "that separate words")
    .option("--lower", "letters lose their case; words do by default")
    .option("--no-lower", "letters keep their case")
    .optionsGroup("Network:")
    .option("--embedding <n>", "numbers in the vector of a token", wholeNumber)
    .option("--mask-zero", "prefixes: padding is skipped")
    .option("--name <name>", "the model's, in its summary")
    .optionsGroup("Training:")
    .option("--no-shuffle", "lines in the order of their lengths");
  formerly(command, "--level <kind>", "charLevel", isCharacter);
  return examples(
    command,
    "cellstate train text lines.txt --epochs 2 --units 8 --save writer.keras",
    "cellstate train text lines.txt --scheme stream --cell gru --epochs 2 --units 8 --save stream.keras --resume",
  );
}

/** How many of the last lines are kept to judge by. Throws DataError where judges are asked for and there are none. */
function keptLines(count: number, { validationSplit: share = 0, patience }: TrainOptions): number {
  const kept = Math.floor(count * share);
  if (kept > 0) return kept;
  if (share > 0) {
    const next = "Give a larger share, or more lines.";
    throw new DataError(problem("--validation-split", "lines to judge by", `none: ${share} of ${count}`, next));
  }
  if (patience === undefined) return 0;
  const next = "Give --validation-split 0.1: patience waits for a smaller validation loss.";
  throw new DataError(problem("--patience", "lines to judge by", "none", next));
}

function classifyCommand(screen: Screen): Command {
  const command = trainer(
    "classify",
    "A text classifier: texts and labels.",
    "csv, tsv, jsonl",
    async (files, o, self) => {
      const say = notes(o, screen);
      const { table, texts, labels } = labelledTexts(await readTables(files, { ...o, say }), o, say);
      const words = given(o, "numWords", "length", "keep", "embedding", "filters", "lower", "charLevel", "output");
      const bag = given(o, "embeddingDropout", "pairs", "pairEmbedding");
      const task = textClassifier({ ...given(o, ...stackNames), ...words, ...bag, ...optimizerFor(o) });
      const more = given(o, "validationSplit", "patience", "classWeight");
      await train(task, o, screen, self, (fit) =>
        byLine(table, () => task.fit(texts, asLabels(labels), { ...fit, ...more })),
      );
      const mute = texts.findIndex((text) => task.tokenizer.textToWords(text).length === 0);
      if (mute >= 0) say(`${placeOf(table, mute)}: a text without words is read as an unknown word`);
    },
  );
  classifierOptions(missingRowsOption(command), "; with 10,000 texts or more by default")
    .optionsGroup("Input:")
    .option("--text <column>", "the column that holds the text")
    .option("--label <column>", "the column that holds the class")
    .option("--num-words <n>", "ids are below this: so many of the most frequent words, less two", wholeNumber)
    .option("--char-level", "reads characters in place of words")
    .option("--filters <characters>", "that separate words")
    .option("--no-lower", "letters keep their case")
    .optionsGroup("Network:")
    .option("--embedding <n>", "numbers that stand for a word", wholeNumber)
    .option("--embedding-dropout <share>", "of those numbers, dropped while training", below1)
    .option("--pairs <n>", "numbers that words and pairs share beside the recurrent layers; 0 for none", wholeFrom0)
    .option("--pair-embedding <n>", "numbers that stand for a pair", wholeNumber);
  formerly(command, "--vocabulary <n>", "numWords", withUnknown);
  return examples(
    command,
    "cellstate train classify reviews.csv --epochs 2 --units 4 --save sentiment.keras",
    "cellstate train classify reviews.csv --bidirectional --dropout 0.2 --class-weight balanced --epochs 2 --units 4 --save words.keras",
  );
}

function forecastCommand(screen: Screen): Command {
  const about = "A forecaster: rows of numbers, oldest first.";
  const command = trainer("forecast", about, "csv, tsv, jsonl, npz", async (files, o, self) => {
    const { series, columns } = await readSeries(files, o.columns, { ...o, say: notes(o, screen) });
    const reads = given(o, "horizon", "targets", "window", "season", "strategy", "differences", "logarithm", "scaler");
    const judges = given(o, "intervals", "coverage", "loss");
    const task = forecaster({
      ...{ ...given(o, ...stackNames), ...reads, ...judges, ...optimizerFor(o), columns },
    });
    const more = given(o, "validationSplit", "patience");
    await train(task, o, screen, self, (fit) => task.fit(series, { ...fit, ...more }));
    if (task.report && !o.quiet && !o.json) screen.out(`${task.report}\n`);
  })
    .optionsGroup("Input:")
    .option("--columns <names>", "the columns that are read, with commas; all of numbers by default", names)
    .option("--targets <names>", "those that are foretold; all by default", names)
    .optionsGroup("Forecast:")
    .option("--horizon <n>", "steps foretold", wholeNumber, 1)
    .option(
      "--window <n>",
      "steps read before; two seasons, 60 to 96, a quarter of the rows at most, by default",
      wholeNumber,
    )
    .option("--season <n>", "steps of a season, 1 for none; what the series shows by default", wholeNumber)
    .option("--differences <steps>", "works on changes since so many steps before, with commas; or none", lags)
    .option("--logarithm", "works on logarithms: for growth in percent; what the series shows by default")
    .option("--no-logarithm", "works on the numbers as they are")
    .addOption(new Option("--scaler <kind>", "of the numbers").choices(["standard", "minMax", "robust"]))
    .addOption(new Option("--strategy <kind>", "all steps at once, or one fed back").choices(["direct", "recursive"]))
    .addOption(
      new Option("--intervals <kind>", "ends that are learned, or from errors").choices([
        "none",
        "quantile",
        "gaussian",
      ]),
    )
    .option("--coverage <share>", "of values that an interval is to hold, 0.9 by default", between0and1)
    .addOption(new Option("--loss <kind>", "what training makes small").choices(["mse", "mae", "huber", "logCosh"]));
  stackOptions(missingOption(decimalOption(command.optionsGroup("Input:"))));
  formerly(command, "--target <names>", "targets", names);
  return examples(
    command,
    "cellstate train forecast series.csv --horizon 3 --epochs 2 --units 4 --save sales.keras",
    "cellstate train forecast series.csv --season 4 --window 8 --intervals gaussian --patience 2 --epochs 2 --units 4 --save band.keras",
  );
}

function sequenceCommand(screen: Screen): Command {
  const command = trainer(
    "sequence",
    "A classifier of sequences: numbers per step, any number of steps.",
    "csv, tsv, jsonl, npz, or recordings as wav",
    async (files, o, self) => {
      const heard = (["mels", "frameMs", "hopMs"] as const).find((name) => o[name] !== undefined);
      if (heard && !files.some(isWav)) {
        const flag = self.options.find((option) => option.attributeName() === heard)!.long!;
        throw new DataError(problem(flag, "wav files", files[0], "Leave it out."));
      }
      const { sequences, labels } = await readLabelled(files, { ...o, say: notes(o, screen) });
      const task = sequenceClassifier({
        ...{ ...given(o, ...stackNames), ...given(o, "length", "keep", "scaler", "output"), ...optimizerFor(o) },
        audio: given(o, "mels", "frameMs", "hopMs"),
      });
      const more = given(o, "validationSplit", "patience", "classWeight");
      await train(task, o, screen, self, (fit) => task.fit(sequences, asLabels(labels), { ...fit, ...more }));
    },
  );
  classifierOptions(command)
    .optionsGroup("Input:")
    .option("--group <column>", "csv: the column that says which sequence a row belongs to")
    .option("--label <column>", "the column that holds the class; in npz the array, y by default")
    .option("--columns <names>", "csv: the columns of numbers, with commas", names)
    .addOption(new Option("--scaler <kind>", "of the numbers").choices(["standard", "minMax", "robust"]))
    .option("--mels <n>", "wav: numbers of a frame, 40 by default", wholeNumber)
    .option("--frame-ms <n>", "wav: milliseconds of a frame, 25 by default", numberFrom0)
    .option("--hop-ms <n>", "wav: milliseconds from frame to frame, 10 by default", numberFrom0);
  labelFromOption(decimalOption(command));
  return examples(
    command,
    "cellstate train sequence steps.csv --group id --epochs 2 --units 4 --save steps.keras",
    "cellstate train sequence recordings/*.wav --label-from name --epochs 2 --units 4 --save digits.keras",
    "cellstate train sequence steps.csv --group id --cell gru --pooling max --learning-rate 0.01 --epochs 2 --units 4 --save gru.keras",
  );
}
