import { Command } from "commander";
import { DataError, problem } from "../errors.ts";
import type { Evaluation } from "../index.ts";
import { openAnyTask } from "./open-task.ts";
import { readSequences } from "./read-sequences.ts";
import { readSeries } from "./read-series.ts";
import { labelsOf, readTables, textsOf } from "./read-table.ts";
import { type Common, common, examples, names, percent, type Screen, wholeNumber } from "./screen.ts";

interface EvaluateOptions extends Common {
  text?: string;
  label?: string;
  group?: string;
  columns?: string[];
  from?: number;
}

/** `cellstate evaluate MODEL FILE…`: how good a model is on rows it has not seen. */
export function evaluateCommand(screen: Screen): Command {
  const command = common(new Command("evaluate"))
    .description("Says how good a model is on a file.")
    .argument("<model>", "a file that cellstate train saved")
    .argument("<file...>", "txt, csv, tsv, jsonl; sequences also npz")
    .option("--text <column>", "the column that holds the text")
    .option("--label <column>", "the column that holds the class")
    .option("--group <column>", "sequences: the column that says which one a row belongs to")
    .option("--columns <names>", "the columns of numbers, with commas", names)
    .option("--from <row>", "forecasts: the first row to foretell", wholeNumber)
    .action(async (model: string, files: string[], o: EvaluateOptions) => {
      const every = ["textClassifier", "languageModel", "sequenceClassifier", "forecaster"] as const;
      const opened = await openAnyTask(model, every, o.backend);
      if (opened.kind === "textClassifier") {
        const table = await readTables(files);
        const labels = labelsOf(table, o.label);
        const texts = textsOf(table, o.text, o.label);
        return screen.out(show(await opened.task.evaluate(texts, labels), o));
      }
      if (opened.kind === "sequenceClassifier") {
        const { sequences, labels } = await readSequences(files, o);
        if (!labels) throw new DataError(problem("--label", "a column of classes", "none", "Give --label NAME."));
        return screen.out(show(await opened.task.evaluate(sequences, labels), o));
      }
      if (opened.kind === "forecaster") {
        const columns = o.columns ?? opened.task.learned.names ?? undefined;
        const { series } = await readSeries(files, columns);
        const report = await opened.task.evaluate(series, o.from === undefined ? {} : { from: o.from });
        return screen.out(o.json ? `${JSON.stringify(report)}\n` : `${report}\n`);
      }
      const lines = textsOf(await readTables(files), o.text);
      const stream = opened.task.reading.scheme === "stream";
      const found = await opened.task.evaluate(stream ? lines.join("\n") : lines);
      const { perplexity, accuracy, tokens, unknown } = found;
      const said = `perplexity ${perplexity.toFixed(2)}, accuracy ${percent(accuracy)}, ${tokens} tokens, ${unknown} unknown`;
      screen.out(o.json ? `${JSON.stringify(found)}\n` : `${said}\n`);
    });
  return examples(command, "cellstate evaluate sentiment.keras reviews.csv");
}

function show({ loss, accuracy, report }: Evaluation, o: EvaluateOptions): string {
  if (o.json) return `${JSON.stringify({ loss, accuracy, report })}\n`;
  const said = `accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)}\n`;
  return o.quiet ? said : `${said}${report}\n`;
}
