import { FormatError, problem } from "../errors.ts";
import { writeFileAtomic } from "../files/atomic-write.ts";
import { type FilePath, filePath } from "../files/file-path.ts";
import type { AnyModel } from "../models/model.ts";
import type { BackendName } from "../train/compiled.ts";
import { isSafetensors } from "./containers/safetensors.ts";
import { parseJsonObject } from "./json.ts";
import { readKerasArchive, readWeights, type WeightTree, writeWeights } from "./keras/archive.ts";
import { kerasBytes, readKeras } from "./keras/keras.ts";
import { isLegacyArchive, readLegacyArchive } from "./keras/legacy-archive.ts";
import { describedModel, legacyH5Bytes, readLegacyH5 } from "./keras/legacy-h5.ts";
import { fillLegacyWeights } from "./keras/legacy-weights.ts";
import { optimizerGroup } from "./keras/optimizer-state.ts";
import { readModel } from "./keras/read-model.ts";
import { fillWeights, type OnMismatch, weightTree } from "./keras/weights.ts";
import { isTfjs, readTfjs, saveTfjs } from "./tfjs/tfjs.ts";
import { fillSafetensors, readSafetensorsModel, safetensorsBytes } from "./torch/safetensors-model.ts";

/** A file's bytes, what messages call it, and how to read a file beside it. */
export interface ModelSource {
  /** The contents of the file. */
  bytes: Uint8Array;
  /** What messages call it: its path. */
  who: string;
  /** Reads a file beside it; absent where it came as bytes alone. */
  beside?: (name: string) => Promise<Uint8Array>;
}

export interface OpenOptions {
  /** `js`, `wasm`, `native`; the fastest that loads here by default. */
  backend?: BackendName;
  /** The weights of a `model.json` that is an architecture alone. */
  weights?: ModelSource;
}

/**
 * A model from a file of any kind that is read here, told apart by its first bytes and not by its name. Throws FormatError
 * naming the file, the place and the reason.
 */
export async function openModel(source: ModelSource, options: OpenOptions = {}): Promise<AnyModel> {
  const { bytes, who } = source;
  const kind = kindOf(bytes);
  if (kind === "hdf5") return readLegacyH5(bytes, who, options);
  if (kind === "json") return openJson(source, options);
  if (kind === "safetensors") return readSafetensorsModel(bytes, who, options);
  if (kind === "pickle") throw new FormatError(problem(who, "a model", "a pickle, as PyTorch writes it", noPickles));
  if (kind === "onnx") {
    const { readOnnxModel } = await import("./onnx/graph.ts"); // ONNX is half of what is written here of formats
    return withBackend(readOnnxModel(bytes, who), options);
  }
  return readKeras(bytes, who, options); // what is no archive at all is told so there
}

/**
 * What a file is and who wrote it, from its first bytes and what it says of itself.
 *
 *   await describeFile({ bytes, who: "imdb.h5" });   // { kind: "legacy HDF5", writer: "Keras 2.2.4-tf" }
 */
export async function describeFile({ bytes, who }: ModelSource): Promise<{ kind: string; writer: string }> {
  const kind = kindOf(bytes);
  if (kind === "zip")
    return {
      kind: "Keras v3 (.keras)",
      writer: `Keras ${(await readKerasArchive(bytes, who)).metadata.keras_version}`,
    };
  if (kind === "hdf5") {
    const legacy = await isLegacyArchive(bytes, who);
    const version = legacy ? (await readLegacyArchive(bytes, who)).kerasVersion || "1" : "3";
    return { kind: legacy ? "legacy HDF5" : "weights in HDF5", writer: `Keras ${version}` };
  }
  if (kind === "json") {
    const json = parseJsonObject(bytes, who);
    const says = typeof json.generatedBy === "string" ? json.generatedBy : "unknown";
    return isTfjs(json) ? { kind: "tfjs layers model", writer: says } : { kind: "architecture as JSON", writer: says };
  }
  if (kind === "onnx") {
    const { readOnnx } = await import("./onnx/proto.ts");
    return { kind: "ONNX", writer: readOnnx(bytes, who).producer || "unknown" };
  }
  return { kind: kind ?? "unknown", writer: "unknown" };
}

/**
 * Reads a `.weights.h5`, `.h5`, `.keras` or `.safetensors` file; what it gives writes the weights there into the model. Either
 * throws FormatError where they are not this model's, or says so to `mismatch` and leaves such a layer as it is.
 */
export async function openWeights(
  model: AnyModel,
  { bytes, who }: ModelSource,
  mismatch?: OnMismatch,
): Promise<() => void> {
  const kind = kindOf(bytes);
  if (kind === "safetensors") return () => fillSafetensors(model, bytes, who, mismatch);
  if (kind === "hdf5") return openHdf5(model, bytes, who, mismatch);
  if (kind === "zip") {
    const { weights } = await readKerasArchive(bytes, who);
    return () => fillWeights(model, weights, who, mismatch);
  }
  const found =
    kind === "pickle" ? "a pickle, as PyTorch writes it" : (kind ?? `${bytes.length} bytes of another kind`);
  const next = kind === "pickle" ? noPickles : undefined;
  throw new FormatError(problem(who, "weights as .weights.h5, .h5, .keras or .safetensors", found, next));
}

