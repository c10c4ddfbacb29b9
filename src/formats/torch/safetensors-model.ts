import { FormatError, problem } from "../../errors.ts";
import type { AnyModel } from "../../models/model.ts";
import type { SaveOptions } from "../../models/writer.ts";
import { readSafetensors, writeSafetensors } from "../containers/safetensors.ts";
import type { FileDescription, OpenOptions, TakenModules, WeightOptions } from "../format.ts";
import { parseJsonObject } from "../json.ts";
import { compileFrom } from "../keras/compile.ts";
import { modelConfig } from "../keras/config.ts";
import { readModel } from "../keras/read-model.ts";
import { weightReader } from "../keras/weights.ts";
import { fillTensors, namedLayers } from "./fill-tensors.ts";
import { suggestedLayers } from "./suggested-layers.ts";

/** Where the architecture lies in the metadata of a file written here. */
const configKey = "keras_config";

/**
 * The bytes of a safetensors file with a model's weights under PyTorch's names, `layer.weight_ih_l0` and so on, ready for
 * `load_state_dict`; the architecture is in its metadata, so that `loadModel` reads the file back.
 *
 *   await writeFile("lstm.safetensors", safetensorsBytes(model));
 */
export function safetensorsBytes(model: AnyModel, { includeOptimizer }: SaveOptions = {}): Uint8Array {
  const read = weightReader(model);
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const { layer, names } of namedLayers(model)) {
    names.write(read).forEach((numbers, k) => {
      tensors.set(`${layer.name}.${names.names[k]}`, numbers);
    });
  }
  return writeSafetensors(
    tensors,
    new Map([
      ["format", "pt"],
      [configKey, JSON.stringify(modelConfig(model, includeOptimizer))],
    ]),
  );
}

/** A model from a safetensors file that was written here; one of weights alone is refused with what to do. */
export function readSafetensorsModel(bytes: Uint8Array, who: string, options: OpenOptions = {}): AnyModel {
  const { metadata, tensors } = readSafetensors(bytes, who);
  const text = metadata.get(configKey);
  if (text === undefined) {
    const next = "Build the model here, then: await loadWeights(model, file).";
    throw new FormatError(problem(who, "weights and an architecture", "weights alone", next));
  }
  const config = parseJsonObject(text, `${who}, __metadata__.${configKey}`);
  const numbers = [...tensors.values()].reduce((n, { data }) => n + data.length, 0);
  const model = readModel(config, who, { major: 3, numbers });
  fillTensors(model, { tensors }, who);
  compileFrom(model, config.compile_config, options);
  return model;
}

/** Gives a model the weights of a safetensors file, of this library or a PyTorch state_dict. Throws FormatError as `fillTensors` does. */
export const fillSafetensors = (
  model: AnyModel,
  bytes: Uint8Array,
  who: string,
  options?: WeightOptions,
): TakenModules => fillTensors(model, readSafetensors(bytes, who), who, options);

/** The program that wrote a safetensors file; of weights alone also the layers that would take them. */
export function describeSafetensors(bytes: Uint8Array, who: string): FileDescription {
  const { metadata, tensors } = readSafetensors(bytes, who);
  if (metadata.has(configKey)) return { writer: "Cellstate" };
  return {
    kind: "safetensors, weights alone",
    writer: metadata.get("format") === "pt" ? "PyTorch" : "unknown",
    modules: suggestedLayers({ tensors }),
    notes: [...metadata].map(([name, text]) => `${name}: ${text.slice(0, 80)}`),
  };
}
