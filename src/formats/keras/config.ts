import { FormatError, problem } from "../../errors.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import { Operation } from "../../layers/operations/operation.ts";
import { baseConfig, policyOf, roundingOf } from "../../layers/options.ts";
import { Rnn } from "../../layers/recurrent/rnn.ts";
import { cellObject } from "../../layers/recurrent/stacked-rnn-cells.ts";
import { SpectralNormalization } from "../../layers/wrappers/spectral-normalization.ts";
import { TimeDistributed } from "../../layers/wrappers/time-distributed.ts";
import { Functional } from "../../models/functional.ts";
import { type AnyModel, Model } from "../../models/model.ts";
import { Sequential } from "../../models/sequential.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { InputPlace } from "../../train/fit/trainable-model.ts";
import type { JsonObject } from "../json.ts";
import { compileConfig } from "./compile.ts";
import { isKnownLayer } from "./layers.ts";
import { registeredLayer, registeredName } from "./registered-layers.ts";
import { type Shared, sharedCell, sharedIn } from "./shared.ts";
import { connectionsOf, takesList } from "./write-nodes.ts";

/** The dtype policy of a layer, or a model. */
const policy = (layer: AnyLayer): JsonObject => ({
  module: "keras",
  class_name: "DTypePolicy",
  config: { name: policyOf(layer) },
  registered_name: null,
});
const int8 = {
  module: "keras",
  class_name: "QuantizedDTypePolicy",
  config: { mode: "int8", source_name: "float32" },
  registered_name: null,
};
const defaultSeed = 1;

/** Keras's `config.json` of a built model, with its compile options or without. Field names and order as Keras 3.15 writes them. */
export function modelConfig(model: AnyModel, includeOptimizer = true): JsonObject {
  return {
    ...modelObject(model, sharedIn(model)),
    ...(model.compiled && includeOptimizer ? { compile_config: compileConfig(model) } : {}),
    // Ours alone; Keras reads only the keys it knows. Shuffling and dropout continue as before the save.
    ...(model.seed === defaultSeed && model.masks === "keras-3.15"
      ? {}
      : { cellstate: { seed: model.seed, masks: model.masks } }),
  };
}

function modelObject(model: AnyModel, shared: Shared): JsonObject {
  if (model instanceof Functional) return functionalObject(model, shared);
  if (model instanceof Sequential) return sequentialObject(model, shared);
  const next =
    'Its formula is code, which no file holds: save its weights, model.save("model.weights.h5"), or make it functional(...).';
  throw new FormatError(problem(`save: ${model.label}`, "a sequential or functional model", model.className, next));
}

function sequentialObject(model: Sequential, shared: Shared): JsonObject {
  const shape = [...model.inputShape!];
  const layers = model.layers.filter((layer) => layer.className !== "InputLayer");
  const first = model.inputLayer?.name ?? freeName(layers);
  let at: PartialShape = shape;
  const objects = layers.map((layer) => {
    const built = at;
    at = layer.computeOutputShapes([at])[0];
    return layerObject(layer, [built], shared);
  });
  return {
    module: "keras",
    class_name: "Sequential",
    config: {
      name: model.name,
      trainable: model.trainable,
      dtype: policy(model),
      layers: [inputObject(first, shape, dtypeOf(model.inputs![0])), ...objects],
      build_input_shape: shape,
    },
    registered_name: null,
    build_config: { input_shape: shape },
  };
}

function functionalObject(model: Functional, shared: Shared): JsonObject {
  const { nodesOf, placeOf } = connectionsOf(model);
  const layers = model.layers.map((layer) => {
    const place = model.inputs.find(({ name }) => name === layer.name);
    const isInput = layer.className === "InputLayer";
    const shapes = model.uses.find((use) => use.layer === layer)!.inputs.map((t) => t.shape);
    const object = isInput
      ? inputObject(layer.name, [...place!.shape], dtypeOf(place!))
      : layerObject(layer, shapes, shared);
    return { ...object, name: layer.name, inbound_nodes: isInput ? [] : nodesOf(layer) };
  });
  const places = (tensors: Functional["inputTensors"], several: boolean) =>
    several ? tensors.map(placeOf) : placeOf(tensors[0]);
  return {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      name: model.name,
      trainable: model.trainable,
      layers,
      input_layers: places(model.inputTensors, model.inputTensors.length > 1),
      output_layers: model.outputKeys
        ? Object.fromEntries(model.outputKeys.map((key, k) => [key, placeOf(model.outputTensors[k])]))
        : places(model.outputTensors, model.severalOutputs),
    },
    registered_name: "Functional",
    build_config: {
      input_shape: model.inputs.length > 1 ? model.inputs.map((i) => [...i.shape]) : [...model.inputs[0].shape],
    },
  };
}

