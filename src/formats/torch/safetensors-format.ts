import { isSafetensors, readSafetensors } from "../containers/safetensors.ts";
import type { ModelFormat } from "../format.ts";
import { fillTensors } from "./fill-tensors.ts";
import { configKey, readSafetensorsModel, safetensorsBytes } from "./safetensors-model.ts";

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
  describe: async ({ bytes, who }) => {
    const { metadata, tensors } = readSafetensors(bytes, who);
    if (metadata.has(configKey)) return { writer: "Cellstate" };
    const { suggestedLayers } = await import("./suggested-layers.ts");
    return {
      kind: "safetensors, weights alone",
      writer: metadata.get("format") === "pt" ? "PyTorch" : "unknown",
      modules: suggestedLayers({ tensors }),
      notes: [...metadata].map(([name, text]) => `${name}: ${text.slice(0, 80)}`),
    };
  },
  write: async (model) => safetensorsBytes(model),
};
