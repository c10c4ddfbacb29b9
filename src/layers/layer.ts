import { DataError, problem, showShape, suggest } from "../errors.ts";
import type { DType, PartialShape, Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Initializer, type InitializerLike, initializer } from "./initializers.ts";

/** A parameter: what it is called in Keras's files, its shape, how it begins. Its numbers live in the model's memory. */
export interface Weight {
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** False for statistics that no gradient moves. A layer's `trainable` counts too. */
  readonly trainable: boolean;
}

/** What a layer may ask for while its formula is traced. */
export interface CallContext {
  readonly training: boolean;
  weight(weight: Weight): Tensor;
  /** A stream of random draws of its own, the same in every trace of the model. */
  stream(purpose?: string): number;
}

export type ConfigValue =
  | number
  | string
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

export interface LayerOptions {
  name?: string;
  trainable?: boolean;
  /** Shape of one sample, without the batch; only meaningful on the first layer. `[3, 1]`: 3 steps of 1 feature. */
  inputShape?: PartialShape;
}

/**
 * A layer: parameters, and one forward formula over ops. Gradients, backends, saving and summary follow from those.
 * Shapes have `null` where a size is not fixed (the batch, sometimes time).
 */
export abstract class Layer {
  /** Keras's class name: `LSTM`. */
  abstract readonly className: string;
  /** Given by the user, or by the model when the layer joins one. */
  name: string;
  readonly named: boolean;
  trainable: boolean;
  readonly inputShape: PartialShape | undefined;
  readonly weights: Weight[] = [];
  built: PartialShape | null = null;

  constructor(options: LayerOptions = {}) {
    this.name = options.name ?? "";
    this.named = options.name !== undefined;
    this.trainable = options.trainable ?? true;
    this.inputShape = options.inputShape;
  }

  /** `lstm "encoder"`: how messages and programs name the layer. */
  get label(): string {
    return `${this.factory} "${this.name || this.factory}"`;
  }
  /** The function that makes such a layer: `lstm`. */
  abstract readonly factory: string;
  /** What the layer reads when it comes first. */
  get inputDtype(): DType {
    return "f32";
  }
  /** Ids the layer accepts are below this; only embeddings say so. */
  get idLimit(): number | undefined {
    return undefined;
  }

  /** Declares the weights for an input shape; refuses shapes that make no sense. Called once. */
  build(input: PartialShape): void {
    this.built = input;
  }
  abstract outputShape(input: PartialShape): PartialShape;
  abstract forward(x: Tensor, context: CallContext): Tensor;
  /** Keras's config keys and values, without name, trainable and dtype. */
  abstract config(): Record<string, ConfigValue>;

  protected addWeight(name: string, shape: Shape, init: InitializerLike, trainable = true): Weight {
    const weight = { name, shape, initializer: initializer(init, `${this.label} ${name}`), trainable };
    this.weights.push(weight);
    return weight;
  }
}

/** Keras's object form of an initializer in a layer's config. */
export function initializerConfig(init: InitializerLike): ConfigValue {
  const { className, config } = initializer(init);
  return { module: "keras.initializers", class_name: className, config: { ...config }, registered_name: null };
}

/** Keras's spelling of a name: `hardSigmoid` → `hard_sigmoid`. */
export const kerasName = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** Throws when a size is not a whole number above zero. */
export function positiveInteger(value: unknown, who: string, what: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new DataError(problem(who, `${what} as a whole number above 0`, show(value)));
}

/** Throws unless 0 ≤ rate < 1. */
export function dropRate(value: unknown, who: string, what: string): number {
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  throw new DataError(problem(who, `${what} from 0 (nothing dropped) to below 1`, show(value)));
}

/** Throws for an option nobody knows: a typing mistake must not be silently ignored. */
export function knownOptions(options: object, known: readonly string[], who: string): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key) && !common.includes(key)) {
      throw new DataError(problem(who, "known options", `"${key}"`, suggest(key, [...known, ...common])));
    }
  }
}
const common = ["name", "trainable", "inputShape"];

export const show = (value: unknown): string =>
  typeof value === "string" ? `"${value}"` : Array.isArray(value) ? showShape(value) : String(value);
