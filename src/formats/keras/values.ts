import { FormatError, problem } from "../../errors.ts";
import { type AnyLayer, constraints, type Initializer, regularizers } from "../../layers/index.ts";
import type { MaskRules } from "../../layers/masks.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { drawnInitializer } from "./drawn-initializer.ts";
import { isCustom } from "./object.ts";
import type { SharedObjects } from "./shared.ts";

/** The part of the file outside its layers that decides how one is read. */
export interface LayerContext {
  /** Keras 1 and 2 have another hard_sigmoid. */
  readonly major: number;
  /** Number of weights in the file: no layer may need more. */
  readonly numbers: number;
  /** Layers and cells that stand in the file more than once. */
  readonly shared?: SharedObjects;
  /** Whose rules say where masks go; by `major` if not said. */
  readonly masks?: MaskRules;
  /** Weights are drawn, for there are none in the file; `anyWork`: however long it takes. */
  readonly draws?: { readonly anyWork: boolean };
}

/** One layer's config is read with this: what its messages begin with, and what the file says around it. */
export interface ReadContext extends LayerContext {
  readonly who: string;
  readonly base: { name?: string; trainable: boolean };
  /** Arguments of its first call in a functional model. */
  readonly call: JsonObject;
  /** A layer inside this one. */
  readonly readInner: (value: JsonValue | undefined) => AnyLayer;
}

export type Reader = (c: JsonObject, context: ReadContext) => AnyLayer;

/** Keras's default where a file has no initializer. */
const initializers: Readonly<Record<string, string>> = {
  kernel_initializer: "GlorotUniform",
  recurrent_initializer: "Orthogonal",
  embeddings_initializer: "RandomUniform",
  depthwise_initializer: "GlorotUniform",
  pointwise_initializer: "GlorotUniform",
  gamma_initializer: "Ones",
  moving_variance_initializer: "Ones",
};

/**
 * The options behind Keras's config keys, in camel case: initializers, regularizers, constraints and activations as what
 * they are, everything else as it stands. Keys that the config lacks are left to the layer's defaults.
 */
export function optionsOf(
  c: JsonObject,
  keys: readonly string[],
  context: ReadContext,
): Record<string, never> & ReadContext["base"] {
  const options: Record<string, unknown> = { ...context.base };
  for (const key of keys) {
    const value = readOption(key, c[key], context);
    if (value !== undefined && value !== null) options[camel(key)] = value;
  }
  return options as Record<string, never> & ReadContext["base"];
}

/** Reads the value of one option. */
export function readOption(key: string, value: JsonValue | undefined, context: ReadContext): unknown {
  if (key.endsWith("_initializer")) return readInitializer(value, initializers[key] ?? "Zeros", context);
  if (key.endsWith("_regularizer")) return readRegularizer(value, context);
  if (key.endsWith("_constraint")) return readConstraint(value, context);
  if (key.endsWith("activation") && value !== undefined && value !== null) return readActivation(value, context);
  return value;
}

/** Throws where an option is set that would change the numbers and is not supported. */
export function refuse(config: JsonObject, options: readonly string[], { who }: ReadContext): void {
  for (const option of options) {
    const value = config[option];
    if (value === undefined || value === null || value === false) continue;
    const next = "This version has no such option and loads nothing: remove it in Keras and save again.";
    throw new FormatError(problem(who, `no ${option}`, JSON.stringify(value), next));
  }
}

/** Refuses features before steps. */
export function stepsFirst(c: JsonObject, context: ReadContext): void {
  if (c.data_format === "channels_first") refuse(c, ["data_format"], context);
}

/** Keras writes sizes along the steps as lists of one: `[3]` → 3. */
export function single(value: JsonValue | undefined): number | undefined {
  return (Array.isArray(value) ? value[0] : value) as number | undefined;
}

/** A shape with its batch left open: `[32, 10]` → `[null, 10]`. */
export function readShape(value: JsonValue | undefined, who: string): PartialShape {
  const size = (d: JsonValue) => d === null || (typeof d === "number" && Number.isInteger(d) && d > 0);
  if (Array.isArray(value) && value.length > 0 && value.every(size)) return [null, ...(value.slice(1) as number[])];
  const next = "Save a built model with one input.";
  throw new FormatError(problem(who, "a shape such as [null, 10, 3]", JSON.stringify(value) ?? "none", next));
}

