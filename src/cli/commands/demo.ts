import type { Command } from "commander";
import { interruptible, wholeFrom0, wholeNumber } from "../screen/screen.ts";
import type { DemoOptions } from "./demo-run.ts";

/** The main job as a command of its own (`npm start`), or as `cellstate demo`. */
export function demoCommand(command: Command): Command {
  const call = command.name() === "demo" ? "cellstate demo" : command.name();
  return command
    .description("Train a next-word model on a text, then complete your sentence.")
    .argument("[prompt]", "beginning of a sentence", "what is the forget")
    .option("-w, --words <n>", "words to generate", wholeNumber, 10)
    .option("-t, --text <file>", "train on this text file, one sentence per line, instead of the FAQ about LSTMs")
    .option("-l, --load <file>", "use this saved model, without training")
    .option("--full", "full size on the js backend too: Embedding 100, two LSTM 150 layers, 100 epochs")
    .option("-e, --epochs <n>", "epochs to train", wholeNumber)
    .option("-s, --seed <n>", "random seed of weights, shuffling and dropout (default: 1)", wholeFrom0)
    .option("-b, --backend <name>", "native, wasm or js (default: the fastest available)")
    .option("-o, --out <folder>", "output folder for model and chart", "out")
    .option("-q, --quiet", "print the finished sentence only")
    .addHelpText(
      "after",
      `
Examples:
  ${call.replace(/ --$/, "")}
  ${call} "what does the input gate" --words 5
  ${call} --text story.txt "once upon a" --out story
  ${call} --load out/next-word.keras "why do we"`,
    )
    .action(async (prompt: string, options: Omit<DemoOptions, "prompt" | "signal" | "call">) => {
      const { demo } = await import("./demo-run.ts");
      const say = (time: number) =>
        time === 1 && process.stderr.write("\nstopping after this step, then saving; Ctrl-C again to quit at once\n");
      const { stopped } = await interruptible((signal) => demo({ ...options, prompt, signal, call }), say);
      if (stopped) process.exitCode = 130;
    });
}
