import { CellstateError, FormatError, problem } from "../../errors.ts";
import * as layers from "../../layers/index.ts";
import { Lookup } from "../../layers/preprocessing/lookup.ts";
import { TextVectorizationLayer } from "../../layers/preprocessing/text-vectorization-layer.ts";
import type { AnyModel } from "../../models/model.ts";
import { textVectorization } from "../../text/text-vectorization.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { WeightTree } from "./archive.ts";
import { weightPaths } from "./paths.ts";
import { type ReadContext, type Reader, refuse } from "./values.ts";

/** Layers that read texts and categories, by class name. Their words may lie beside the config: `fillEncoders` brings them. */
export const encoderReaders: Readonly<Record<string, Reader>> = {
  StringLookup: (c, context) => lookup(layers.stringLookup as never, c, context),
  IntegerLookup: (c, context) => lookup(layers.integerLookup as never, c, context),
  TextVectorization: (c, context) => {
    refuse(c, ["sparse", "ragged"], context);
    checkEncoding(c, context);
    const tool = textVectorization({
      ...given({ maxTokens: c.max_tokens, padToMaxTokens: c.pad_to_max_tokens, ngrams: c.ngrams }),
      ...given({ outputSequenceLength: c.output_sequence_length, vocabulary: c.vocabulary, idfWeights: c.idf_weights }),
      outputMode: mode(c, "int"),
      standardize: rule(c.standardize, "standardize", context),
      split: rule(c.split, "split", context),
    } as never);
    const layer = layers.textVectorizationLayer(tool, context.base);
    layer.expectedSize = sizeOf(c);
    return layer;
  },
  Hashing: (c, context) => {
    refuse(c, ["sparse"], context);
    const options = {
      ...context.base,
      ...given({ maskValue: c.mask_value, salt: c.salt }),
      outputMode: mode(c, "int"),
    };
    return layers.hashing(c.num_bins as number, options as never);
  },
  CategoryEncoding: (c, context) => {
    refuse(c, ["sparse"], context);
    const options = { ...context.base, outputMode: mode(c, "multiHot") };
    return layers.categoryEncoding((c.num_tokens ?? c.max_tokens) as number, options as never);
  },
  Discretization: (c, context) => {
    refuse(c, ["sparse"], context);
    const boundaries = c.bin_boundaries ?? c.bins; // Keras 2.4's name
    return layers.discretization({
      ...context.base,
      ...given({ binBoundaries: boundaries, numBins: c.num_bins, epsilon: c.epsilon }),
      outputMode: mode(c, "int"),
    } as never);
  },
};

function lookup(make: (options: object) => Lookup, c: JsonObject, context: ReadContext): Lookup {
  refuse(c, ["invert", "sparse"], context);
  checkEncoding(c, context);
  const layer = make({
    ...context.base,
    ...given({ maxTokens: c.max_tokens, numOovIndices: c.num_oov_indices, maskToken: c.mask_token }),
    ...given({ oovToken: c.oov_token, vocabulary: c.vocabulary, idfWeights: c.idf_weights, salt: c.salt }),
    ...given({ padToMaxTokens: c.pad_to_max_tokens }),
    ...(c.vocabulary_dtype === undefined ? {} : given({ oovMethod: c.oov_method })),
    outputMode: mode(c, "int"),
  });
  layer.expectedSize = sizeOf(c);
  return layer;
}

const given = (options: Record<string, JsonValue | undefined>) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null && value !== undefined));

const sizeOf = ({ vocabulary_size: size }: JsonObject): number | null =>
  Number.isInteger(size) && (size as number) > 0 && (size as number) < 2 ** 31 ? (size as number) : null;

/** Keras's output mode; two have older names. */
function mode({ output_mode: said }: JsonObject, otherwise: string): string {
  if (said === "binary") return "multiHot";
  if (said === "tf-idf") return "tfIdf";
  return typeof said === "string" ? camel(said) : otherwise;
}

