import { Command, Option } from "commander";
import { DataError, problem } from "../errors.ts";
import type { LanguageModel, WriteOptions } from "../index.ts";
import { formerly } from "./former-names.ts";
import { openAnyTask } from "./open-task.ts";
import {
  type Common,
  collected,
  common,
  examples,
  interruptible,
  numberFrom0,
  type Screen,
  shortened,
  wholeFrom0,
  wholeNumber,
} from "./screen.ts";

interface GenerateOptions extends Common, Omit<WriteOptions, "warn"> {
  interactive?: boolean;
}

/** `cellstate generate MODEL [PROMPT]`: writes on, word by word. */
export function generateCommand(screen: Screen): Command {
  const command = common(new Command("generate"))
    .description("Continue a prompt, word by word.")
    .argument("<model>", "a model file saved by cellstate train text")
    .argument("[prompt]", "beginning of the text (default: empty, the start of a line)")
    .option("-w, --words <n>", "maximum number of words (default: 10) or characters (default: 100)", wholeNumber)
    .option("-i, --interactive", "read one prompt per line, until Ctrl-D or the end of input")
    .optionsGroup("Sampling:")
    .option(
      "-t, --temperature <x>",
      "sampling temperature: lower is more conservative, higher more random; 0 takes the most likely word",
      numberFrom0,
    )
    .option("--top-k <n>", "sample from the k most likely words", wholeNumber)
    .option("--top-p <p>", "sample from the most likely words with total probability p (nucleus sampling)", numberFrom0)
    .option("--repetition-penalty <x>", "above 1 makes words that occurred before less likely", numberFrom0)
    .option("-s, --seed <n>", "random seed of sampling", wholeFrom0)
    .option("--beams <n>", "beam search with n beams, instead of sampling", wholeNumber)
    .option("--length-penalty <x>", "beam search: 0 favours short texts, above 1 long ones", numberFrom0)
    .option("--stop <word>", "stop before this word; may be repeated", collected)
    .option("--avoid <word>", "never generate this word; may be repeated", collected)
    .addOption(
      new Option("--at-end <what>", "end of a line: stop there, or never generate it").choices(["stop", "avoid"]),
    )
    .action(async (model: string, prompt: string | undefined, { interactive, ...o }: GenerateOptions) => {
      if (o.lengthPenalty !== undefined && o.beams === undefined)
        throw new DataError(
          problem("--length-penalty", "--beams beside it", "none", "Only beams know a length: --beams 4."),
        );
      const { task } = await openAnyTask(model, ["languageModel"], o.backend);
      if (interactive) return converse(task, prompt, o, screen);
      if (await speak(task, prompt ?? "", o, screen)) screen.code = 130;
    });
  formerly(command, "--beam <n>", "beams", wholeNumber);
  return examples(
    command,
    'cellstate generate writer.keras "the cell" --words 3',
    'cellstate generate writer.keras "the cell" --words 3 --temperature 0.8 --top-k 5 --seed 2',
    'cellstate generate writer.keras "the cell" --beams 4 --stop gate',
    "cellstate generate writer.keras --interactive < prompts.txt",
  );
}

/** Answers line after line; a prompt of unknown words ends no conversation. */
async function converse(task: LanguageModel, first: string | undefined, o: GenerateOptions, screen: Screen) {
  if (screen.asks && !o.quiet && !o.json)
    screen.err("A prompt a line. Ctrl-C ends an answer, Ctrl-D the conversation.\n");
  const answer = async (line: string) => {
    if (line.trim() === "" && task.reading.endToken === null) return; // nothing to go on from
    try {
      await speak(task, line, o, screen);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      screen.err(`${shortened(error.message)}\n`);
    }
  };
  if (first !== undefined) await answer(first);
  for await (const line of screen.input(o.json ? undefined : "> ")) await answer(line);
}

/** Says whether it was interrupted. */
async function speak(task: LanguageModel, prompt: string, o: GenerateOptions, screen: Screen): Promise<boolean> {
  const { json, quiet, backend: _, ...given } = o;
  const warn = (message: string) => quiet || screen.err(`${shortened(message)}\n`);
  const gap = task.reading.tokenizer.charLevel ? "" : " ";
  const tokens: string[] = [];
  const say = (text: string) => json || screen.out(text);
  return interruptible(async (signal) => {
    for await (const token of task.generate(prompt, { ...given, warn })) {
      await new Promise((resolve) => setImmediate(resolve)); // Ctrl-C is heard between two words
      if (signal.aborted) break;
      say(tokens.length > 0 ? `${gap}${token}` : prompt === "" ? token : `${prompt}${gap}${token}`);
      tokens.push(token);
    }
    if (tokens.length === 0) {
      say(prompt);
      if (!quiet && !json && !signal.aborted && o.beams === undefined)
        screen.err("nothing follows: the line ends here, or a --stop word comes; --at-end avoid goes on\n");
    }
    const text = [...(prompt === "" ? [] : [prompt]), ...tokens].join(gap);
    screen.out(json ? `${JSON.stringify({ prompt, tokens, text })}\n` : "\n");
    return signal.aborted;
  });
}
