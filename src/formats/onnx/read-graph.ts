import { CellstateError, DataError, FormatError, problem } from "../../errors.ts";
import { input } from "../../layers/input.ts";
import type { SymbolicTensor } from "../../layers/layer.ts";
import { Functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { type ArrayLike, asNdArray, NdArray } from "../../tensor/nd-array.ts";
import type { BackendName } from "../../train/compiled.ts";
import { checkNames } from "../../train/options.ts";
import { bytesTogether, externalReader, type FilesBeside } from "./external-data.ts";
import { dtypeOf, OnnxGraph } from "./graph.ts";
import { type OnnxValue, readOnnx } from "./proto.ts";

/**
 * A model from an ONNX file whose inputs have the batch first. It predicts and can be trained further; a graph of another
 * kind is run by `readOnnxGraph`. Throws FormatError naming the file and the node.
 */
export function readOnnxModel(bytes: Uint8Array, who: string, files: FilesBeside = new Map()): AnyModel {
  const file = readOnnx(bytes, who, files.size > 0 ? externalReader(files, bytes, who) : undefined);
  const layer = new OnnxGraph(file, who, bytesTogether(bytes, files));
  if (!layer.hasRows()) {
    const shapes = [...layer.places, ...file.outputs]
      .map(({ name, shape }) => `${name} [${shape.join(", ")}]`)
      .join(", ");
    const next = "Run it as it is: (await readOnnxGraph(bytes, name)).run({ X: array }), in cellstate/formats.";
    throw new FormatError(problem(who, "inputs and outputs that all begin with the batch", shapes, next));
  }
  const opened = (batch?: number) =>
    built(
      layer,
      layer.places.map((place) => inputOf(place, [batch ?? place.shape[0], ...place.shape.slice(1)])),
      who,
      "\n  Where it was made for one batch size, export it with an open batch, or run it by readOnnxGraph.",
    );
  try {
    return opened();
  } catch (error) {
    // An exporter that met rows of one number may write that number into its graph, and still call the batch open.
    const batch = file.outputs[0]?.shape[0];
    if (!(error instanceof FormatError) || typeof batch !== "number" || !(batch > 0)) throw error;
    try {
      return opened(batch);
    } catch {
      throw error;
    }
  }
}

/** A graph to be run on arrays of the shapes it states. */
export interface OnnxRunner {
  /** Names, types and shapes of its inputs. */
  inputs: readonly OnnxValue[];
  /** Names, types and shapes of its outputs. */
  outputs: readonly OnnxValue[];
  /** Computes all outputs, by name. */
  run(
    inputs: Readonly<Record<string, ArrayLike>>,
    options?: { backend?: BackendName },
  ): Promise<Record<string, NdArray>>;
}

export interface OnnxGraphOptions {
  /** Files beside the model that its numbers lie in (external data), by name. Default: none. */
  files?: Readonly<Record<string, Uint8Array>>;
}

/**
 * Any ONNX graph of the operators known here, its arrays as they are: no axis need be a batch. Throws FormatError naming the node.
 *
 *   const graph = readOnnxGraph(bytes, "lstm.onnx");
 *   const { Y_h } = await graph.run({ X: x, W: w, R: r });
 */
export function readOnnxGraph(bytes: Uint8Array, who: string, options: OnnxGraphOptions = {}): OnnxRunner {
  checkNames("readOnnxGraph", options, ["files"]);
  const files = new Map(Object.entries(options.files ?? {}));
  const file = readOnnx(bytes, who, files.size > 0 ? externalReader(files, bytes, who) : undefined);
  const size = bytesTogether(bytes, files);
  const { places } = new OnnxGraph(file, who, size, []);
  const run: OnnxRunner["run"] = async (given, options = {}) => {
    const arrays = places.map(({ name }) => {
      if (given[name] === undefined) throw new DataError(problem(who, `the input "${name}"`, "none"));
      return asNdArray(given[name], { who: `${who}: ${name}` });
    });
    // A model reads rows, so each array goes in as the one row of its batch.
    const inputs = places.map((place, k) => inputOf(place, [1, ...arrays[k].shape]));
    const model = built(new OnnxGraph(file, who, size, arrays), inputs, who);
    model.compile({ loss: "mse", backend: options.backend });
    const rows = arrays.map((a) => new NdArray(a.data, [1, ...a.shape]));
    const results = [await model.predict(rows as never)].flat();
    return Object.fromEntries(
      file.outputs.map(({ name }, k) => [name, new NdArray(results[k].data, results[k].shape.slice(1))]),
    );
  };
  return { inputs: places, outputs: file.outputs, run };
}

function inputOf({ name, type }: OnnxValue, shape: OnnxValue["shape"]) {
  const sizes = shape.map((d) => (typeof d === "number" && d > 0 ? d : null));
  const batchSize = sizes[0] ?? undefined;
  return input(sizes.slice(1), { name, dtype: dtypeOf(type), batchSize });
}

function built(layer: OnnxGraph, inputs: ReturnType<typeof input>[], who: string, next = ""): AnyModel {
  try {
    const outputs = layer(inputs);
    const model = new Functional(inputs, outputs as SymbolicTensor);
    if (model.weightStore) return model;
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof CellstateError || error instanceof RangeError)) throw error;
    throw new FormatError(`${who}: its graph cannot be computed: ${error.message}${next}`, { cause: error });
  }
  throw new FormatError(problem(who, "a graph with outputs", "none"));
}
