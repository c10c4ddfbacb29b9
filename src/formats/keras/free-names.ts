import { isObject, type JsonObject, type JsonValue } from "../json.ts";

// Keras computes masks by operations of a model, and names them itself while it opens a file: `not_equal`, `concatenate` where
// sequences with masks meet. It refuses a file in which a layer has that name already. There the layer gets another name, its
// own beside it. So does a layer with a slash in its name, which Keras has for paths alone.

const taken = /^(not_equal|any|logical_or|expand_dims|zeros_like|ones_like|concatenate|convert_to_tensor)(_\d+)?$/;

/** A model's config with names that leave Keras its own. */
export function freeNames(config: JsonObject): JsonObject {
  const text = JSON.stringify(config);
  const masks = text.includes('"mask_zero":true') || text.includes('"class_name":"Masking"');
  return renamed(config, (layer, names) => {
    const name = nameIn(layer)!;
    if (!name.includes("/") && !(masks && taken.test(name))) return null;
    let free = name.includes("/") ? name.replaceAll("/", "_") : `${name}_layer`;
    while (names.has(free)) free += "_";
    return { ...layer, name: free, cellstate: { name } };
  });
}

/** The config with the layers' own names again. */
export const ownNames = (config: JsonObject): JsonObject =>
  renamed(config, ({ cellstate, ...layer }, names) => {
    const name = isObject(cellstate) ? cellstate.name : undefined;
    return typeof name === "string" && !names.has(name) ? { ...layer, name } : null;
  });

/** A layer's name: in a functional model beside its config too. */
function nameIn(layer: JsonValue): string | null {
  if (!isObject(layer)) return null;
  const name = layer.name ?? (isObject(layer.config) ? layer.config.name : undefined);
  return typeof name === "string" ? name : null;
}

/** `rename` receives a layer of a model and the names of all, and returns the layer under another name, or null. */
function renamed(model: JsonObject, rename: (layer: JsonObject, names: Set<string>) => JsonObject | null): JsonObject {
  const { config } = model;
  if (!isObject(config) || !Array.isArray(config.layers)) return model;
  const layers = config.layers.map((layer) => (isObject(layer) ? renamed(layer, rename) : layer));
  const names = new Set(layers.flatMap((layer) => nameIn(layer) ?? []));
  const others = new Map<string, string>();
  const free = layers.map((layer) => {
    const name = nameIn(layer);
    const other = isObject(layer) && name !== null ? rename(layer, names) : null;
    if (!other) return layer;
    others.set(name!, other.name as string);
    names.add(other.name as string);
    return isObject(other.config) ? { ...other, config: { ...other.config, name: other.name } } : other;
  });
  if (others.size === 0) return { ...model, config: { ...config, layers } };
  const { input_layers, output_layers } = config;
  return {
    ...model,
    config: {
      ...config,
      layers: free.map((layer) =>
        isObject(layer) && "inbound_nodes" in layer
          ? { ...layer, inbound_nodes: placed(layer.inbound_nodes, others) }
          : layer,
      ),
      ...(input_layers === undefined ? {} : { input_layers: placed(input_layers, others) }),
      ...(output_layers === undefined ? {} : { output_layers: placed(output_layers, others) }),
    },
  };
}

/** Places [name, node, tensor] under the other names, wherever they stand. */
function placed(value: JsonValue, others: ReadonlyMap<string, string>): JsonValue {
  if (Array.isArray(value)) {
    const [name, node, tensor] = value;
    const other =
      value.length === 3 && typeof node === "number" && typeof tensor === "number" && others.get(String(name));
    return other ? [other, node, tensor] : value.map((v) => placed(v, others));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, placed(v, others)]));
}
