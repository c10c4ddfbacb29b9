import { Command, Option } from "commander";
import { formerly } from "../former-names.ts";
import { bareOptions } from "../readers/bare-options.ts";
import { collected, common, examples, numberFrom0, type Screen, wholeFrom0, wholeNumber } from "../screen/screen.ts";
import type { GenerateOptions } from "./generate-run.ts";

/** `cellstate generate MODEL [PROMPT]`: continues the prompt, word by word. */
export function generateCommand(screen: Screen): Command {
  const command = common(new Command("generate"))
    .description("Continue a prompt, word by word.")
    .argument("<model>", "a model file saved by cellstate train text, or a model from a notebook")
    .argument("[prompt]", "beginning of the text (default: empty, the start of a line)")
    .option("-w, --words <n>", "maximum number of words (default: 10) or characters (default: 100)", wholeNumber)
    .option("-i, --interactive", "read one prompt per line, until Ctrl-D or the end of input")
    .optionsGroup("Sampling:")
    .option(
      "-t, --temperature <x>",
      "sampling temperature: lower is more conservative, higher more random; 0 takes the most likely word (default: 0, or 1 with --top-k or --top-p)",
      numberFrom0,
    )
    .option("--top-k <n>", "sample from the k most likely words (default: no limit)", wholeNumber)
    .option(
      "--top-p <p>",
      "sample from the most likely words with total probability p: nucleus sampling (default: no limit)",
      numberFrom0,
    )
    .option(
      "--repetition-penalty <x>",
      "above 1 makes words that occurred before less likely (default: 1)",
      numberFrom0,
    )
    .option("-s, --seed <n>", "random seed of sampling (default: 1)", wholeFrom0)
    .option("--beams <n>", "beam search with n beams (default: no beam search)", wholeNumber)
    .option("--length-penalty <x>", "beam search: 0 favours short texts, above 1 long ones (default: 0.6)", numberFrom0)
    .option("--stop <word>", "stop before this word; may be repeated", collected)
    .option("--avoid <word>", "never generate this word; may be repeated", collected)
    .addOption(
      new Option("--at-end <what>", "end of a line: stop there, or never generate it (default: stop)").choices([
        "stop",
        "avoid",
      ]),
    )
    .action(async (model: string, prompt: string | undefined, o: GenerateOptions) => {
      const { generate } = await import("./generate-run.ts");
      await generate(model, prompt, o, screen);
    });
  bareOptions(command, ["tokenizer", "numWords", "maxLength"]);
  formerly(command, "--beam <n>", "beams", wholeNumber);
  return examples(
    command,
    'cellstate generate writer.keras "the cell" --words 3',
    'cellstate generate writer.keras "the cell" --words 3 --temperature 0.8 --top-k 5 --seed 2',
    'cellstate generate writer.keras "the cell" --beams 4 --stop gate',
    "cellstate generate writer.keras --interactive < prompts.txt",
    'cellstate generate next_word.keras "the cell" --tokenizer words.pickle',
  );
}
