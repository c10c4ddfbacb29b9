import {
  DataError,
  invalidOption,
  option,
  problem,
  ShapeError,
  sentence,
  showShape,
  showValue,
  suggest,
  unknownOption,
} from "../errors.ts";
import type { PartialShape } from "../tensor/shape.ts";
import { type InitializerLike, initializer } from "./weights/initializers.ts";

/** A value in a layer's config: plain JSON. */
export type ConfigValue =
  | number
  | string
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

export interface LayerOptions {
  /** Name in summaries, messages and files. Default: the function's name, numbered: `lstm_1`. */
  name?: string;
  /** False freezes the weights. Default true. */
  trainable?: boolean;
  /**
   * Shape of one sample, without the batch, on the first layer of a model: `[3, 1]` is 3 steps of 1 feature. Default: known from
   * the first data.
   */
  inputShape?: PartialShape;
  /** `inputShape` with the batch, for stateful layers, which keep a state per row: `[32, 3, 1]`. Default: any batch. */
  batchShape?: PartialShape;
}

/** Options of layers that draw random numbers. */
export interface DrawOptions extends LayerOptions {
  /** Kept for Keras's files; random numbers follow the seed of the model. Default null. */
  seed?: number | null;
}

/** Keras's object form of an initializer in a layer's config. */
export function initializerConfig(init: InitializerLike): ConfigValue {
  const { className, config } = initializer(init);
  return { module: "keras.initializers", class_name: className, config: { ...config }, registered_name: null };
}

/** Keras's object form of a regularizer, a constraint or a layer inside another's config; null when there is none. */
export function kerasObject(
  module: string,
  value: { className: string; config: Readonly<Record<string, ConfigValue>> } | null | undefined,
): ConfigValue {
  return value ? { module, class_name: value.className, config: { ...value.config }, registered_name: null } : null;
}

/** A layer's name in files: that of its class for one without a name, inside another. */
export const nameInFiles = (layer: { name: string; factory: string }): string => layer.name || kerasName(layer.factory);

/** Keras's classes that take no `trainable`, and refuse a file that has one. */
const withoutTrainable = ["SpatialDropout1D", "Discretization"];

/** Config keys of every Keras layer. */
export const baseConfig = <D>(
  layer: { className: string; factory: string; name: string; trainable: boolean },
  dtype: D,
) => ({
  name: nameInFiles(layer),
  ...(withoutTrainable.includes(layer.className) ? {} : { trainable: layer.trainable }),
  dtype,
});

/** Keras's object form of a layer inside another's config. */
export function layerObject(layer: {
  className: string;
  factory: string;
  name: string;
  trainable: boolean;
  rounding: { readonly name: string } | null;
  products: string | null;
  config(): Record<string, ConfigValue>;
}): ConfigValue {
  const config = { ...baseConfig(layer, policyOf(layer)), ...layer.config() };
  const object = kerasObject("keras.layers", { className: layer.className, config });
  return { ...(object as Record<string, ConfigValue>), ...roundingOf(layer) };
}

/** Name of Keras's dtype policy for a layer. */
export const policyOf = ({ products }: { readonly products: string | null }): string =>
  products ? "mixed_bfloat16" : "float32";

/** A word in files for a layer of 8 bits that Keras has not: it reads the layer as one of floats. */
export const roundingOf = ({
  rounding,
}: {
  rounding: { readonly name: string } | null;
}): Record<string, ConfigValue> => (rounding ? { cellstate_quantization: rounding.name } : {});

/** Keras's spelling of a name: `hardSigmoid` → `hard_sigmoid`. */
export const kerasName = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** Throws when a size is not a whole number above zero. */
export function positiveInteger(value: unknown, who: string, what: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new DataError(
    invalidOption(
      who,
      what,
      sentence`${option(what)} as a whole number above 0`,
      show(value),
      inBraces(value, who, what) ?? "A count: 1, 2, 3, and so on.",
    ),
  );
}

/** Advice for tfjs's way, `lstm({ units: 64 })`: the size comes first, without a name. */
function inBraces(value: unknown, who: string, what: string): string | null {
  const [name] = what.split(" ");
  const size = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof size === "number" ? `${name} comes first, without its name: ${who.split(" ")[0]}(${size}).` : null;
}

/** Throws when a size is not a whole number from zero on. */
export function wholeNumber(value: unknown, who: string, what: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new DataError(
    invalidOption(
      who,
      what,
      sentence`${option(what)} as a whole number of 0 or more`,
      show(value),
      "It counts something: 0, 1, 2, and so on.",
    ),
  );
}

/** Throws unless 0 ≤ value. */
export function numberFromZero(value: unknown, who: string, what: string): number {
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
  throw new DataError(
    invalidOption(
      who,
      what,
      sentence`${option(what)} as a number of 0 or more`,
      show(value),
      "Take its sign away, or leave the option out.",
    ),
  );
}

/** Throws unless the value is one of the words. */
export function oneOf<Word extends string>(value: Word, words: readonly Word[], who: string, what: string): Word {
  if (words.includes(value)) return value;
  const guess = typeof value === "string" ? suggest(value, words) : undefined;
  throw new DataError(
    invalidOption(who, what, sentence`${option(what)} as one of ${words.join(", ")}`, show(value), guess),
  );
}

/** Throws unless a shape has this rank; `expected` is how the message says it: `x [B, T, D]`. */
export function rankOf(input: PartialShape, rank: number, who: string, expected: string): void {
  if (input.length === rank) return;
  const next =
    rank === 3 && input.length === 2
      ? "There is no step or feature axis: put reshape([steps, features]), or embedding for ids, before it."
      : rank === 4 && input.length === 3
        ? "There is no channel axis: put reshape([rows, columns, 1]) before it."
        : rank === 4 && input.length === 5
          ? "For each frame of a video: timeDistributed(layer)."
          : "Put reshape(...) before it, or look at the layer before in summary().";
  throw new ShapeError(problem(who, expected, showShape(input), next));
}

/** Throws unless 0 ≤ rate < 1. */
export function dropRate(value: unknown, who: string, what: string): number {
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  const percent = typeof value === "number" && value > 1 && value < 100;
  const next = percent ? `For ${value} % write ${value / 100}.` : "0.2 drops one in five, 0.5 every other one.";
  throw new DataError(
    invalidOption(who, what, sentence`${option(what)} from 0 (nothing dropped) to below 1`, show(value), next),
  );
}

/** Throws DataError for an unknown option, with the one that was probably meant. */
export function knownOptions(options: object, known: readonly string[], who: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const word = typeof options === "string" && known.includes("activation") ? options : null;
    const next = word === null ? "Leave them out for the defaults." : `${who}(units, { activation: "${word}" })`;
    throw new DataError(problem(who, "options in braces", showValue(options), next));
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key) && !common.includes(key)) {
      throw new DataError(unknownOption(who, key, [...new Set([...known, ...common])]));
    }
  }
}
const common = ["name", "trainable", "inputShape", "batchShape"];

export const show = (value: unknown): string =>
  Array.isArray(value) && value.every((v) => v === null || typeof v === "number") ? showShape(value) : showValue(value);
