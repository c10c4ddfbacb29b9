import { isSafetensors, readSafetensors } from "../containers/safetensors.ts";
import type { ModelFormat } from "../format.ts";
import { fillTensors } from "./fill-tensors.ts";
import { readSafetensorsModel, safetensorsBytes } from "./safetensors-model.ts";

/** Safetensors with PyTorch's names; those written here hold the architecture too. */
export const safetensorsFormat: ModelFormat = {
  name: "safetensors",
  endings: [".safetensors"],
  sniff: isSafetensors,
  read: async ({ bytes, who }, options) => readSafetensorsModel(bytes, who, options),
  hasModules: true,
  readWeights:
    async (model, { bytes, who }, options) =>
    () =>
      fillTensors(model, readSafetensors(bytes, who), who, options),
  write: async (model) => safetensorsBytes(model),
};
