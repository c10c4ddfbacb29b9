import { existsSync } from "node:fs";
import type { Command } from "commander";
import { DataError, problem, ShapeError } from "../../errors.ts";
import type { NdArray } from "../../index.ts";
import { openAnyTask, refuseForeign, thresholdsOf } from "../readers/open-task.ts";
import { readSequences } from "../readers/read-sequences.ts";
import { standardInput } from "../readers/read-text-file.ts";
import { groupsOf } from "../screen/line-groups.ts";
import { notes, type Screen } from "../screen/screen.ts";
import {
  answerEach,
  answerTo,
  csvHead,
  numbered,
  type PredictOptions,
  readingKept,
  show,
  textsIn,
  typed,
} from "./predict-texts.ts";

const predicted = [
  ...(["textClassifier", "languageModel", "sequenceClassifier", "regressor"] as const),
  ...(["sequenceTagger", "translator", "sequenceTranscriber", "videoClassifier", "multiLabelClassifier"] as const),
] as const;

export async function predict(
  model: string,
  given: string[],
  o: PredictOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  const sequences = o.group !== undefined || [o.file ?? "", ...given].some((file) => /\.(npz|jsonl)$/i.test(file));
  const opened = await openAnyTask(model, predicted, { ...o, sequences, say: notes(o, screen) });
  refuseForeign(self, opened.kind, {
    text: ["textClassifier", "languageModel", "regressor", "sequenceTagger", "translator", "multiLabelClassifier"],
    beams: ["translator"],
    lengthPenalty: ["translator"],
    image: ["sequenceTranscriber"],
    group: ["sequenceClassifier", "regressor"],
    columns: ["sequenceClassifier", "regressor"],
  });
  checkOut(o);
  if (o.csv) screen.out(csvHead(opened, o));
  if (opened.kind === "sequenceTranscriber") {
    const { transcribeFiles } = await import("./transcriber-answers.ts");
    return transcribeFiles(opened.task, sequenceFiles(given, o), o, screen);
  }
  if (opened.kind === "videoClassifier") {
    const { answerClips } = await import("./clip-answers.ts");
    return answerClips(opened.task, sequenceFiles(given, o), o, screen);
  }
  if (o.out) {
    const { predictFile } = await import("./predict-file.ts");
    return predictFile(opened, given, o, screen);
  }
  if (opened.kind === "regressor" && opened.task.reads === "sequences") {
    const { sequences, names } = await readSequences(sequenceFiles(given, o), o);
    const found = await opened.task.predict(sequences as NdArray[]);
    for (const [i, values] of found.toArray<number[][]>().entries())
      screen.out(numbered(values, names && { name: names[i] }, o));
    return;
  }
  if (opened.kind === "sequenceClassifier") {
    const kept = opened.task.options.reading;
    const { sampleRate: rate } = opened.task;
    const heard = rate === null ? {} : { rate, say: notes(o, screen) };
    const { sequences, names } = await readSequences(sequenceFiles(given, o), { ...o, kept, ...heard });
    const all = await opened.task.predict(sequences, thresholdsOf(o, opened.task.labels)).catch((error) => {
      const next = "Name the columns it was trained on with --columns, in their order.";
      throw error instanceof ShapeError ? error.retell({ next }) : error; // another number of features
    });
    for (const [i, answer] of all.entries()) screen.out(show(answer, nameOf(names, i, o), o));
    return;
  }
  const [first] = given;
  const text = first === standardInput ? undefined : first;
  if (given.length > 1) {
    const next = "Put it in quotes, or give a file of texts: --file.";
    throw new DataError(problem("predict", "one text", `${given.length}, the first ${JSON.stringify(text)}`, next));
  }
  if (text !== undefined && o.file) {
    const file = o.csv && /\.csv$/i.test(text); // --csv takes no name
    const next = file ? `--csv is printed: put > ${text} behind the command.` : "Give a text or --file, not both.";
    throw new DataError(problem("predict", "a text or --file", "both", next));
  }
  if (text !== undefined) {
    if (!o.quiet && existsSync(text))
      screen.err(`${text}: classified as a text; to read the texts in that file: --file\n`);
    const alone = { ...o, top: o.top ?? (o.quiet || o.csv ? undefined : 10) };
    for (const said of await answerTo([text], opened, alone, screen)) screen.out(said);
    return;
  }
  const asked = o.file
    ? await textsIn(o.file, o, readingKept(opened))
    : typed(screen.input(o.json ? undefined : "> ", o.encoding));
  const alone = opened.kind === "languageModel" || (screen.asks && !o.file); // a classifier reads many at once
  for await (const group of groupsOf(asked, alone ? 1 : 256)) await answerEach(group, opened, o, screen);
}

/** The name of a sequence; where they have none its number, from 1, in a table. */
const nameOf = (names: readonly string[] | null, row: number, { csv }: PredictOptions): { name: string } | null =>
  names ? { name: names[row] } : csv ? { name: `${row + 1}` } : null;

/** Throws DataError for an option of answers in files where they go to the screen. */
function checkOut(o: PredictOptions): void {
  if (o.out) return;
  if (o.resume) {
    const next = "Give the file that the answers go to: --out answers.jsonl --resume.";
    throw new DataError(problem("--resume", "--out beside it", "none", next));
  }
  if (o.shard) {
    const next = "Give the files that the answers go to: --file 'part-*.jsonl' --out 'answers-*.jsonl'.";
    throw new DataError(problem("--shard", "--out beside it", "none", next));
  }
}

function sequenceFiles(given: readonly string[], o: PredictOptions): string[] {
  const files = [...(o.file ? [o.file] : []), ...given];
  if (files.length > 0) return files;
  throw new DataError(
    problem("predict", "a file with sequences", "none", "Give it after the model: cellstate predict MODEL FILE."),
  );
}
