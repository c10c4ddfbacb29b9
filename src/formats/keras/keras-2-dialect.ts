import { FormatError, problem } from "../../errors.ts";
import { isObject, type JsonObject, type JsonValue } from "../json.ts";
import { isKnownClass } from "./layers.ts";

/** Keys of Keras 3 that readers of the older dialect do not know, and that change nothing where they have these values. */
const harmless: Readonly<Record<string, readonly JsonValue[]>> = {
  zero_output_for_mask: [false],
  quantization_config: [null],
  optional: [false],
  ragged: [false, null],
  synchronized: [false],
};
const dropped = [
  ...["module", "registered_name", "build_config", "build_input_shape", "compile_config"],
  ...["cellstate", "shared_object_id", "cellstate_shared"],
];

/**
 * An architecture of Keras 3 in the words of Keras 2, which tfjs and older Keras read. Throws FormatError naming the layer and
 * the option for what those words cannot say exactly.
 *
 *   keras2Config({ class_name: "InputLayer", config: { name: "x", batch_shape: [null, 3] } })
 */
export function keras2Config(object: JsonObject, who: string, within = ""): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    if (dropped.includes(key)) continue;
    if (key === "config" && isObject(value)) {
      refuseNewLayer(object, value, who);
      out.config = oldOptions(value, String(object.class_name), who, within);
    } else if (key === "inbound_nodes")
      out[key] = value; // rewritten where the other layers are known
    else out[key] = value;
  }
  if (object.class_name === "Functional") out.class_name = "Model"; // the name every tfjs knows
  return out;
}

/** Initializers and layers share a name: Identity is both. */
function refuseNewLayer({ module, class_name }: JsonObject, config: JsonObject, who: string): void {
  const className = String(class_name);
  if (inTfjs.has(className) || !isKnownClass(className) || String(module).startsWith("keras.initializers")) return;
  const next = "Save the model as .keras, .onnx or .safetensors.";
  const place = `${who}, layer "${String(config.name ?? className)}"`;
  throw new FormatError(problem(place, "a layer of the format", className, next));
}

function oldOptions(given: JsonObject, className: string, who: string, within: string): JsonObject {
  const { output_layers: outputs } = given;
  const config = isObject(outputs) ? { ...given, output_layers: Object.values(outputs) } : given; // Keras 2 has no dictionary
  const place = `${who}, layer "${String(config.name ?? className)}"`;
  const refuse = (expected: string, received: string, next: string): never => {
    throw new FormatError(problem(place, expected, received, next));
  };
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(config)) {
    if (dropped.includes(key)) continue;
    if (className === "Bidirectional" && key === "backward_layer") continue; // made from the other one there
    if (Object.hasOwn(harmless, key)) {
      const forced = key === "zero_output_for_mask" && within === "Bidirectional"; // which sets it by itself
      if (!forced && !harmless[key].includes(value))
        refuse(`no ${key}`, JSON.stringify(value), "The format has no such option.");
      continue;
    }
    if (key === "seed" && ["LSTM", "GRU", "SimpleRNN", "ConvLSTM2D"].includes(className)) continue;
    if (key === "reset_after" && value === true)
      refuse(
        "resetAfter false",
        "true",
        "The format's GRU resets before the product: train with gru(units, { resetAfter: false }).",
      );
    if (key === "batch_shape") out.batch_input_shape = value;
    else if (key === "dtype") out.dtype = isObject(value) ? "float32" : value;
    else if (/activation$/.test(key)) out[key] = oldActivation(value, refuse);
    else if (key === "layers" && Array.isArray(value)) out.layers = oldLayers(value as JsonObject[], who);
    else if ((key === "input_layers" || key === "output_layers") && Array.isArray(value)) {
      const stacks = namesOf(config.layers, ["Sequential"]); // Keras 3 counts the own making of the others here itself
      out[key] = (typeof value[0] === "string" ? [value] : (value as JsonValue[][])).map(([name, node, tensor]) => [
        name,
        stacks.has(String(name)) ? Number(node) + 1 : node,
        tensor,
      ]);
    } else if (key === "layer" && isObject(value)) out.layer = innerLayer(value, className, String(config.name), who);
    else if (isObject(value) && "class_name" in value) out[key] = keras2Config(value, who, className);
    else out[key] = value;
  }
  return out;
}

/** The layer in a wrapper under the name Keras 2 wants: `bidirectional` adds its "forward_" itself, and none is without. */
function innerLayer(object: JsonObject, wrapper: string, outer: string, who: string): JsonObject {
  const inner = keras2Config(object, who, wrapper);
  const config = inner.config as JsonObject;
  const name = wrapper === "Bidirectional" ? String(config.name).replace(/^forward_/, "") : String(config.name);
  return { ...inner, config: { ...config, name: name || `${outer}_inner` } };
}

