import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chooseBackend, DataError, nextWordRows, Tokenizer, toCategorical } from "../index.ts";
import { historyChart, plotHistory, terminal } from "../plot/index.ts";
import { complete, keepTokenizer, loadNextWord, nextWordModel, sizeFor } from "./next-word.ts";

export interface DemoOptions {
  prompt: string;
  words: number;
  text?: string;
  load?: string;
  full?: boolean;
  epochs?: number;
  seed?: number;
  out: string;
  backend?: string;
  quiet?: boolean;
  signal?: AbortSignal;
  write?: (text: string) => void;
}

const shipped = new URL("../../assets/lstm-faq.txt", import.meta.url);

/**
 * The main job: learns to continue the sentences of a text, shows how, completes a prompt, and writes chart and model.
 * Resolves to the finished sentence, and whether training was stopped by the signal.
 */
export async function demo(options: DemoOptions): Promise<{ sentence: string; stopped: boolean }> {
  const write = options.write ?? ((text: string) => void process.stdout.write(text));
  const say = (line = "") => options.quiet || write(`${line}\n`);
  if (options.load) {
    const { model, tokenizer } = await loadNextWord(options.load, options.backend);
    return { sentence: await speak(model, tokenizer, options, write), stopped: false };
  }
  const begun = performance.now();
  const lines = await readLines(options.text);
  const tokenizer = new Tokenizer();
  tokenizer.fitOnTexts(lines);
  const vocabulary = tokenizer.wordIndex.size + 1;
  const backend = await chooseBackend(options.backend);
  const size = sizeFor(backend.name, options.full === true);
  const rows = nextWordRows(tokenizer.textsToSequences(lines), { maxLen: size.maxLen });
  const epochs = options.epochs ?? size.epochs;
  say(
    `${options.text ?? "questions and answers about LSTMs"}: ${lines.length} lines, ${vocabulary - 1} words, ${rows.x.shape[0]} prefixes of at most ${rows.maxLen} words`,
  );
  say(`backend ${backend.name}: ${backend.description}`);
  const trainingSteps = epochs * Math.ceil(rows.x.shape[0] / size.batchSize);
  const model = nextWordModel(vocabulary, rows.maxLen - 1, size, { ...options, trainingSteps });
  if (!options.quiet) model.summary({ print: say });
  const y = toCategorical(rows.y, vocabulary);
  const history = await model.fit(rows.x, y, {
    epochs,
    batchSize: size.batchSize,
    verbose: options.quiet ? 0 : 1,
    signal: options.signal,
    write: options.write,
  });
  const learned = history.history.accuracy ?? [];
  if (learned.length > 1)
    say(historyChart(history.history, { columns: 72, color: !options.write && terminal().color }));
  say(
    `${history.stopped ? "stopped" : "trained"} after ${learned.length} epochs in ${history.seconds.toFixed(1)} s: accuracy ${((learned.at(-1) ?? 0) * 100).toFixed(1)} %`,
  );
  keepTokenizer(model, tokenizer);
  await mkdir(options.out, { recursive: true });
  const modelFile = join(options.out, "next-word.keras");
  const chartFile = join(options.out, "next-word.svg");
  await model.save(modelFile);
  if (learned.length > 0) await writeFile(chartFile, await plotHistory(history.history, { title: "Next word" }));
  const sentence = await speak(model, tokenizer, options, write);
  say(
    `model ${modelFile}${learned.length > 0 ? `, chart ${chartFile}` : ""} (${((performance.now() - begun) / 1000).toFixed(1)} s in all)`,
  );
  say(`more: npm start -- --load ${modelFile} "what does the input gate"`);
  return { sentence, stopped: history.stopped };
}

async function speak(
  model: Parameters<typeof complete>[0],
  tokenizer: Tokenizer,
  options: DemoOptions,
  write: (text: string) => void,
): Promise<string> {
  let sentence = options.prompt;
  for await (const grown of complete(model, tokenizer, options.prompt, options.words)) {
    sentence = grown;
    if (!options.quiet) write(`  ${grown}\n`);
  }
  if (options.quiet) write(`${sentence}\n`);
  return sentence;
}

/** The lines of a text that have words. Throws DataError when the file cannot be read or is not text. */
async function readLines(path: string | undefined): Promise<string[]> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path ?? shipped);
  } catch (error) {
    const why = (error as { code?: string }).code === "ENOENT" ? "no file of that name" : (error as Error).message;
    throw new DataError(
      `--text ${path}: expected a text file, received ${why}.\n  Give the path of a .txt file, one sentence a line.`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new DataError(`--text ${path}: expected UTF-8 text, received other bytes.\n  Save the file as UTF-8.`);
  }
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  if (lines.length === 0)
    throw new DataError(`--text ${path}: expected lines of text, received an empty file.\n  One sentence a line.`);
  return lines;
}
