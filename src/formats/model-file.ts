import { FormatError, option, problem, sentence } from "../errors.ts";
import { writeFileAtomic } from "../files/atomic-write.ts";
import { type FilePath, filePath } from "../files/file-path.ts";
import { roundedLayers } from "../layers/layer.ts";
import type { AnyModel } from "../models/model.ts";
import type { SaveOptions } from "../models/writer.ts";
import type { FileDescription, ModelFormat, ModelSource, OpenOptions, OpenWeights } from "./format.ts";
import { kerasFormat } from "./keras/keras-format.ts";
import { formatOfPath, formats } from "./registry.ts";

// Loaded with what writes files: a chunk of its own would cut what a page loads at once into more pieces, 1.6 kB.
export { quantizeLayers, refuseTraining } from "../models/quantize.ts";
export type { FileDescription, ModelSource, OpenOptions, SuggestedLayer } from "./format.ts";

/**
 * A model from a file of any supported format, detected by its first bytes and not by its name. Throws FormatError
 * naming the file, the place and the reason.
 *
 *   const model = await openModel({ bytes: await readFile("imdb.h5"), who: "imdb.h5" });
 */
export async function openModel(source: ModelSource, options: OpenOptions = {}): Promise<AnyModel> {
  const format = formatOf(source.bytes) ?? kerasFormat; // what is no archive at all is told so there
  if (format.read) return format.read(source, options, openWeights);
  throw new FormatError(problem(source.who, "a model", format.refused?.what ?? format.name, format.refused?.next));
}

/**
 * The name of the format that bytes begin as; null where it is none of a model. JSON of any kind begins as an architecture does.
 *
 *   modelFormat(Uint8Array.of(0x80, 2)); // "PyTorch (.pt, .pth)"
 */
export const modelFormat = (bytes: Uint8Array): string | null => formatOf(bytes)?.name ?? null;

/**
 * Kind and writer of a model file, from its first bytes and its own data; of weights alone also their arrays, of a file of
 * PyTorch the layers that would take its modules' weights. Throws FormatError for a damaged one.
 *
 *   await describeFile({ bytes, who: "imdb.h5" });   // { kind: "legacy HDF5", writer: "Keras 2.2.4-tf" }
 */
export async function describeFile(source: ModelSource): Promise<FileDescription & { kind: string; writer: string }> {
  const format = formatOf(source.bytes);
  const said = await format?.describe?.(source);
  return { ...said, kind: said?.kind ?? format?.name ?? "unknown", writer: said?.writer ?? "unknown" };
}

/**
 * Reads a `.weights.h5`, `.h5`, `.keras`, `.safetensors`, `.pt` or `.pth` file; the returned function writes them into the model. Either
 * throws FormatError where they are not this model's, or says so to `mismatch` and leaves such a layer as it is.
 */
export const openWeights: OpenWeights = async (model, source, options = {}) => {
  const format = formatOf(source.bytes);
  if (options.map && format?.readWeights && !format.hasModules) {
    const next = sentence`Leave ${option("map")} out: weights in a file of Keras are found by its layers.`;
    throw new FormatError(problem(source.who, "a state_dict of PyTorch for a map", format.name, next));
  }
  if (format?.readWeights) return format.readWeights(model, source, options);
  const found = format ? (format.refused?.what ?? format.name) : `${source.bytes.length} bytes of another kind`;
  const expected = "weights as .weights.h5, .h5, .keras, .safetensors, .pt or .pth";
  throw new FormatError(problem(source.who, expected, found, format?.refused?.next));
};

/** Endings of file names that models can be saved under. */
export const modelEndings: readonly string[] = formats.flatMap(({ endings: [ending], called }) =>
  ending ? [called ? `${ending} (${called})` : ending] : [],
);

/** Writes a model in the format its path's ending names. The write is atomic. */
export async function saveModel(model: AnyModel, to: FilePath, options: SaveOptions = {}): Promise<void> {
  const path = await filePath(to, "model.save");
  const format = formatOfPath(path);
  if (format?.saveAll) return format.saveAll(await layersOf(model, format), path);
  await writeFileAtomic(path, await modelBytes(model, path, options.assets, options));
}

/**
 * The bytes `saveModel` writes, for the formats of one file. A model read from ONNX is written to `.onnx` as the graph that it came with, and to
 * others as layers. `includeOptimizer: false` leaves compile options and the optimizer's state out. Throws FormatError for an ending that names none, and for a graph with a node that is no layer.
 *
 *   await writeFile("model.onnx", await modelBytes(model, "model.onnx"));
 */
export async function modelBytes(
  model: AnyModel,
  path: string,
  assets?: ReadonlyMap<string, Uint8Array>,
  options: { includeOptimizer?: boolean } = {},
): Promise<Uint8Array> {
  const format = formatOfPath(path);
  if (format?.write && !format.saveAll) return format.write(await layersOf(model, format), { ...options, assets });
  const known = modelEndings.join(", ");
  throw new FormatError(
    problem(path, `a name that ends in ${known}`, "another extension", 'model.save("model.keras")'),
  );
}

/** The model that is written to a format: one from an ONNX file goes to files of other kinds as the layers that compute the same. */
export async function layersOf(model: AnyModel, format: ModelFormat): Promise<AnyModel> {
  if (roundedLayers(model) && !format.holdsInt8) {
    const next = 'model.save("model.keras"), or write the file before quantize().';
    throw new FormatError(
      problem(`save: ${model.label}`, "weights of floating-point numbers", "a quantized model", next),
    );
  }
  const graphs = model.layers.some(({ className }) => className === "OnnxGraph");
  if (!graphs || format.name === "ONNX") return model;
  const { asLayers } = await import("./onnx/as-layers.ts");
  return asLayers(model);
}

const formatOf = (bytes: Uint8Array): ModelFormat | null => formats.find((format) => format.sniff(bytes)) ?? null;
