import { FormatError, problem } from "../../errors.ts";
import type { AnyModel } from "../../models/model.ts";
import type { BackendName } from "../../train/compiled.ts";
import { readSafetensors, writeSafetensors } from "../containers/safetensors.ts";
import { parseJsonObject } from "../json.ts";
import { compileFrom } from "../keras/compile.ts";
import { modelConfig } from "../keras/config.ts";
import { readModel } from "../keras/read-model.ts";
import { weightReader } from "../keras/weights.ts";
import { fillTensors, namedLayers } from "./fill-tensors.ts";

/** Where the architecture lies in the metadata of a file written here. */
export const configKey = "keras_config";

/**
 * The bytes of a safetensors file with a model's weights under PyTorch's names, `layer.weight_ih_l0` and so on, ready for
 * `load_state_dict`; the architecture is in its metadata, so that `loadModel` reads the file back.
 *
 *   await writeFile("lstm.safetensors", safetensorsBytes(model));
 */
export function safetensorsBytes(model: AnyModel): Uint8Array {
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
      [configKey, JSON.stringify(modelConfig(model))],
    ]),
  );
}

/** A model from a safetensors file that was written here; one of weights alone is refused with what to do. */
export function readSafetensorsModel(
  bytes: Uint8Array,
  who: string,
  options: { backend?: BackendName } = {},
): AnyModel {
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
  compileFrom(model, config.compile_config, options.backend);
  return model;
}
