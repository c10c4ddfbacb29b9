import type { LayerCall, Layers, SymbolicTensor } from "../layers/layer.ts";
import { Functional } from "../models/functional.ts";
import type { JsonObject } from "./json.ts";

type Place = [name: string, node: number, tensor: number];

/** How the layers of a functional model are connected, in Keras's words: a layer's `inbound_nodes`, a tensor's place. */
export function connectionsOf(model: Functional): {
  nodesOf: (layer: Layers) => JsonObject[];
  placeOf: (t: SymbolicTensor) => Place;
} {
  const callsOf = new Map<Layers, LayerCall[]>();
  const inModel = new Set(model.uses);
  for (const layer of model.layers) {
    const kept = layer.calls.filter((call) => inModel.has(call)); // in the order the calls were made
    callsOf.set(layer, kept.length > 0 ? kept : model.uses.filter((use) => use.layer === layer)); // an input
  }
  const historyOf = ({ call, index }: SymbolicTensor): Place => {
    return [call.layer.name, callsOf.get(call.layer)!.indexOf(call), index];
  };
  /** In its lists of inputs and outputs, and there alone, Keras 3 counts a model's own making as its first call. */
  const placeOf = (t: SymbolicTensor): Place => {
    const [name, node, index] = historyOf(t);
    return [name, t.call.layer instanceof Functional ? node + 1 : node, index];
  };
  const tensor = (t: SymbolicTensor): JsonObject => ({
    class_name: "__keras_tensor__",
    config: { shape: [...t.shape], dtype: t.dtype === "i32" ? "int32" : "float32", keras_history: historyOf(t) },
  });
  const nodesOf = (layer: Layers): JsonObject[] =>
    callsOf.get(layer)!.map(({ inputs, states }) => {
      const data = inputs.slice(0, inputs.length - states).map(tensor);
      const state = inputs.slice(inputs.length - states).map(tensor);
      const apart = data.length === 1 || layer.className === "MultiHeadAttention"; // others take one list
      const kwargs: JsonObject = { ...layer.callConfig(), ...(state.length > 0 ? { initial_state: state } : {}) };
      return { args: apart ? data : [data], kwargs };
    });
  return { nodesOf, placeOf };
}
