import type { AnyLayer, LayerCall, SymbolicTensor } from "../../layers/layer.ts";
import { type Argument, isInputIndex, Operation } from "../../layers/operations/operation.ts";
import { Functional } from "../../models/functional.ts";
import type { JsonObject, JsonValue } from "../json.ts";

type History = [name: string, node: number, tensor: number];

/** The connections of a functional model in Keras's form: a layer's `inbound_nodes`, a tensor's history. */
export function connectionsOf(model: Functional): {
  nodesOf: (layer: AnyLayer) => JsonObject[];
  placeOf: (t: SymbolicTensor) => History;
} {
  const callsOf = new Map<AnyLayer, LayerCall[]>();
  const inModel = new Set(model.uses);
  for (const layer of model.layers) {
    const kept = layer.calls.filter((call) => inModel.has(call)); // in the order the calls were made
    callsOf.set(layer, kept.length > 0 ? kept : model.uses.filter((use) => use.layer === layer)); // an input
  }
  const historyOf = ({ call, index }: SymbolicTensor): History => {
    return [call.layer.name, callsOf.get(call.layer)!.indexOf(call), index];
  };
  /** In its lists of inputs and outputs, and there alone, Keras 3 counts a model's own making as its first call. */
  const placeOf = (t: SymbolicTensor): History => {
    const [name, node, index] = historyOf(t);
    return [name, t.call.layer instanceof Functional ? node + 1 : node, index];
  };
  const tensor = (t: SymbolicTensor): JsonObject => ({
    class_name: "__keras_tensor__",
    config: { shape: [...t.shape], dtype: t.dtype === "i32" ? "int32" : "float32", keras_history: historyOf(t) },
  });
  /** An argument of an operation: a tensor, a number, a slice, a list of them. */
  const argument = (arg: Argument, inputs: readonly SymbolicTensor[]): JsonValue => {
    if (Array.isArray(arg)) return arg.map((a) => argument(a, inputs));
    return isInputIndex(arg) ? tensor(inputs[arg.input]) : (arg as JsonValue);
  };
  const nodesOf = (layer: AnyLayer): JsonObject[] =>
    callsOf.get(layer)!.map(({ inputs, states, masks, attentionMask, training }) => {
      if (layer instanceof Operation) return { args: layer.args.map((arg) => argument(arg, inputs)), kwargs: {} };
      const data = inputs.slice(0, inputs.length - states).map(tensor);
      const state = inputs.slice(inputs.length - states).map(tensor);
      const apart = (data.length === 1 && !takesList(layer)) || layer.className === "MultiHeadAttention";
      const kwargs: JsonObject = {
        ...layer.callConfig(),
        ...(attentionMask ? { attention_mask: tensor(attentionMask) } : {}),
        ...(state.length > 0 ? { initial_state: state } : {}),
        ...maskArguments(layer, masks, tensor),
        ...(training === null ? {} : { training }),
      };
      // Keras itself does not heed the training argument of a call in a model that predicts or is fitted.
      const ours: JsonObject = training === null ? {} : { cellstate: { training } };
      return { args: apart ? data : [data], kwargs, ...ours };
    });
  return { nodesOf, placeOf };
}

/** Whether Keras wants a list, be it of one: `Concatenate()([x])`. */
export const takesList = ({ arity }: AnyLayer): boolean =>
  typeof arity !== "number" && arity[1] === Number.POSITIVE_INFINITY;

/** The masks that a call was given, as Keras's arguments; a layer of several inputs takes a list. */
function maskArguments(
  layer: AnyLayer,
  masks: LayerCall["masks"],
  tensor: (t: SymbolicTensor) => JsonObject,
): JsonObject {
  if (masks.length === 0) return {};
  const written = masks.map((mask) => (mask ? tensor(mask) : null));
  if (layer.className === "MultiHeadAttention") {
    const [, value, key] = written;
    return { ...(value ? { value_mask: value } : {}), ...(key ? { key_mask: key } : {}) };
  }
  return { mask: written.length === 1 ? written[0] : written };
}
