import { FormatError, problem } from "../../errors.ts";
import type { ModelFormat } from "../format.ts";
import { parseJsonObject } from "../json.ts";
import { hdf5Format } from "../keras/hdf5-format.ts";
import { isLegacyArchive, readLegacyArchive } from "../keras/legacy-archive.ts";
import { describedModel } from "../keras/legacy-h5.ts";
import { readModel } from "../keras/read-model.ts";
import { isTfjs, readTfjs, saveTfjs, tfjsFiles } from "./tfjs.ts";

/** JSON: a tfjs layers model with its weights in files beside it, or an architecture alone, as Keras's `to_json` writes it. */
export const jsonFormat: ModelFormat = {
  name: "architecture as JSON",
  endings: [".json"],
  called: "tfjs",
  sniff: (bytes) => {
    const first = bytes.find((byte) => byte > 32);
    return first === 0x7b || (bytes[0] === 0xef && bytes[1] === 0xbb); // "{", or a byte order mark
  },
  read: async ({ bytes, who, beside }, options, openWeights) => {
    const json = parseJsonObject(bytes, who);
    if (isTfjs(json)) {
      const lost = () => {
        const next = "Give the path or the address of model.json.";
        throw new FormatError(problem(who, "the files beside it", "its bytes alone", next));
      };
      return readTfjs(json, who, beside ?? lost, options);
    }
    const { weights } = options;
    if (!weights) {
      const next = 'loadModel("model.json", { weights: "model.weights.h5" }), or modelFromJson(text) for new weights.';
      throw new FormatError(problem(who, "an architecture and weights", "the architecture alone", next));
    }
    if (hdf5Format.sniff(weights.bytes) && (await isLegacyArchive(weights.bytes, weights.who))) {
      const legacy = await readLegacyArchive(weights.bytes, weights.who);
      const version = typeof json.keras_version === "string" ? json.keras_version : legacy.kerasVersion;
      return describedModel(json, { ...legacy, kerasVersion: version }, who);
    }
    const major = Number.parseInt(String(json.keras_version ?? "3"), 10) || 3;
    const model = readModel(json, who, { major, numbers: weights.bytes.length });
    const fill = await openWeights(model, weights);
    fill();
    return model;
  },
  describe: async ({ bytes, who }) => {
    const json = parseJsonObject(bytes, who);
    const writer = typeof json.generatedBy === "string" ? json.generatedBy : "unknown";
    return { ...(isTfjs(json) ? { kind: "tfjs layers model" } : {}), writer };
  },
  write: async (model) => tfjsFiles(model).get("model.json")!,
  saveAll: saveTfjs,
};
