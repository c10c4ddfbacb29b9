import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { formatCsv } from "../data/index.ts";
import { DataError, problem } from "../errors.ts";
import { forecaster, type History, languageModel, sequenceClassifier, textClassifier } from "../index.ts";
import { readSequences } from "./read-sequences.ts";
import { readSeries } from "./read-series.ts";
import { labelsOf, readTables, textsOf } from "./read-table.ts";
import { type Common, common, examples, names, numberFrom0, type Screen, wholeNumber, wholeNumbers } from "./screen.ts";

interface TrainOptions extends Common {
  save: string;
  history?: string;
  epochs?: number;
  batch?: number;
  units?: number[];
  seed?: number;
  validation?: number;
  text?: string;
  label?: string;
  group?: string;
  columns?: string[];
  target?: string[];
  horizon?: number;
  missing?: "refuse" | "drop" | "previous";
  level?: "word" | "character";
  scheme?: "lines" | "stream" | "prefixes";
}

/** `cellstate train text|classify|forecast|sequence FILE…`. */
export function trainCommand(screen: Screen): Command {
  return new Command("train")
    .description("Trains on files and saves a model that takes raw input.")
    .addCommand(textCommand(screen))
    .addCommand(classifyCommand(screen))
    .addCommand(forecastCommand(screen))
    .addCommand(sequenceCommand(screen));
}

function textCommand(screen: Screen): Command {
  const command = trainer("text", "A language model: learns to go on with lines of text.")
    .option("--text <column>", "the column that holds the text")
    .addOption(new Option("--level <kind>", "what a token is").choices(["word", "character"]))
    .addOption(new Option("--scheme <kind>", "what a row of training is").choices(["lines", "stream", "prefixes"]))
    .action(async (files: string[], o: TrainOptions) => {
      const lines = textsOf(await readTables(files), o.text);
      const kept = Math.floor(lines.length * (o.validation ?? 0));
      const task = languageModel({ level: o.level, scheme: o.scheme, ...sizes(o) });
      const raw = (part: string[]) => (o.scheme === "stream" ? part.join("\n") : part);
      const judged = kept > 0 ? { validationData: raw(lines.slice(-kept)) } : {};
      const { validation: _, ...fit } = fitting(o, screen);
      await train(task, o, screen, (signal) =>
        task.fit(raw(lines.slice(0, lines.length - kept)), { ...fit, ...judged, signal }),
      );
    });
  return examples(command, "cellstate train text lines.txt --epochs 2 --units 8 --save writer.keras");
}

function classifyCommand(screen: Screen): Command {
  const command = trainer("classify", "A text classifier: a column of texts, a column of labels.")
    .option("--text <column>", "the column that holds the text")
    .option("--label <column>", "the column that holds the class")
    .action(async (files: string[], o: TrainOptions) => {
      const table = await readTables(files);
      const labels = labelsOf(table, o.label);
      const texts = textsOf(table, o.text, o.label);
      const task = textClassifier(sizes(o));
      await train(task, o, screen, (signal) => task.fit(texts, labels, { ...fitting(o, screen), signal }));
    });
  return examples(command, "cellstate train classify reviews.csv --epochs 2 --units 4 --save sentiment.keras");
}

function forecastCommand(screen: Screen): Command {
  const command = trainer("forecast", "A forecaster: rows of numbers, oldest first.")
    .option("--columns <names>", "the columns that are read, with commas; all of numbers by default", names)
    .option("--target <names>", "those that are foretold; all by default", names)
    .option("--horizon <n>", "steps foretold", wholeNumber, 1)
    .addOption(new Option("--missing <how>", "what a gap does").choices(["refuse", "drop", "previous"]))
    .action(async (files: string[], o: TrainOptions) => {
      const { series, columns } = await readSeries(files, o.columns, o.missing);
      const task = forecaster({ ...sizes(o), horizon: o.horizon, columns, targets: o.target });
      await train(task, o, screen, (signal) => task.fit(series, { ...fitting(o, screen), signal }));
      if (task.report && !o.quiet && !o.json) screen.out(`${task.report}\n`);
    });
  return examples(command, "cellstate train forecast series.csv --horizon 3 --epochs 2 --units 4 --save sales.keras");
}

