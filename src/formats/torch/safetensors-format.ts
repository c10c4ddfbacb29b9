import { isSafetensors } from "../containers/safetensors.ts";
import type { ModelFormat } from "../format.ts";
import { fillSafetensors, readSafetensorsModel, safetensorsBytes } from "./safetensors-model.ts";

/** Safetensors with PyTorch's names; those written here hold the architecture too. */
export const safetensorsFormat: ModelFormat = {
  name: "safetensors",
  endings: [".safetensors"],
  sniff: isSafetensors,
  read: async ({ bytes, who }, options) => readSafetensorsModel(bytes, who, options),
  readWeights:
    async (model, { bytes, who }, mismatch) =>
    () =>
      fillSafetensors(model, bytes, who, mismatch),
  write: async (model) => safetensorsBytes(model),
};
