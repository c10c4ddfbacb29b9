import type { AnyModel } from "../../models/model.ts";
import type { SaveOptions } from "../../models/writer.ts";
import { beginsWith, type ModelFormat } from "../format.ts";
import { readWeights, type WeightTree, writeWeights } from "./archive.ts";
import { addEncoderWeights } from "./encoders.ts";
import { isLegacyArchive, readLegacyArchive } from "./legacy-archive.ts";
import { legacyH5Bytes, readLegacyH5 } from "./legacy-h5.ts";
import { fillLegacyWeights } from "./legacy-weights.ts";
import { optimizerGroup } from "./optimizer-state.ts";
import { fillWeights, weightTree } from "./weights.ts";

/** HDF5 as Keras has written it: a whole model of Keras 1 to 3 (`.h5`), or the weights alone of either way. */
export const hdf5Format: ModelFormat = {
  name: "legacy HDF5",
  endings: [".h5", ".hdf5"],
  sniff: (bytes) => beginsWith(bytes, "\x89HDF\r\n\x1a\n"),
  read: ({ bytes, who }, options) => readLegacyH5(bytes, who, options),
  readWeights: async (model, { bytes, who }, { mismatch } = {}) => {
    if (await isLegacyArchive(bytes, who)) {
      const { layers } = await readLegacyArchive(bytes, who);
      return () => fillLegacyWeights(model, layers, who, mismatch);
    }
    const tree = await readWeights(bytes, who);
    return () => fillWeights(model, tree, who, mismatch);
  },
  describe: async ({ bytes, who }) => {
    if (await isLegacyArchive(bytes, who)) {
      const { kerasVersion, config, layers } = await readLegacyArchive(bytes, who);
      const writer = `Keras ${kerasVersion || "1"}`;
      if (config) return { writer };
      const arrays = layers.flatMap(({ weights }) =>
        weights.map(({ name, value: { shape, dtype } }) => ({ name, shape, dtype })),
      );
      return { kind: "weights in HDF5, as Keras 2 wrote them", writer, arrays };
    }
    const arrays = [...(await readWeights(bytes, who))].flatMap(([path, { variables }]) =>
      variables.map(({ shape, dtype }, k) => ({ name: `${path}/vars/${k}`, shape, dtype })),
    );
    return { kind: "weights in HDF5", writer: "Keras 3", arrays };
  },
  write: legacyH5Bytes,
};

/** Keras 3's `.weights.h5`: the weights alone. The file says by itself which of the two it is. */
export const hdf5WeightsFormat: ModelFormat = {
  name: "weights in HDF5",
  endings: [".weights.h5"],
  holdsInt8: true,
  sniff: () => false,
  write: async (model, options) => writeWeights(weightsOf(model, options)),
};

function weightsOf(model: AnyModel, { includeOptimizer = true }: SaveOptions): WeightTree {
  const tree = weightTree(model);
  addEncoderWeights(model, tree);
  return model.compiled && includeOptimizer ? tree.set("optimizer", optimizerGroup(model)) : tree;
}
