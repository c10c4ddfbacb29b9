import { Command, Option } from "commander";
import { formerly, isCharacter, withUnknown } from "../former-names.ts";
import {
  decimalOption,
  labelFromOption,
  missingRowsOption,
  pairColumns,
  seriesOptions,
  taggedColumns,
  transcriptColumns,
} from "../readers/reading-options.ts";
import {
  collected,
  common,
  examples,
  names,
  numberFrom0,
  type Screen,
  wholeFrom0,
  wholeNumber,
  wholeNumbers,
} from "../screen/screen.ts";
import { collectionTrainingOptions, forecastOptions } from "./forecast-options.ts";
import type { TrainedKind } from "./train-kinds.ts";
import {
  below1,
  classEffects,
  classifierOptions,
  fileOptions,
  nameOptimizers,
  numbersByName,
  stackOptions,
  type TrainOptions,
  trainingOptions,
  validationFiles,
} from "./train-options.ts";

/** `cellstate train text|classify|forecast|sequence|anomaly|tag|translate|transcribe|video FILE…`. */
export function trainCommand(screen: Screen): Command {
  const command = new Command("train")
    .description("Train on files and save a model that takes raw input.")
    .hook("preSubcommand", (_, kind) => nameOptimizers(kind))
    .addCommand(textCommand(screen))
    .addCommand(classifyCommand(screen))
    .addCommand(forecastCommand(screen))
    .addCommand(sequenceCommand(screen))
    .addCommand(anomalyCommand(screen))
    .addCommand(tagCommand(screen))
    .addCommand(translateCommand(screen))
    .addCommand(transcribeCommand(screen))
    .addCommand(videoCommand(screen));
  return examples(command, "cellstate train text --help", "cellstate train forecast --help");
}

/** A command with the options of every training, and checks that come before anything is read. */
function trainer(screen: Screen, name: TrainedKind, description: string, reads: string): Command {
  const command = common(new Command(name))
    .description(description)
    .argument("<file...>", reads)
    .action(async (files: string[], o: TrainOptions, self: Command) => {
      const { trainOn } = await import("./train-kinds.ts");
      await trainOn(name, files, o, self, screen);
    });
  return trainingOptions(fileOptions(command));
}

function textCommand(screen: Screen): Command {
  const about = "Train a language model on text.";
  const command = trainer(screen, "text", about, "txt, csv, tsv, jsonl")
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
  validationFiles(command);
  formerly(command, "--level <kind>", "charLevel", isCharacter);
  return examples(
    command,
    "cellstate train text lines.txt --epochs 2 --units 8 --save writer.keras",
    "cellstate train text lines.txt --scheme stream --cell gru --epochs 2 --units 8 --save stream.keras --resume",
  );
}

function classifyCommand(screen: Screen): Command {
  const reads = "csv, tsv, jsonl, json, fastText's lines, or - for standard input; each also as .gz";
  const command = trainer(screen, "classify", "Train a text classifier on texts and labels.", reads);
  classifierOptions(missingRowsOption(command, "a text or a label"), " (default: from 200 texts)")
    .optionsGroup("Input:")
    .option("--text <column>", "text column")
    .option("--label <column>", "label column")
    .option("--multi-label", "a cell holds any number of labels")
    .option("--label-separator <mark>", "mark between them (default: |)")
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
    .option("--pair-embedding <n>", "embedding dimension of a hashed feature", wholeNumber)
    .option("--linear", "two classes: a logistic regression on words and pairs too (default: from 10,000 texts)")
    .option("--no-linear", "the network alone");
  formerly(command, "--vocabulary <n>", "numWords", withUnknown);
  return examples(
    command,
    "cellstate train classify reviews.csv --epochs 2 --units 4 --save sentiment.keras",
    "cellstate train classify reviews.csv --bidirectional --dropout 0.2 --class-weight balanced --epochs 2 --units 4 --save words.keras",
  );
}

