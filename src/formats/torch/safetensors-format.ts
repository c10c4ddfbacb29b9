import { isSafetensors } from "../containers/safetensors.ts";
import type { ModelFormat } from "../format.ts";

/** Safetensors with PyTorch's names; those written here hold the architecture too. What reads and writes it is loaded when it is used. */
export const safetensorsFormat: ModelFormat = {
  name: "safetensors",
  endings: [".safetensors"],
  sniff: isSafetensors,
  read: async ({ bytes, who }, options) =>
    (await import("./safetensors-model.ts")).readSafetensorsModel(bytes, who, options),
  hasModules: true,
  readWeights: async (model, { bytes, who }, options) => {
    const { fillSafetensors } = await import("./safetensors-model.ts");
    return () => fillSafetensors(model, bytes, who, options);
  },
  describe: async ({ bytes, who }) => (await import("./safetensors-model.ts")).describeSafetensors(bytes, who),
  write: async (model, options) => (await import("./safetensors-model.ts")).safetensorsBytes(model, options),
};