const dtypeOf = ({ texts, dtype }: InputPlace): string => (texts ? "string" : dtype === "i32" ? "int32" : "float32");

function inputObject(name: string, shape: (number | null)[], dtype: string): JsonObject {
  return {
    module: "keras.layers",
    class_name: "InputLayer",
    config: {
      batch_shape: shape,
      dtype,
      sparse: false,
      ragged: false,
      name,
      optional: false,
    },
    registered_name: null,
  };
}

/** Layers that are code or another file: what they are, and what to do. */
const unwritable: Readonly<Record<string, readonly [string, string]>> = {
  OnnxGraph: ["an ONNX graph", "Convert it to layers first, await asLayers(model), or save it as .onnx again."],
};

function layerObject(layer: AnyLayer, built: readonly PartialShape[], shared: Shared): JsonObject {
  return { ...objectOf(layer, built, shared), ...shared(layer) };
}

function objectOf(layer: AnyLayer, built: readonly PartialShape[], shared: Shared): JsonObject {
  if (Object.hasOwn(unwritable, layer.className)) {
    const [found, next] = unwritable[layer.className];
    throw new FormatError(problem(`save: ${layer.label}`, "layers that the file format supports", found, next));
  }
  if (layer instanceof Model) return modelObject(layer, shared);
  if (layer instanceof Operation) return operationObject(layer);
  const config = { ...(layer.config() as JsonObject), ...innerConfig(layer, built, shared) };
  const own = !isKnownLayer(layer.className) || registeredLayer({ class_name: layer.className }) !== undefined;
  return {
    module: own ? null : "keras.layers",
    class_name: layer.className,
    config: { ...baseConfig(layer, keepsInt8(layer) ? int8 : policy(layer)), ...config },
    registered_name: own ? registeredName(layer.className) : null,
    // Layers of several inputs have build arguments of their own names; Keras builds those by calling them.
    ...(keepsInt8(layer) ? {} : roundingOf(layer)),
    ...(built.length === 1 && !takesList(layer) ? { build_config: { input_shape: [...built[0]] } } : {}),
  };
}

/** Whether a layer's weights are of 8 bits in Keras, too. */
const keepsInt8 = (layer: AnyLayer): boolean => layer.rounding !== null && layer.weights.some((w) => w.int8);

/** Config of an object inside a wrapper: a model has more than a config, and some objects are shared. */
function innerConfig(layer: AnyLayer, built: readonly PartialShape[], shared: Shared): JsonObject {
  if (layer instanceof Rnn) return { cell: sharedCell(cellObject(layer.cell) as JsonObject, layer.cell, shared) };
  if (layer instanceof SpectralNormalization) return { layer: layerObject(layer.layer, built, shared) };
  if (!(layer instanceof TimeDistributed)) return {};
  const [[batch, , ...rest]] = built;
  return { layer: layerObject(layer.layer, [[batch, ...rest]], shared) };
}

function operationObject(operation: Operation): JsonObject {
  return {
    module: `keras.src.ops.${operation.kind.module}`,
    class_name: operation.className,
    config: { name: operation.name, ...(operation.config() as JsonObject) },
    registered_name: operation.className,
  };
}

/** A name for the InputLayer that Keras wants and the user did not give. */
function freeName(layers: readonly AnyLayer[]): string {
  let name = "input_layer";
  for (let k = 1; layers.some((layer) => layer.name === name); k++) name = `input_layer_${k}`;
  return name;
}