/** A rule by its name; null where there is none. Functions are code. */
function rule(value: JsonValue | undefined, what: string, { who }: ReadContext): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return camel(value);
  const next =
    "A function is not in the file: vectorize the texts before the model, and save the model without the layer.";
  throw new FormatError(problem(who, `${what} by name`, "a function", next));
}

function checkEncoding({ encoding = "utf-8" }: JsonObject, { who }: ReadContext): void {
  if (typeof encoding === "string" && /^utf-?8$/i.test(encoding)) return;
  throw new FormatError(problem(who, "texts in UTF-8", JSON.stringify(encoding), "Save it again with UTF-8."));
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

type Learned = Lookup | TextVectorizationLayer;
const learns = (layer: unknown): layer is Learned => layer instanceof Lookup || layer instanceof TextVectorizationLayer;
const words = (layer: Learned): readonly (string | number)[] =>
  layer instanceof Lookup ? layer.vocabulary("words") : layer.vectorize.vocabulary("words");
const weighs = (layer: Learned): boolean =>
  (layer instanceof Lookup ? layer.mode : layer.vectorize.outputMode) === "tfIdf";

/**
 * Gives the layers that read texts and categories the words that lie beside the architecture; those files are taken from
 * `assets`. Throws FormatError where they are missing, or are not the layer's.
 */
export function fillEncoders(model: AnyModel, tree: WeightTree, assets: Map<string, Uint8Array>, who: string): void {
  for (const { layer, path } of weightPaths(model.layers, "everywhere")) {
    if (!learns(layer)) continue;
    const names = [path, `${path}/_lookup_layer`].map((folder) => `${folder}/vocabulary.txt`);
    const bytes = names.map((name) => assets.get(name)).find((found) => found);
    for (const name of names) assets.delete(name);
    if (words(layer).length > 0) continue;
    if (!bytes) {
      const next = "Save it in Keras as .keras, which has the words, or give the layer its vocabulary there.";
      throw new FormatError(problem(`${who}, ${layer.label}`, "a vocabulary", "none in this file", next));
    }
    const texts = layer.className !== "IntegerLookup";
    const lines = linesOf(bytes, `${who}, "${names[0]}"`);
    const idf = weighs(layer) ? variable(tree, path, "idf_weights") : undefined;
    try {
      layer.restore((texts ? lines : lines.map(Number)) as never, idf);
    } catch (error) {
      if (!(error instanceof CellstateError)) throw error;
      throw new FormatError(`${who}, "${names[0]}": ${error.message}`);
    }
  }
}

/** Python's ends of lines: those of files, and five separator characters. */
const lineEnds = new RegExp(`\r\n|[\n\r\v\f${String.fromCharCode(0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029)}]`);

/** As Python's splitlines, without empty lines at the end. */
function linesOf(bytes: Uint8Array, who: string): string[] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const lines = text.split(lineEnds);
    while (lines.at(-1) === "") lines.pop();
    return lines;
  } catch {
    throw new FormatError(problem(who, "text in UTF-8", "other bytes", "Save it again."));
  }
}

const variable = (tree: WeightTree, path: string, key: string): ArrayLike<number> | undefined => {
  const found = tree.get(path)?.variables.find((v) => v.key === key)?.data;
  return found instanceof Float32Array || found instanceof Float64Array ? found : undefined;
};

/** Writes the weights of words, which Keras keeps by name, into a tree of variables. */
export function addEncoderWeights(model: AnyModel, tree: WeightTree): void {
  for (const { layer, path } of weightPaths(model.layers, "everywhere")) {
    if (!learns(layer) || !weighs(layer)) continue;
    const data = layer.weightsByNumber;
    const variables = [{ key: "idf_weights", data, shape: [data.length], dtype: "float32" as const }];
    tree.set(path, { name: layer.name, variables });
    if (layer instanceof TextVectorizationLayer)
      tree.set(`${path}/_lookup_layer`, { name: "string_lookup", variables });
  }
}
