import { Command, InvalidArgumentError } from "commander";
import { CellstateError, version } from "../index.ts";
import { type DemoOptions, demo } from "./demo.ts";
import { modelCommands } from "./model-commands.ts";

function wholeNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError("Expected a whole number above 0.");
  return n;
}

/** The options of the main job, on a command of its own (`npm start`) or below `cellstate demo`. */
export function demoCommand(command: Command): Command {
  return command
    .description("Learns to continue the sentences of a text, then completes yours.")
    .argument("[prompt]", "the words to continue", "what is the forget")
    .option("-w, --words <n>", "words to append", wholeNumber, 10)
    .option("-t, --text <file>", "learn this text, one sentence a line, instead of the questions about LSTMs")
    .option("-l, --load <file>", "complete with this model, without training")
    .option("--full", "the lab's size also on the js backend: Embedding 100, LSTM 150 twice, 100 epochs")
    .option("-e, --epochs <n>", "epochs to train", wholeNumber)
    .option("-s, --seed <n>", "another seed gives another model", wholeNumber)
    .option("-b, --backend <name>", "native, wasm or js; the fastest here by default")
    .option("-o, --out <folder>", "where model and chart go", "out")
    .option("-q, --quiet", "print the finished sentence only")
    .addHelpText(
      "after",
      `
Examples:
  npm start
  npm start -- "what does the input gate" --words 5
  npm start -- --text story.txt "once upon a" --out story
  npm start -- --load out/next-word.keras "why do we"`,
    )
    .action(async (prompt: string, options: Omit<DemoOptions, "prompt" | "signal">) => {
      const stop = new AbortController();
      const onInterrupt = () => {
        if (stop.signal.aborted) process.exit(130); // asked twice
        process.stderr.write("\nstopping after this step, then saving; once more to quit at once\n");
        stop.abort();
      };
      process.on("SIGINT", onInterrupt);
      try {
        const { stopped } = await demo({ ...options, prompt, signal: stop.signal });
        if (stopped) process.exitCode = 130;
      } finally {
        process.off("SIGINT", onInterrupt);
      }
    });
}

export function cellstate(): Command {
  const program = new Command("cellstate").description("LSTM networks: train, complete, save.").version(version);
  program.addCommand(demoCommand(new Command("demo")));
  for (const command of modelCommands()) program.addCommand(command);
  return program;
}

/** Runs a command; what a user did wrong is told in one message, without a stack. */
export async function run(command: Command, argv: readonly string[]): Promise<void> {
  try {
    await command.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CellstateError)) throw error;
    process.stderr.write(`${error.name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
