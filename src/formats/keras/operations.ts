import { DataError, FormatError, problem, ShapeError } from "../../errors.ts";
import { type Argument, Operation } from "../../layers/operations/operation.ts";
import { type ArrayConstant, isArrayConstant, numbersOf } from "../../layers/operations/operation-constants.ts";
import { operationKinds } from "../../layers/operations/operation-kinds.ts";
import type { ConfigValue } from "../../layers/options.ts";
import { isObject, type JsonObject, type JsonValue } from "../json.ts";

/** Whether an object among a model's layers is an operation of Keras 3: `x * 2`, `x[:, -1]`, `ops.mean(x, axis=1)`. */
export const isOperation = (object: JsonObject): boolean =>
  typeof object.module === "string" ? /^keras\.(src\.)?ops(\.|$)/.test(object.module) : withoutModule(object);

/** In .h5 files Keras 3 writes no modules; layers, other than operations, say whether they are trainable. */
function withoutModule({ class_name, config, inbound_nodes }: JsonObject): boolean {
  const called = Array.isArray(inbound_nodes) && isObject(inbound_nodes[0]);
  const known = Object.hasOwn(operationKinds, String(class_name));
  return called && known && isObject(config) && !("trainable" in config);
}

/** Names that earlier versions of Keras 3 wrote for a setting. */
const settings: Readonly<Record<string, string>> = {
  new_shape: "newshape",
  shape: "newshape",
  num_outputs: "indices_or_sections",
};

/**
 * An operation from its object and the call that belongs to it; its inputs are the tensors of that call, in their order.
 * Throws FormatError for one that this version does not know, and for settings it has not.
 */
export function readOperation(object: JsonObject, who: string): Operation {
  const className = String(object.class_name);
  const place = `${who}, operation "${String(object.name ?? className)}"`;
  if (!Object.hasOwn(operationKinds, className)) {
    const known = Object.keys(operationKinds).join(", ");
    const next = "This version has no such operation and loads nothing: replace it in Keras and save again.";
    throw new FormatError(problem(place, `an operation of ${known}`, className, next));
  }
  const nodes = Array.isArray(object.inbound_nodes) ? object.inbound_nodes : [];
  const [node] = nodes;
  if (!isObject(node) || nodes.length !== 1) {
    throw new FormatError(problem(place, "one call", `${nodes.length}`, "Save the model with Keras 3 again."));
  }
  const known = operationKinds[className].attributes ?? {};
  const config = isObject(object.config) ? object.config : {};
  const kwargs = isObject(node.kwargs) ? node.kwargs : {};
  const attributes: Record<string, ConfigValue> = {};
  for (const [key, value] of [...Object.entries(config), ...Object.entries(kwargs)]) {
    const own = Object.hasOwn(known, key) ? key : settings[key];
    if (own && Object.hasOwn(known, own) && !hasTensor(value)) attributes[own] = value as ConfigValue;
    else if (!harmless(key, value) && !hasTensor(value)) refuseSetting(place, key, value);
  }
  for (const [key, only] of Object.entries(operationKinds[className].fixed ?? {})) {
    const value = attributes[key] ?? null;
    if (value !== null && value !== only) refuseSetting(place, key, value as JsonValue);
  }
  let count = 0;
  const argument = (value: JsonValue): Argument => {
    if (Array.isArray(value)) return value.map(argument);
    if (isObject(value) && value.class_name === "__keras_tensor__") return { input: count++ };
    if (isArrayConstant(value)) return constantOf(value, place);
    return value as ConfigValue;
  };
  const positional = Array.isArray(node.args) ? node.args : [];
  // Tensors by name come after those without: x1, x2 and the like, in the order of Keras's signatures.
  const named = Object.entries(kwargs).filter(([, value]) => hasTensor(value));
  const args = [...positional, ...named.map(([, value]) => value)].map(argument);
  const { name } = config;
  return new Operation(className, args, attributes, typeof name === "string" ? name : undefined);
}

/** An array beside tensors, checked; a number where it has no axes. */
function constantOf(value: ArrayConstant, place: string): Argument {
  const { value: inner } = value.config ?? {};
  if (typeof inner === "number") return inner;
  try {
    numbersOf(value, place);
  } catch (error) {
    if (error instanceof DataError || error instanceof ShapeError) throw new FormatError(error.message);
    throw error;
  }
  return value;
}

const harmless = (key: string, value: JsonValue): boolean =>
  key === "name" || value === null || value === false || (key === "dtype" && value === "float32");

function refuseSetting(place: string, key: string, value: JsonValue): never {
  const next = "This version has no such setting and loads nothing: remove it in Keras and save again.";
  throw new FormatError(problem(place, `no ${key}`, JSON.stringify(value)?.slice(0, 60) ?? "nothing", next));
}

function hasTensor(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasTensor);
  return isObject(value) && value.class_name === "__keras_tensor__";
}