function oldActivation(
  value: JsonValue,
  refuse: (expected: string, received: string, next: string) => never,
): JsonValue {
  if (value === "hard_sigmoid2") return "hard_sigmoid";
  if (value === "silu") return "swish";
  if (isObject(value) || !oldActivations.includes(String(value))) {
    const found = isObject(value) ? `a layer, ${String(value.class_name)}` : String(value);
    const next = `Choose another, or save the model as .keras, .onnx or .safetensors.`;
    return refuse(`one of ${oldActivations.join(", ")} as activation`, found, next);
  }
  if (value !== "hard_sigmoid") return value;
  const next = "Keras 2 and tfjs mean another function by that name: train with hardSigmoid2, or choose sigmoid.";
  return refuse("an activation of the format", "Keras 3's hard_sigmoid", next);
}

/** Layers and cells of ours that tfjs has too. One of the user's own is written as it is: the user registers it there. */
const inTfjs = new Set(
  [
    ..."InputLayer Embedding Dense Activation Dropout SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout".split(
      " ",
    ),
    ..."Masking Flatten Reshape Permute RepeatVector Rescaling ReLU LeakyReLU ELU PReLU Softmax".split(" "),
    ..."Add Multiply Average Maximum Minimum Concatenate Dot BatchNormalization LayerNormalization".split(" "),
    ..."Conv1D MaxPooling1D AveragePooling1D GlobalMaxPooling1D GlobalAveragePooling1D".split(" "),
    ..."Conv2D MaxPooling2D AveragePooling2D GlobalMaxPooling2D GlobalAveragePooling2D ConvLSTM2D".split(" "),
    ..."LSTM GRU SimpleRNN RNN LSTMCell GRUCell SimpleRNNCell StackedRNNCells Bidirectional TimeDistributed".split(" "),
  ].flat(),
);

/** Activations that tfjs has by name. */
const oldActivations = [
  ...["elu", "hard_sigmoid", "linear", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus", "softsign", "tanh"],
  ...["swish", "mish", "gelu", "log_softmax"],
];

/** The layers of a model, their nodes as Keras 2 lists them: [[name, node, tensor, {}], …] for each call. */
function oldLayers(layers: JsonObject[], who: string): JsonObject[] {
  const models = namesOf(layers, ["Sequential", "Functional"]);
  const entry = (history: JsonValue[]): JsonValue => {
    const [name, node, tensor] = history as [string, number, number];
    return [name, models.has(name) ? node + 1 : node, tensor, {}]; // Keras 2 counts a model's own making as its first call
  };
  const entries = (value: JsonValue | undefined): JsonValue[] => {
    if (Array.isArray(value)) return value.flatMap(entries);
    if (!isObject(value)) return [];
    const { keras_history } = (value.config ?? {}) as JsonObject;
    return Array.isArray(keras_history) ? [entry(keras_history)] : Object.values(value).flatMap(entries);
  };
  return layers.map((layer) => {
    const nodes = Array.isArray(layer.inbound_nodes) ? layer.inbound_nodes : undefined;
    if (String(layer.module).startsWith("keras.src.ops")) {
      const next = "The format does not support operations: save the model as .keras or .safetensors.";
      throw new FormatError(
        problem(`${who}, "${String(layer.name)}"`, "layers", `the operation ${String(layer.class_name)}`, next),
      );
    }
    const old = keras2Config(layer, who);
    if (!nodes) return old;
    for (const node of nodes) refuseCallOptions(node, `${who}, layer "${String(layer.name)}"`);
    return { ...old, inbound_nodes: nodes.map((node) => entries(node)) };
  });
}

/** The names of the layers of these classes. */
function namesOf(layers: JsonValue | undefined, classes: readonly string[]): Set<string> {
  const objects = (Array.isArray(layers) ? layers : []).filter(isObject);
  const chosen = objects.filter(({ class_name }) => classes.includes(String(class_name)));
  return new Set(chosen.map(({ name, config }) => String(name ?? (config as JsonObject).name)));
}

/** Refuses arguments of a layer's call other than tensors: `use_causal_mask`. */
function refuseCallOptions(node: JsonValue, place: string): void {
  const kwargs = isObject(node) && isObject(node.kwargs) ? node.kwargs : {};
  const found = Object.entries(kwargs).find(([key, value]) => value === true || /mask$|^training$/.test(key));
  if (!found) return;
  const next = "Readers of the format would leave it out: save the model as .keras, .onnx or .safetensors.";
  throw new FormatError(problem(place, "calls without options", found[0], next));
}