function forecastCommand(screen: Screen): Command {
  const about = "Train a forecaster on a series: rows of numbers, in order of their dates or oldest first.";
  const command = trainer(screen, "forecast", about, "csv, tsv, jsonl, npz, npy");
  forecastOptions(command);
  collectionTrainingOptions(command);
  command
    .optionsGroup("Training:")
    .option(
      "--validation-data <file>",
      "validate on this file, later rows of the same series, in place of the last ones; may come twice",
      collected,
    );
  return examples(
    command,
    "cellstate train forecast series.csv --horizon 3 --epochs 2 --units 4 --save sales.keras",
    "cellstate train forecast series.csv --season 4 --window 8 --intervals gaussian --patience 2 --epochs 2 --units 4 --save band.keras",
  );
}

function sequenceCommand(screen: Screen): Command {
  const about = "Train a classifier of numeric sequences of any length, or of recordings.";
  const command = trainer(screen, "sequence", about, "csv, tsv, jsonl, npz, npy, ts, or recordings as wav");
  classifierOptions(command)
    .optionsGroup("Input:")
    .option("--group <column>", "CSV: column with the sequence id of each row")
    .option("--label <column>", "label column; in NPZ files the array (default: y)")
    .option("--columns <names>", "CSV: numeric columns, comma-separated", names)
    .option("--window <n>", "CSV: a sequence is a window of so many rows (of each --group, if given)", wholeNumber)
    .option("--step <n>", "CSV: rows from one window to the next (default: half of --window)", wholeNumber)
    .addOption(
      new Option("--window-label <how>", "CSV: label of a window with several (default: majority)").choices([
        ...["majority", "last", "single"],
      ]),
    )
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

function anomalyCommand(screen: Screen): Command {
  const about =
    "Train a detector of anomalies on a series that is normal: rows of numbers, in order of their dates or oldest first.";
  const command = trainer(screen, "anomaly", about, "csv, tsv, jsonl, npz, npy")
    .optionsGroup("Input:")
    .option("--columns <names>", "columns to read, comma-separated (default: all numeric columns)", names)
    .option("--until <row>", "learn from the rows before this row or date (default: all)")
    .optionsGroup("Detection:")
    .option(
      "--false-alarms <rate>",
      'tolerated false alarms: "1 in 4 weeks", "2 per day", "1 in 5000 rows" (default: 1 in 4 weeks; 1 in 1000 rows without hours)',
    )
    .addOption(
      new Option(
        "--method <kind>",
        "errors of a forecast and deviations from the season, or of an autoencoder (default: forecast)",
      ).choices(["forecast", "autoencoder"]),
    )
    .option("--window <n>", "rows that the network reads (default: 24, at most an eighth of the rows)", wholeNumber)
    .option("--season <n>", "season length in rows, 1 for none (default: none, a day or a week, by data)", wholeNumber);
  return examples(
    seriesOptions(command.optionsGroup("Input:")),
    'cellstate train anomaly hours.csv --until 400 --false-alarms "1 in 4 weeks" --epochs 2 --units 4 --save pump.keras',
    "cellstate train anomaly hours.csv --method autoencoder --epochs 1 --units 4 --save auto.keras",
  );
}

function tagCommand(screen: Screen): Command {
  const about =
    "Train a tagger: a label for each token of a sentence, and one for the sentence where the files have it.";
  const command = trainer(screen, "tag", about, "CoNLL or one sentence a line; csv, tsv, jsonl");
  taggedColumns(command.optionsGroup("Input:"))
    .option("--no-lower", "words keep their case (characters always do)")
    .option("--no-mask-digits", "digits are read as they are (default: each as 0)")
    .option("--min-count <n>", "words that come less often are unknown words (default: by data size)", wholeNumber)
    .optionsGroup("Network:")
    .option("--embedding <n>", "embedding dimension of words (default: 100)", wholeNumber)
    .option("--char-embedding <n>", "embedding dimension of characters; 0 reads none (default: 25)", wholeFrom0)
    .option("--char-units <n>", "hidden units of the LSTM over a word's characters (default: 25)", wholeNumber)
    .option("--word-dropout <fraction>", "words hidden while training (default: 0.05)", below1)
    .option("--no-linear", "the network alone tells the sentence's label, without a regression on words and pairs")
    .option("--no-crf", "the best label of each token, in place of the best sequence");
  validationFiles(command.optionsGroup("Training:"));
  return examples(
    command,
    "cellstate train tag slots.iob --epochs 2 --units 8 --save slots.keras",
    "cellstate train tag tokens.csv --group sentence --no-crf --epochs 2 --units 8 --save tokens.keras",
  );
}

function translateCommand(screen: Screen): Command {
  const about = "Train a translator on pairs of a text and its translation.";
  const reads = "one with both: tsv, csv, jsonl; or two with one text a line";
  const command = trainer(screen, "translate", about, reads);
  validationFiles(pairColumns(command.optionsGroup("Input:")))
    .option("--no-lower-source", "texts that are read keep their case")
    .option("--lower-target", "translations are written in lower case")
    .option("--pieces <n>", "size of each side's vocabulary of byte-pair pieces (default: by data size)", wholeNumber)
    .optionsGroup("Network:")
    .option("--embedding <n>", "embedding dimension of pieces (default: by data size)", wholeNumber)
    .option("--label-smoothing <fraction>", "fraction of each target spread over all pieces (default: 0.1)", below1);
  return examples(
    command,
    "cellstate train translate pairs.tsv --epochs 2 --units 8 --save german.keras",
    "cellstate train translate en.txt de.txt --pieces 100 --epochs 2 --units 8 --save pieces.keras",
  );
}

function transcribeCommand(screen: Screen): Command {
  const about =
    "Train a transcriber: recordings, or frames of anything, into text; nobody says which frame is which character.";
  const reads = "csv, tsv, jsonl: a path (wav, npy) and a transcript in each row; or frames in JSON lines";
  const command = trainer(screen, "transcribe", about, reads);
  missingRowsOption(
    transcriptColumns(validationFiles(command.optionsGroup("Training:")).optionsGroup("Input:")),
    "a transcript",
  )
    .option("--mels <n>", "WAV: mel bands per frame (default: 40)", wholeNumber)
    .option("--frame-ms <n>", "WAV: frame length in milliseconds (default: 25)", numberFrom0)
    .option("--hop-ms <n>", "WAV: milliseconds between frames (default: 10)", numberFrom0)
    .optionsGroup("Network:")
    .option("--no-bidirectional", "forward recurrent layers only")
    .option("--stride <n>", "frames from one step to the next (default: 3 for recordings, else 1)", wholeNumber)
    .option("--window <n>", "frames that a step reads (default: the stride)", wholeNumber)
    .option("--convolution <n>", "filters of 3 × 3 over each step's frames, a list: 8,16 (default: none)", wholeNumbers)
    .option(
      "--augment <changes>",
      "changes made to each example anew in each epoch: speed=0.1,warp=0.1,bands=2,stretches=1 (default: none)",
      numbersByName,
    )
    .option("--ngram <n>", "order of a language model of the transcripts (default: 0, none)", wholeFrom0);
  return examples(command, "cellstate train transcribe calls.csv --epochs 2 --units 4 --save calls.keras");
}

function videoCommand(screen: Screen): Command {
  const reads = "npz with x [N, T, H, W] and y [N]; or a table: an npy file and a class in each row";
  const command = trainer(screen, "video", "Train a classifier of small videos: a class for each clip.", reads);
  stackOptions(command);
  command.options.find(({ long }) => long === "--cell")!.choices(["lstm", "gru", "simpleRnn", "convLstm2d"]);
  classEffects(validationFiles(command.optionsGroup("Training:")))
    .optionsGroup("Input:")
    .option("--path <column>", "tables: column with the npy file of each row (default: by name)")
    .option("--label <column>", "label column; in NPZ files the array (default: y)")
    .option("--length <n>", "frames read of each clip, evenly spaced (default: by data, 32 at most)", wholeNumber)
    .optionsGroup("Network:")
    .option("--convolution <n>", "filters of the convolutions over each frame, a list (default: 16,32)", wholeNumbers)
    .option("--kernel-size <n>", "rows and columns of a convolution's window (default: 3)", wholeNumber);
  return examples(command, "cellstate train video clips.npz --convolution 4 --epochs 2 --units 4 --save moves.keras");
}
