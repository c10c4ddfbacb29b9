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
    .description("Train on files and save a model that takes raw input.")
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
  const about = "Train a language model on text.";
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
    .option("--text <column>", "text column")
    .option("--char-level", "tokens are characters instead of words")
    .addOption(
      new Option(
        "--scheme <kind>",
        "training samples: whole lines, one long stream, or all prefixes of each line",
      ).choices(["lines", "stream", "prefixes"]),
    )
    .option("--steps <n>", "tokens per training sample (default: by data)", wholeNumber)
    .option("--num-words <n>", "maximum vocabulary size, padding included (default: all words)", wholeNumber)
    .option("--oov-token <word>", "token for unknown words (default: they are left out)")
    .option("--end-token <word>", "token at the end of each line")
    .option("--no-end-token", "no token at the end of a line")
    .option("--filters <characters>", "characters that separate words")
    .option("--lower", "lower-case all text (default for words)")
    .option("--no-lower", "keep upper case")
    .optionsGroup("Network:")
    .option("--embedding <n>", "embedding dimension (default: by data size)", wholeNumber)
    .option("--mask-zero", "prefixes: mask the padding")
    .option("--name <name>", "model name")
    .optionsGroup("Training:")
    .option("--no-shuffle", "do not shuffle: lines in order of length");
  formerly(command, "--level <kind>", "charLevel", isCharacter);
  return examples(
    command,
    "cellstate train text lines.txt --epochs 2 --units 8 --save writer.keras",
    "cellstate train text lines.txt --scheme stream --cell gru --epochs 2 --units 8 --save stream.keras --resume",
  );
}

/** How many of the last lines are held out for validation. Throws DataError where validation is asked for and there are none. */
function keptLines(count: number, { validationSplit: share = 0, patience }: TrainOptions): number {
  const kept = Math.floor(count * share);
  if (kept > 0) return kept;
  if (share > 0) {
    const next = "Give a larger fraction, or more lines.";
    throw new DataError(problem("--validation-split", "lines for validation", `none: ${share} of ${count}`, next));
  }
  if (patience === undefined) return 0;
  const next = "Give --validation-split 0.1: early stopping watches the validation loss.";
  throw new DataError(problem("--patience", "lines for validation", "none", next));
}

function classifyCommand(screen: Screen): Command {
  const command = trainer(
    "classify",
    "Train a text classifier on texts and labels.",
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
  classifierOptions(missingRowsOption(command), " (default: from 10,000 texts)")
    .optionsGroup("Input:")
    .option("--text <column>", "text column")
    .option("--label <column>", "label column")
    .option(
      "--num-words <n>",
      "maximum vocabulary size, padding and unknown word included (default: by data)",
      wholeNumber,
    )
    .option("--char-level", "tokens are characters instead of words")
    .option("--filters <characters>", "characters that separate words")
    .option("--no-lower", "keep upper case")
    .optionsGroup("Network:")
    .option("--embedding <n>", "embedding dimension (default: by data size)", wholeNumber)
    .option("--embedding-dropout <fraction>", "dropout on the embedding", below1)
    .option("--pairs <n>", "hashed unigram and bigram features beside the recurrent layers; 0 for none", wholeFrom0)
    .option("--pair-embedding <n>", "embedding dimension of a hashed feature", wholeNumber);
  formerly(command, "--vocabulary <n>", "numWords", withUnknown);
  return examples(
    command,
    "cellstate train classify reviews.csv --epochs 2 --units 4 --save sentiment.keras",
    "cellstate train classify reviews.csv --bidirectional --dropout 0.2 --class-weight balanced --epochs 2 --units 4 --save words.keras",
  );
}

function forecastCommand(screen: Screen): Command {
  const about = "Train a forecaster on a series: rows of numbers, oldest first.";
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
    .option("--columns <names>", "columns to read, comma-separated (default: all numeric columns)", names)
    .option("--targets <names>", "columns to forecast, comma-separated (default: all)", names)
    .optionsGroup("Forecast:")
    .option("--horizon <n>", "steps to forecast", wholeNumber, 1)
    .option(
      "--window <n>",
      "input window in steps (default: two seasons, 60 to 96, at most a quarter of the rows)",
      wholeNumber,
    )
    .option("--season <n>", "steps of a season, 1 for none (default: detected)", wholeNumber)
    .option(
      "--differences <steps>",
      "difference the series at these lags, comma-separated, or none (default: by data)",
      lags,
    )
    .option("--logarithm", "log-transform the series, for growth in percent (default: by data)")
    .option("--no-logarithm", "no log transform")
    .addOption(
      new Option("--scaler <kind>", "scaler of the numbers (default: standard)").choices([
        "standard",
        "minMax",
        "robust",
      ]),
    )
    .addOption(
      new Option("--strategy <kind>", "forecast all steps at once, or one step fed back (default: direct)").choices([
        "direct",
        "recursive",
      ]),
    )
    .addOption(
      new Option(
        "--intervals <kind>",
        "prediction intervals: quantile regression, or Gaussian residuals (default: none)",
      ).choices(["none", "quantile", "gaussian"]),
    )
    .option("--coverage <fraction>", "fraction of values inside the prediction interval (default: 0.9)", between0and1)
    .addOption(new Option("--loss <kind>", "loss function (default: mse)").choices(["mse", "mae", "huber", "logCosh"]));
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
    "Train a classifier of numeric sequences of any length, or of recordings.",
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
    .option("--group <column>", "CSV: column with the sequence id of each row")
    .option("--label <column>", "label column; in NPZ files the array (default: y)")
    .option("--columns <names>", "CSV: numeric columns, comma-separated", names)
    .addOption(
      new Option("--scaler <kind>", "scaler of the numbers (default: standard)").choices([
        "standard",
        "minMax",
        "robust",
      ]),
    )
    .option("--mels <n>", "WAV: mel bands per frame (default: 40)", wholeNumber)
    .option("--frame-ms <n>", "WAV: frame length in milliseconds (default: 25)", numberFrom0)
    .option("--hop-ms <n>", "WAV: milliseconds between frames (default: 10)", numberFrom0);
  labelFromOption(decimalOption(command));
  return examples(
    command,
    "cellstate train sequence steps.csv --group id --epochs 2 --units 4 --save steps.keras",
    "cellstate train sequence recordings/*.wav --label-from name --epochs 2 --units 4 --save digits.keras",
    "cellstate train sequence steps.csv --group id --cell gru --pooling max --learning-rate 0.01 --epochs 2 --units 4 --save gru.keras",
  );
}
