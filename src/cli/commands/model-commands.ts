import { Command, InvalidArgumentError } from "commander";
import { examples, wholeFrom0, wholeNumber } from "../screen/screen.ts";
import type { ConvertOptions, VerifyOptions, Write } from "./model-commands-run.ts";

const toScreen: Write = (text) => void process.stdout.write(text);

function positive(text: string): number {
  const n = Number(text);
  if (!(n > 0)) throw new InvalidArgumentError("Expected a number above 0.");
  return n;
}

/** `dense=fc1,lstm=rnn` */
function pairs(text: string): Record<string, string> {
  const both = text.split(",").map((pair) => /^([^=]+)=(.+)$/.exec(pair.trim()));
  if (both.includes(null)) throw new InvalidArgumentError("Expected LAYER=MODULE, comma-separated.");
  return Object.fromEntries(both.map((pair) => [pair![1], pair![2]]));
}

/** `cellstate convert`, `inspect` and `verify`: what to do with model files. */
export function modelCommands(write: Write = toScreen): Command[] {
  return [convertCommand(write), inspectCommand(write), verifyCommand(write)];
}

function convertCommand(write: Write): Command {
  const command = new Command("convert")
    .description("Convert a model file to another format; the file extensions decide.")
    .argument("<in>", ".keras, .h5, TensorFlow.js model.json, .safetensors, .onnx, or an architecture as .json")
    .argument("<out>", ".keras, .h5, .weights.h5, .json (TensorFlow.js), .safetensors, .onnx")
    .option(
      "-w, --weights <file>",
      "weights for an architecture without any: .weights.h5, .h5, .pt, .pth, .safetensors",
    )
    .option(
      "--map <pairs>",
      "PyTorch's module for a layer, comma-separated: dense=fc1,lstm_1=rnn.l1 (default: by name, kind and shape)",
      pairs,
    )
    .option("--int8", "round the weights to 8 bits: about a quarter of the size, for prediction alone (.keras, .onnx)")
    .action(async (source: string, target: string, options: ConvertOptions) => {
      const { convert } = await import("./model-commands-run.ts");
      await convert(source, target, options, write);
    });
  return examples(
    command,
    "cellstate convert writer.keras writer.h5",
    "cellstate convert architecture.json net.keras --weights net.pth",
    "cellstate convert writer.keras writer-int8.keras --int8",
  );
}

function inspectCommand(write: Write): Command {
  const command = new Command("inspect")
    .description("Explain any file: what it is, what wrote it, what can be done with it, and the command to type.")
    .argument(
      "<file>",
      "a model or its weights (Keras, PyTorch, ONNX, TensorFlow.js), a pickle, arrays, a table, a text, a recording, ...",
    )
    .option("-w, --weights <file>", "weights file for an architecture without weights")
    .option("--json", "JSON output")
    .action(async (file: string, options: { weights?: string; json?: boolean }) => {
      const { inspect } = await import("../inspect/inspect.ts");
      await inspect(file, options, write);
    });
  return examples(command, "cellstate inspect writer.keras", "cellstate inspect reviews.csv");
}

function verifyCommand(write: Write): Command {
  const command = new Command("verify")
    .description("Run two models on the same random inputs and print the largest difference.")
    .argument("<a>", "a model file")
    .argument("<b>", "another model file")
    .option("-r, --rows <n>", "number of random samples", wholeNumber, 8)
    .option("-s, --seed <n>", "random seed of the inputs", wholeFrom0, 1)
    .option("-t, --tolerance <x>", "largest difference that counts as equal", positive, 1e-5)
    .action(async (a: string, b: string, options: VerifyOptions) => {
      const { verify } = await import("./model-commands-run.ts");
      await verify(a, b, options, write);
    });
  return examples(command, "cellstate verify writer.keras writer.h5");
}
