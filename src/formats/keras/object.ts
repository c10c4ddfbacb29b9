import type { JsonObject, JsonValue } from "./archive.ts";

/** Class and config of an object of Keras's own; null for a user's class, and for what is no such object. */
export function ofKeras(value: JsonValue | undefined): { className: string; config: JsonObject } | null {
  const object = asObject(value);
  if (!object || typeof object.class_name !== "string" || isCustom(object)) return null;
  return { className: object.class_name, config: (object.config ?? {}) as JsonObject };
}

/** Whether an object in a file is of a class that its user wrote: `registered_name` is `package>Class` then. */
export function isCustom(object: JsonObject): boolean {
  const { module, registered_name } = object;
  const builtIn =
    module === undefined || (typeof module === "string" && /^(keras|tf_keras|tensorflow|builtins)(\.|$)/.test(module));
  return !builtIn || (typeof registered_name === "string" && registered_name.includes(">"));
}

export function asObject(value: JsonValue | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

/** Keras's config as options of ours: keys in camel case. `beta_1` → `beta1`. */
export function camelCase(config: JsonObject): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

/** Removes nulls: losses and metrics leave them out. */
export const withoutNulls = (config: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
