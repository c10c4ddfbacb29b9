import { FormatError, problem } from "../../errors.ts";
import type { AnyModel } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { fillTensors } from "./fill-tensors.ts";
import { sequentialLayers } from "./sequential-layers.ts";
import { readTorch, type TorchContents } from "./state-dict.ts";
import { suggestedLayers } from "./suggested-layers.ts";
import { isTorchTar } from "./torch-signs.ts";

/**
 * A model from a file of `torch.save(model)` where the model is an `nn.Sequential` of modules that compute the same here; any other
 * file is weights alone, for what a class of the author's own computes is not in it, and is refused with the layers that would take them.
 */
export async function readTorchModel(bytes: Uint8Array, who: string): Promise<AnyModel> {
  const contents = await readWeightsIn(bytes, who);
  const root = contents.modules.get("");
  if (contents.saved === "model" && root?.className === "torch.nn.modules.container.Sequential") {
    const { layers, map } = sequentialLayers(root, who);
    const model = sequential(layers);
    fillTensors(model, contents, who, { map });
    return model;
  }
  const found = root ? `a ${root.className}, whose program is not in the file` : "weights alone";
  const guessed = suggestedLayers(contents).map(({ code }) => code);
  const shown =
    guessed.length <= 12 && guessed.every((code) => code !== null)
      ? ` Its modules look like ${guessed.join(", ")}.`
      : "";
  const next = `Build the model here, then: await loadWeights(model, file).${shown}`;
  throw new FormatError(problem(who, "an architecture and weights", found, next));
}

/** The weights in a file of PyTorch. Throws FormatError for one that has none, or is of the tar form. */
export async function readWeightsIn(bytes: Uint8Array, who: string): Promise<TorchContents> {
  if (isTorchTar(bytes)) {
    const next = "In Python, with PyTorch 1.x: torch.save(torch.load(path), path).";
    throw new FormatError(problem(who, "a file of PyTorch 0.1.10 or newer", "the tar archive of an older one", next));
  }
  const contents = await readTorch(bytes, who);
  if (contents.tensors.size > 0) return contents;
  const next = "A tokenizer, scaler or encoder: await readPickle(file). Weights: torch.save(model.state_dict(), path).";
  throw new FormatError(problem(who, "weights of PyTorch", `a ${contents.kind} without tensors`, next));
}
