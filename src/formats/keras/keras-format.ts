import { isSafetensors } from "../containers/safetensors.ts";
import { beginsWith, type ModelFormat } from "../format.ts";
import { isTorchArchive } from "../torch/torch-signs.ts";
import { readKerasArchive } from "./archive.ts";
import { kerasBytes, readKeras } from "./keras.ts";
import { fillWeights } from "./weights.ts";

/** Keras 3's `.keras`: a zip of config.json, metadata.json and model.weights.h5. */
export const kerasFormat: ModelFormat = {
  name: "Keras v3 (.keras)",
  endings: [".keras"],
  holdsInt8: true,
  sniff: (bytes) => beginsWith(bytes, "PK") && !isTorchArchive(bytes) && !isSafetensors(bytes), // by its length a header may begin so
  read: ({ bytes, who }, options) => readKeras(bytes, who, options),
  readWeights: async (model, { bytes, who }, { mismatch } = {}) => {
    const { weights } = await readKerasArchive(bytes, who);
    return () => fillWeights(model, weights, who, mismatch);
  },
  describe: async ({ bytes, who }) => ({
    writer: `Keras ${(await readKerasArchive(bytes, who)).metadata.keras_version}`,
  }),
  write: async (model, options) => kerasBytes(model, options.assets, options),
};