function sequenceCommand(screen: Screen): Command {
  const command = trainer("sequence", "A classifier of sequences: numbers per step, any number of steps.")
    .option("--group <column>", "csv: the column that says which sequence a row belongs to")
    .option("--label <column>", "the column that holds the class")
    .option("--columns <names>", "csv: the columns of numbers, with commas", names)
    .action(async (files: string[], o: TrainOptions) => {
      const { sequences, labels } = await readSequences(files, o);
      if (labels === null) throw new DataError(problem("--label", "a column of classes", "none", "Give --label NAME."));
      const task = sequenceClassifier(sizes(o));
      await train(task, o, screen, (signal) => task.fit(sequences, labels, { ...fitting(o, screen), signal }));
    });
  return examples(command, "cellstate train sequence steps.csv --group id --epochs 2 --units 4 --save steps.keras");
}

function trainer(name: string, description: string): Command {
  return common(new Command(name))
    .description(description)
    .argument("<file...>", "txt, csv, tsv, jsonl; sequences also npz")
    .option("-o, --save <file>", "where the model goes", "model.keras")
    .option("--history <file>", "the numbers of each epoch as csv, for cellstate plot")
    .option("-e, --epochs <n>", "passes over the data; by its size by default", wholeNumber)
    .option("--batch <n>", "rows of a step", wholeNumber)
    .option("-u, --units <n>", "units of each recurrent layer, with commas", wholeNumbers)
    .option("-s, --seed <n>", "another seed gives another model", wholeNumber)
    .option("--validation <share>", "the share that is kept to judge by", numberFrom0);
}

/** What is absent, not undefined, is chosen by the data. */
function sizes(o: TrainOptions) {
  return { ...(o.units ? { units: o.units } : {}), seed: o.seed, backend: o.backend };
}

function fitting(o: TrainOptions, screen: Screen) {
  const verbose: 0 | 1 | 2 = o.quiet || o.json ? 0 : screen.terminal ? 1 : 2;
  return {
    ...(o.epochs ? { epochs: o.epochs } : {}),
    ...(o.batch ? { batchSize: o.batch } : {}),
    ...(o.validation === undefined ? {} : { validation: o.validation }),
    verbose,
    write: screen.out,
  };
}

/** Trains until done or Ctrl-C, saves, and says what came of it; Ctrl-C twice quits at once. */
async function train(
  task: { save(path: string): Promise<void> },
  o: TrainOptions,
  screen: Screen,
  fit: (signal: AbortSignal) => Promise<History>,
): Promise<void> {
  if (!/\.keras$/i.test(o.save))
    throw new DataError(problem("--save", "a name that ends in .keras", o.save, "Before hours are spent."));
  const stop = new AbortController();
  const onInterrupt = () => {
    if (stop.signal.aborted) process.exit(130);
    screen.err("\nstopping after this step, then saving; once more to quit at once\n");
    stop.abort();
  };
  process.on("SIGINT", onInterrupt);
  try {
    const { history, stopped, seconds } = await fit(stop.signal);
    await task.save(o.save);
    if (o.history) await writeFile(o.history, await historyCsv(history));
    const last = Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values.at(-1)]));
    const epochs = Object.values(history)[0]?.length ?? 0;
    if (o.json) screen.out(`${JSON.stringify({ model: o.save, epochs, seconds, stopped, ...last })}\n`);
    else if (!o.quiet)
      screen.out(`${stopped ? "stopped" : "trained"} after ${epochs} epochs in ${seconds.toFixed(1)} s: ${o.save}\n`);
    if (stop.signal.aborted) screen.code = 130;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

async function historyCsv(history: Record<string, number[]>): Promise<string> {
  const columns = Object.keys(history);
  const rows = (history[columns[0]] ?? []).map((_, i) => [i + 1, ...columns.map((name) => history[name][i])]);
  return formatCsv({ columns: ["epoch", ...columns], rows });
}
