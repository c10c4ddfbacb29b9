import type { JsonObject, JsonValue } from "../json.ts";
import { isObject } from "../json.ts";
import type { LegacyGroup } from "./legacy-archive.ts";

/**
 * An architecture of Keras 1 or early Keras 2 in the words of later Keras 2, which the readers know: options under their new
 * names, cuDNN layers as what they compute, a GRU's `reset_after` where the file does not say it. The weights decide that:
 * a bias [3·units] is added once, before the reset.
 */
export function modernConfig(config: JsonObject, layers: readonly LegacyGroup[]): JsonObject {
  const biases = new Map(layers.map((group) => [group.name, group.weights.map(({ value }) => value.shape)]));
  return walk(config, undefined) as JsonObject;

  function walk(value: JsonValue, owner: string | undefined): JsonValue {
    if (Array.isArray(value)) return value.map((v) => walk(v, owner));
    if (!isObject(value)) return value;
    const name = isObject(value.config) && typeof value.config.name === "string" ? value.config.name : undefined;
    const inside = name !== undefined && biases.has(name) ? name : owner;
    const copy: JsonObject = {};
    for (const [key, v] of Object.entries(value)) copy[key] = walk(v, inside);
    return isObject(copy.config) ? modernLayer(copy, copy.config, inside) : copy;
  }

  function modernLayer(object: JsonObject, config: JsonObject, owner: string | undefined): JsonObject {
    const className = String(object.class_name);
    const renamed = Object.hasOwn(oldNames, className) ? rename(config, oldNames[className]) : config;
    if (className === "CuDNNLSTM") return { ...object, class_name: "LSTM", config: renamed };
    if (className === "CuDNNGRU") return { ...object, class_name: "GRU", config: { ...renamed, reset_after: true } };
    if (className !== "GRU" || renamed.reset_after !== undefined) return { ...object, config: renamed };
    const wide = 3 * Number(renamed.units);
    const two = (biases.get(owner ?? "") ?? []).some(
      (shape) => shape.length === 2 && shape[0] === 2 && shape[1] === wide,
    );
    return { ...object, config: { ...renamed, reset_after: two } };
  }
}

/** Keras 1's names of options, by class. */
const recurrent: Readonly<Record<string, string>> = {
  output_dim: "units",
  inner_activation: "recurrent_activation",
  init: "kernel_initializer",
  inner_init: "recurrent_initializer",
  W_regularizer: "kernel_regularizer",
  U_regularizer: "recurrent_regularizer",
  b_regularizer: "bias_regularizer",
  dropout_W: "dropout",
  dropout_U: "recurrent_dropout",
};
const oldNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  LSTM: recurrent,
  GRU: recurrent,
  SimpleRNN: recurrent,
  Dense: {
    output_dim: "units",
    init: "kernel_initializer",
    bias: "use_bias",
    W_regularizer: "kernel_regularizer",
    b_regularizer: "bias_regularizer",
    W_constraint: "kernel_constraint",
    b_constraint: "bias_constraint",
  },
  Embedding: {
    init: "embeddings_initializer",
    W_regularizer: "embeddings_regularizer",
    W_constraint: "embeddings_constraint",
  },
  Dropout: { p: "rate" },
  SpatialDropout1D: { p: "rate" },
};

function rename(config: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  const renamed: JsonObject = {};
  for (const [key, value] of Object.entries(config)) renamed[Object.hasOwn(names, key) ? names[key] : key] = value;
  return renamed;
}
