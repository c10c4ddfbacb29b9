import { Command } from "commander";
import { DataError } from "../errors.ts";
import type { LanguageModel } from "../index.ts";
import { openAnyTask } from "./open-task.ts";
import { type Common, common, examples, numberFrom0, type Screen, wholeNumber } from "./screen.ts";

interface GenerateOptions extends Common {
  words?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  beam?: number;
  seed?: number;
  interactive?: boolean;
}

/** `cellstate generate MODEL [PROMPT]`: writes on, word by word. */
export function generateCommand(screen: Screen): Command {
  const command = common(new Command("generate"))
    .description("Goes on with a prompt, word by word.")
    .argument("<model>", "a language model that cellstate train text saved")
    .argument("[prompt]", "the words to go on from; none begins a line")
    .option("-w, --words <n>", "words at most, or characters", wholeNumber)
    .option("-t, --temperature <x>", "below 1 bolder, above 1 more surprising, 0 the likeliest", numberFrom0)
    .option("--top-k <n>", "draws among so many", wholeNumber)
    .option("--top-p <p>", "draws among those that together have this probability", numberFrom0)
    .option("--beam <n>", "searches the likeliest text with so many beams", wholeNumber)
    .option("-s, --seed <n>", "another seed draws other words", wholeNumber)
    .option("-i, --interactive", "a prompt a line, until the end of input")
    .action(async (model: string, prompt: string | undefined, o: GenerateOptions) => {
      const { task } = await openAnyTask(model, ["languageModel"], o.backend);
      if (!o.interactive) return speak(task, prompt ?? "", o, screen);
      for await (const line of screen.input()) {
        try {
          await speak(task, line, o, screen);
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          screen.err(`${error.message}\n`); // one prompt of unknown words does not end a conversation
        }
      }
    });
  return examples(
    command,
    'cellstate generate writer.keras "the cell" --words 3',
    'cellstate generate writer.keras "the cell" --words 3 --temperature 0.8 --top-k 5 --seed 2',
  );
}

async function speak(task: LanguageModel, prompt: string, o: GenerateOptions, screen: Screen): Promise<void> {
  const { words, temperature, topK, topP, beam: beams, seed } = o;
  const given = Object.entries({ words, temperature, topK, topP, beams, seed }).filter(([, v]) => v !== undefined);
  const warn = (message: string) => o.quiet || screen.err(`${message}\n`);
  const tokens: string[] = [];
  const gap = task.reading.level === "word" ? " " : "";
  if (!o.json) screen.out(prompt);
  for await (const token of task.generate(prompt, { ...Object.fromEntries(given), warn })) {
    if (!o.json) screen.out(tokens.length === 0 && prompt === "" ? token : `${gap}${token}`);
    tokens.push(token);
  }
  screen.out(o.json ? `${JSON.stringify({ prompt, tokens })}\n` : "\n");
}
