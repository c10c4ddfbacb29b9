import { Command } from "commander";
import { type BareOptions, bareFlags, bareOptions } from "../readers/bare-options.ts";
import { common, examples, names, type Screen } from "../screen/screen.ts";
import type { BundleCommandOptions } from "./bundle-run.ts";

/** `cellstate bundle MODEL --out FILE`: a model from a notebook and the files beside it as one file. */
export function bundleCommand(screen: Screen): Command {
  const command = common(new Command("bundle"))
    .description("Combine a model from a notebook with its tokenizer, labels or scaler in one file.")
    .argument("<model>", "a model file: .keras, .h5, .safetensors, .onnx")
    .requiredOption("-o, --out <file>", "file to write, .keras")
    .option(
      "--columns <names>",
      "columns of a series, comma-separated, in the order of training (default: unnamed)",
      names,
    )
    .action(async (model: string, o: BundleCommandOptions) => {
      const { bundle } = await import("./bundle-run.ts");
      await bundle(model, o, screen);
    });
  return examples(
    bareOptions(command, Object.keys(bareFlags) as (keyof BareOptions)[]),
    "cellstate bundle model.h5 --tokenizer tokenizer.pickle --out films.keras",
    "cellstate bundle lstm.h5 --scaler scaler.pkl --columns sales --out prices.keras",
  );
}
