import { FormatError, problem, suggest } from "../../errors.ts";
import { type Initializer, initializers } from "../../layers/index.ts";
import type { JsonObject } from "../json.ts";
import { camelCase } from "./object.ts";

/** Names of Keras 1 and 2 for what is called otherwise here. */
const otherNames: Readonly<Record<string, string>> = {
  uniform: "randomUniform",
  normal: "randomNormal",
  zero: "zeros",
  one: "ones",
};
const makers: Readonly<Record<string, (options: never) => Initializer>> = {
  ...initializers,
  constant: ({ value = 0 }: { value?: number }) => initializers.constant(value),
} as never;
const words = ["mode", "distribution"];

/**
 * The initializer of a class of Keras's, for weights that are drawn. Throws FormatError for one that is not here.
 *
 *   drawnInitializer("GlorotUniform", { seed: 3 }, "model.json").fill([2, 3], random);
 */
export function drawnInitializer(className: string, config: JsonObject, who: string): Initializer {
  const key = className.charAt(0).toLowerCase() + className.slice(1);
  const name = Object.hasOwn(otherNames, key) ? otherNames[key] : key;
  if (name === "initializer" || !Object.hasOwn(makers, name)) {
    const next = suggest(name, Object.keys(makers)) ?? "Replace it by one of Keras's initializers.";
    throw new FormatError(problem(who, "an initializer of Keras", className, next));
  }
  const { inputAxes: _in, outputAxes: _out, ...options } = camelCase(config) as Record<string, unknown>;
  for (const word of words) {
    const value = options[word];
    if (typeof value !== "string") continue;
    // Keras 2's "normal" is cut off at two deviations, as its "truncated_normal".
    options[word] =
      value === "normal" ? "truncatedNormal" : value.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
  }
  return makers[name](options as never);
}
