import { readFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { DataError, problem } from "../errors.ts";
import { describeFile, largestDifference, modelEndings, survivors } from "../formats/index.ts";
import { loadModel, type Models } from "../index.ts";
import { examples, wholeFrom0, wholeNumber } from "./screen.ts";
import { checkApart, checkOutput } from "./write-result.ts";

type Write = (text: string) => void;
const toScreen: Write = (text) => void process.stdout.write(text);

function positive(text: string): number {
  const n = Number(text);
  if (!(n > 0)) throw new InvalidArgumentError("Expected a number above 0.");
  return n;
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
    .option("-w, --weights <file>", "weights file for an architecture without weights")
    .action(async (source: string, target: string, options: { weights?: string }) => {
      await checkTarget(target);
      await checkApart([source, options.weights], { "<out>": target });
      const model = await loadModel(source, options);
      await model.save(target);
      write(`${source} → ${target}: ${model.countParams().toLocaleString("en-US")} parameters\n`);
    });
  return examples(command, "cellstate convert writer.keras writer.h5");
}

/** Throws DataError for a file that could not be written when the model is read. */
async function checkTarget(target: string): Promise<void> {
  if (!/\.(keras|h5|hdf5|json|safetensors|onnx)$/i.test(target)) {
    const [, stem] = /^(.*?)(\.[^./\\]*)?$/s.exec(target)!;
    const next = `The ending says the format: ${stem || "model"}.keras for one.`;
    throw new DataError(problem(target, `a name that ends in ${modelEndings.join(", ")}`, "another ending", next));
  }
  await checkOutput("<out>", target);
}

function inspectCommand(write: Write): Command {
  const command = new Command("inspect")
    .description("Show the format of a model file, what wrote it, its layers, and the formats it can be converted to.")
    .argument("<file>", "a model file")
    .option("-w, --weights <file>", "weights file for an architecture without weights")
    .action(async (file: string, options: { weights?: string }) => {
      const model = await loadModel(file, options);
      const { kind, writer } = await describeFile({ bytes: await readFile(file), who: file });
      write(`${file}: ${kind}, written by ${writer}\n`);
      model.summary({ print: (text) => write(`${text}\n`) });
      const state = model.compiled
        ? `compiled with ${model.compiled.optimizer.className}`
        : `not compiled${model.notCompiled ? ` (${model.notCompiled.replaceAll("\n", "")})` : ""}`;
      write(`${state}${model.assets.size > 0 ? `; assets: ${[...model.assets.keys()].join(", ")}` : ""}\n`);
      for (const [target, reason] of await survivors(model as unknown as Models))
        write(reason === null ? `  ${target}: can be written\n` : `  ${target}: cannot: ${reason}\n`);
    });
  return examples(command, "cellstate inspect writer.keras");
}

function verifyCommand(write: Write): Command {
  const command = new Command("verify")
    .description("Run two models on the same random inputs and print the largest difference.")
    .argument("<a>", "a model file")
    .argument("<b>", "another model file")
    .option("-r, --rows <n>", "number of random samples", wholeNumber, 8)
    .option("-s, --seed <n>", "random seed of the inputs", wholeFrom0, 1)
    .option("-t, --tolerance <x>", "largest difference that counts as equal", positive, 1e-5)
    .action(async (a: string, b: string, { rows, seed, tolerance }: Record<"rows" | "seed" | "tolerance", number>) => {
      const [first, second] = [await loadModel(a), await loadModel(b)] as unknown as Models[];
      const difference = await largestDifference(first, second, rows, seed);
      write(`largest difference ${difference.toExponential(2)} over ${rows} rows\n`);
      if (difference <= tolerance) return;
      const next = `Allow more with --tolerance ${difference.toExponential(0)}.`;
      throw new DataError(`verify: expected at most ${tolerance}, received ${difference.toExponential(2)}.\n  ${next}`);
    });
  return examples(command, "cellstate verify writer.keras writer.h5");
}
