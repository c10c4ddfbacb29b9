import { Command } from "commander";
import { DataError, problem } from "../errors.ts";
import type { LoadedTask, Prediction } from "../index.ts";
import { openAnyTask } from "./open-task.ts";
import { readSequences } from "./read-sequences.ts";
import { readTables, textsOf } from "./read-table.ts";
import { type Common, common, examples, names, percent, type Screen, wholeNumber } from "./screen.ts";

interface PredictOptions extends Common {
  file?: string;
  text?: string;
  group?: string;
  columns?: string[];
  top: number;
}

/** `cellstate predict MODEL [TEXT]`: the class of a text or sequence, or the next words. */
export function predictCommand(screen: Screen): Command {
  const command = common(new Command("predict"))
    .description("The class of each text or sequence; of a language model the likeliest next words.")
    .argument("<model>", "a file that cellstate train saved")
    .argument("[text]", "one text; without it --file, or standard input line by line")
    .option("-f, --file <file>", "txt, csv, tsv, jsonl; sequences also npz")
    .option("--text <column>", "the column of the file that holds the text")
    .option("--group <column>", "sequences: the column that says which one a row belongs to")
    .option("--columns <names>", "sequences: the columns of numbers, with commas", names)
    .option("--top <n>", "next words to show", wholeNumber, 5)
    .action(async (model: string, text: string | undefined, o: PredictOptions) => {
      const opened = await openAnyTask(model, ["textClassifier", "languageModel", "sequenceClassifier"], o.backend);
      if (opened.kind === "sequenceClassifier") {
        if (!o.file) throw new DataError(problem("predict", "--file with sequences", "none", "Give --file FILE."));
        const { sequences } = await readSequences([o.file], o);
        for (const answer of await opened.task.predict(sequences)) screen.out(show(answer, null, o));
        return;
      }
      for await (const line of textsFor(text, o, screen)) screen.out(await answerTo(line, opened, o, screen));
    });
  return examples(
    command,
    'cellstate predict sentiment.keras "a good film"',
    "cellstate predict sentiment.keras --file reviews.csv --json",
    "cellstate predict sentiment.keras < lines.txt",
  );
}

async function* textsFor(text: string | undefined, o: PredictOptions, screen: Screen): AsyncGenerator<string> {
  if (text !== undefined) yield text;
  else if (o.file) yield* textsOf(await readTables([o.file]), o.text);
  else for await (const line of screen.input()) if (line.trim() !== "") yield line;
}

async function answerTo(
  text: string,
  { kind, task }: Extract<LoadedTask, { kind: "textClassifier" | "languageModel" }>,
  o: PredictOptions,
  screen: Screen,
): Promise<string> {
  if (kind === "textClassifier") return show((await task.predict([text]))[0], text, o);
  const next = await task.predict(text, { top: o.top, warn: (message) => o.quiet || screen.err(`${message}\n`) });
  if (o.json) return `${JSON.stringify({ text, next })}\n`;
  return next.map(({ token, probability }) => `${percent(probability).padStart(7)}  ${token}\n`).join("");
}

function show(answer: Prediction, text: string | null, o: PredictOptions): string {
  if (o.json) return `${JSON.stringify({ ...(text === null ? {} : { text }), ...answer })}\n`;
  if (o.quiet) return `${answer.label}\n`;
  return `${answer.label}\t${percent(answer.probability)}${text === null ? "" : `\t${text}`}\n`;
}