/** An activation: by its name, as Keras's function, or as a layer. */
export function readActivation(value: JsonValue | undefined, { who, major, readInner }: ReadContext): never {
  const object = objectOr(value);
  const isLayer = object && !isCustom(object) && object.class_name !== "function" && objectOr(object.config);
  if (isLayer) return readInner(object) as never;
  const name = object && object.class_name === "function" && !isCustom(object) ? object.config : value;
  if (typeof name !== "string") {
    const next = "Custom activations are not read: use one of Keras by its name.";
    throw new FormatError(problem(who, "an activation by name", JSON.stringify(value) ?? "none", next));
  }
  if (name === "hard_sigmoid" && major < 3) return "hardSigmoid2" as never;
  if (name === "swish") return "silu" as never;
  return camel(name) as never; // the layer refuses unknown names
}

/** Class and config as the file has them, for the next save. Nothing is drawn where the weights come from the file. */
export function readInitializer(value: JsonValue | undefined, otherwise: string, context: ReadContext): Initializer {
  const object = objectOr(value);
  const given = object && !isCustom(object) ? object.class_name : value;
  const name = typeof given === "string" && given !== "" ? pascal(given) : null;
  const config = ((name && object?.config) || {}) as JsonObject;
  const className = name ?? otherwise;
  return {
    className,
    config: config as Initializer["config"],
    fill: context.draws
      ? drawnInitializer(className, config, context.who).fill
      : (shape) => new Float32Array(sizeOf(shape)), // its size was checked against the file's
  };
}

/** The classes that Keras has, from their configs; `l2` and the like are Keras 1's and 2's names. */
const regularizerReaders: Readonly<Record<string, (c: JsonObject) => unknown>> = {
  L1: (c) => regularizers.l1(c.l1 as number),
  L2: (c) => regularizers.l2(c.l2 as number),
  L1L2: (c) => regularizers.l1l2({ l1: (c.l1 ?? 0) as number, l2: (c.l2 ?? 0) as number }),
  OrthogonalRegularizer: (c) => regularizers.orthogonalRegularizer(c as never),
};
const constraintReaders: Readonly<Record<string, (c: JsonObject) => unknown>> = {
  MaxNorm: (c) => constraints.maxNorm({ maxValue: c.max_value as number, axis: c.axis as number }),
  NonNeg: () => constraints.nonNeg(),
  UnitNorm: (c) => constraints.unitNorm({ axis: c.axis as number }),
  MinMaxNorm: (c) =>
    constraints.minMaxNorm({
      minValue: c.min_value as number,
      maxValue: c.max_value as number,
      rate: c.rate as number,
      axis: c.axis as number,
    }),
};

const readRegularizer = (value: JsonValue | undefined, context: ReadContext) =>
  readClass(value, regularizerReaders, "a regularizer of Keras", context);
const readConstraint = (value: JsonValue | undefined, context: ReadContext) =>
  readClass(value, constraintReaders, "a constraint of Keras", context);

function readClass(
  value: JsonValue | undefined,
  readers: Readonly<Record<string, (c: JsonObject) => unknown>>,
  expected: string,
  { who }: ReadContext,
): unknown {
  if (value === undefined || value === null) return null;
  const object = objectOr(value);
  const given = object && !isCustom(object) ? object.class_name : value;
  const name = typeof given === "string" ? pascal(given) : "";
  if (Object.hasOwn(readers, name)) return readers[name]((object?.config ?? {}) as JsonObject);
  const next = "This version has no such class and loads nothing: remove it in Keras and save again.";
  throw new FormatError(problem(who, expected, JSON.stringify(value), next));
}

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
/** `l1_l2` → `L1L2`, `glorot_uniform` → `GlorotUniform`. */
const pascal = (name: string): string => name.replace(/(?:^|_)([a-z])/g, (_, c: string) => c.toUpperCase());

function objectOr(value: JsonValue | undefined): JsonObject | null {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
}
