import type { AnyLayer } from "../../layers/layer.ts";
import type { ConfigValue } from "../../layers/options.ts";

/** Makes a layer from the config in a file; `name` and `trainable` are to be passed on to it. */
export type LayerReader = (
  config: { readonly [key: string]: ConfigValue },
  options: { name?: string; trainable: boolean },
) => AnyLayer;

const registered = new Map<string, LayerReader>();

/**
 * Teaches `loadModel` a layer class of your own, by the class name in the file or by Keras's `package>Class`. A class that is
 * registered again is replaced; one of Keras's own names then means yours.
 *
 *   registerLayer("AttentionLayer", (config, options) => new Attention({ ...options, units: config.units as number }));
 */
export function registerLayer(className: string, read: LayerReader): void {
  registered.set(className, read);
}

/** The reader for an object of a file, if there is one. */
export function registeredLayer(object: { class_name?: unknown; registered_name?: unknown }): LayerReader | undefined {
  return registered.get(String(object.registered_name)) ?? registered.get(String(object.class_name));
}

/** The name a class of the user's own has in files: `package>Class` where it was registered so. */
export function registeredName(className: string): string {
  return [...registered.keys()].find((key) => key.endsWith(`>${className}`)) ?? className;
}