/** How the name of a file ends that `saveModel` writes. */
export const modelEndings = [".keras", ".h5", ".weights.h5", ".safetensors", ".json (tfjs)", ".onnx"] as const;

/** Writes a model in the format its path's ending names. The write is atomic. */
export async function saveModel(
  model: AnyModel,
  to: FilePath,
  assets?: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const path = await filePath(to, "model.save");
  if (/\.json$/i.test(path)) return saveTfjs(model, path);
  await writeFileAtomic(path, await modelBytes(model, path, assets));
}

/** The bytes `saveModel` writes, for the formats of one file. Throws FormatError for an ending that names none. */
export async function modelBytes(
  model: AnyModel,
  path: string,
  assets?: ReadonlyMap<string, Uint8Array>,
): Promise<Uint8Array> {
  const name = path.toLowerCase();
  if (name.endsWith(".keras")) return kerasBytes(model, assets);
  if (name.endsWith(".weights.h5")) return writeWeights(weightsOf(model));
  if (name.endsWith(".h5") || name.endsWith(".hdf5")) return legacyH5Bytes(model);
  if (name.endsWith(".safetensors")) return safetensorsBytes(model);
  if (name.endsWith(".onnx")) return (await import("./onnx/export.ts")).onnxBytes(model);
  const known = modelEndings.join(", ");
  throw new FormatError(problem(path, `a name that ends in ${known}`, "another ending", 'model.save("model.keras")'));
}

const noPickles =
  "Pickles can run code when they are read. In Python: safetensors.torch.save_file(model.state_dict(), path).";

function weightsOf(model: AnyModel): WeightTree {
  const tree = weightTree(model);
  return model.compiled ? tree.set("optimizer", optimizerGroup(model)) : tree;
}

/** A model that is not compiled runs where the caller wants once it is. */
function withBackend(model: AnyModel, { backend }: OpenOptions): AnyModel {
  if (backend !== undefined) model.compile({ loss: model.outputNames.map(() => "mse" as const), backend });
  return model;
}

type Kind = "zip" | "hdf5" | "json" | "safetensors" | "pickle" | "onnx";

function kindOf(bytes: Uint8Array): Kind | null {
  const starts = (text: string) => [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
  if (starts("\x89HDF\r\n\x1a\n")) return "hdf5";
  if (starts("PK")) return holdsPickle(bytes) ? "pickle" : "zip";
  if (isSafetensors(bytes)) return "safetensors"; // before pickles: a header of 640 bytes begins as one does
  if (bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5) return "pickle";
  // ONNX begins with its version: field 1, a varint, and then field 2 or 7 or 8 of its message.
  if (bytes[0] === 0x08 && bytes[1] > 0 && bytes[1] < 0x40 && [0x12, 0x1a, 0x3a, 0x42].includes(bytes[2]))
    return "onnx";
  const first = bytes.find((byte) => byte > 32);
  return first === 0x7b || (bytes[0] === 0xef && bytes[1] === 0xbb) ? "json" : null; // "{", or a byte order mark
}

/** PyTorch's archives begin with a member `<name>/data.pkl`. */
function holdsPickle(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(30, 200)).includes("data.pkl");
}

async function openJson(source: ModelSource, options: OpenOptions): Promise<AnyModel> {
  const { bytes, who, beside } = source;
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
    const next = 'loadModel("model.json", { weights: "model.weights.h5" })';
    throw new FormatError(problem(who, "an architecture and weights", "the architecture alone", next));
  }
  if (kindOf(weights.bytes) === "hdf5" && (await isLegacyArchive(weights.bytes, weights.who))) {
    const legacy = await readLegacyArchive(weights.bytes, weights.who);
    const version = typeof json.keras_version === "string" ? json.keras_version : legacy.kerasVersion;
    return describedModel(json, { ...legacy, kerasVersion: version }, who);
  }
  const major = Number.parseInt(String(json.keras_version ?? "3"), 10) || 3;
  const model = readModel(json, who, { major, numbers: weights.bytes.length });
  const fill = await openWeights(model, weights);
  fill();
  return model;
}

async function openHdf5(model: AnyModel, bytes: Uint8Array, who: string, mismatch?: OnMismatch): Promise<() => void> {
  if (await isLegacyArchive(bytes, who)) {
    const { layers } = await readLegacyArchive(bytes, who);
    return () => fillLegacyWeights(model, layers, who, mismatch);
  }
  const tree = await readWeights(bytes, who);
  return () => fillWeights(model, tree, who, mismatch);
}
