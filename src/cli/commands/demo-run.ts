import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { counted, DataError, fault } from "../../errors.ts";
import { type BackendName, chooseBackend, type LanguageModel, type TrainingState } from "../../index.ts";
import { historyChart, plotHistory, terminal } from "../../plot/index.ts";
import { openAnyTask } from "../readers/open-task.ts";
import { readTextFile } from "../readers/read-text-file.ts";
import { checkApart } from "../screen/write-result.ts";
import { nextWordModel, sizeFor } from "./next-word.ts";

export interface DemoOptions {
  prompt: string;
  words: number;
  text?: string;
  load?: string;
  full?: boolean;
  epochs?: number;
  seed?: number;
  out: string;
  backend?: BackendName;
  quiet?: boolean;
  signal?: AbortSignal;
  write?: (text: string) => void;
  /** The command line that started it, for its suggestions of what to run next. Default `npm start --`. */
  call?: string;
}

// src/cli/commands/demo-run.ts and dist/cli/demo-run.js lie equally deep
const shipped = new URL("../../../assets/lstm-faq.txt", import.meta.url);

/**
 * The main job: learns to continue the sentences of a text, shows how, completes a prompt, and writes chart and model.
 * Resolves to the finished sentence, and whether training was stopped by the signal.
 */
export async function demo(options: DemoOptions): Promise<{ sentence: string; stopped: boolean }> {
  const write = options.write ?? ((text: string) => void process.stdout.write(text));
  const say = (line = "") => options.quiet || write(`${line}\n`);
  if (options.load) {
    const { task: writer } = await openAnyTask(options.load, ["languageModel"], { backend: options.backend });
    return { sentence: await speak(writer, options, write), stopped: false };
  }
  const begun = performance.now();
  const [modelFile, chartFile] = ["keras", "svg"].map((ending) => join(options.out, `next-word.${ending}`));
  await checkApart([options.text], { model: modelFile, chart: chartFile });
  const lines = await readLines(options.text);
  const backend = await chooseBackend(options.backend);
  const size = sizeFor(backend.name, options.full === true);
  const epochs = options.epochs ?? size.epochs;
  let trainingSteps = 1;
  const writer = nextWordModel(size, { ...options, trainingSteps: () => trainingSteps });
  const onTrainBegin = ({ stepsPerEpoch = 1 }: TrainingState) => {
    trainingSteps = epochs * stepsPerEpoch;
    const { tokenizer } = writer.reading;
    const prefixes = tokenizer.textsToSequences(lines).reduce((n, ids) => n + Math.max(0, ids.length - 1), 0);
    say(
      `${options.text ?? "questions and answers about LSTMs"}: ${lines.length} lines, ${tokenizer.wordIndex.size} words, ${prefixes} prefixes of at most ${writer.model.inputShape![1]! + 1} words`,
    );
    say(`backend ${backend.name}: ${backend.description}`);
    if (!options.quiet) writer.model.summary({ print: say });
  };
  const history = await writer.fit(lines, {
    epochs,
    batchSize: size.batchSize,
    verbose: options.quiet ? 0 : 1,
    signal: options.signal,
    write: options.write,
    callbacks: [{ onTrainBegin }],
  });
  const learned = history.history.accuracy ?? [];
  if (learned.length > 1)
    say(historyChart(history.history, { columns: 72, color: !options.write && terminal().color }));
  say(
    `${history.stopped ? "stopped" : "trained"} after ${counted(learned.length, "epoch")} in ${history.seconds.toFixed(1)} s: accuracy ${((learned.at(-1) ?? 0) * 100).toFixed(1)} %`,
  );
  await mkdir(options.out, { recursive: true });
  await writer.save(modelFile);
  if (learned.length > 0) await writeFile(chartFile, await plotHistory(history.history, { title: "Next word" }));
  const sentence = await speak(writer, options, write);
  say(
    `model ${modelFile}${learned.length > 0 ? `, chart ${chartFile}` : ""} (${((performance.now() - begun) / 1000).toFixed(1)} s in all)`,
  );
  say(`more: ${options.call ?? "npm start --"} --load ${modelFile} "what does the input gate"`);
  return { sentence, stopped: history.stopped };
}

async function speak(writer: LanguageModel, options: DemoOptions, write: (text: string) => void): Promise<string> {
  let sentence = options.prompt;
  for await (const word of writer.generate(options.prompt, { words: options.words })) {
    sentence += ` ${word}`;
    if (!options.quiet) write(`  ${sentence}\n`);
  }
  if (options.quiet) write(`${sentence}\n`);
  return sentence;
}

/** The lines of a text that have words. Throws DataError when there are none, and as `readTextFile` does. */
async function readLines(path: string | undefined): Promise<string[]> {
  const file = path ?? fileURLToPath(shipped);
  const lines = (await readTextFile(file)).split("\n").map((line) => line.trim());
  if (lines.some(Boolean)) return lines.filter(Boolean);
  throw new DataError(fault(file, "the file is empty", "Give one sentence per line."));
}
