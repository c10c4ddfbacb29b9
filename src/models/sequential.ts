import { DataError, fault, problem, showShape, showValue } from "../errors.ts";
import { Input } from "../layers/input.ts";
import { type AnyLayer, buildOnce, type CallContext, Layer, runLayer, type SymbolicTensor } from "../layers/layer.ts";
import { InputEncoder } from "../layers/preprocessing/input-encoder.ts";
import { UniqueNames } from "../layers/unique-names.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ModelOptions, optionNames } from "../train/fit/fit-options.ts";
import type { InputPlace, OutputPlace } from "../train/fit/trainable-model.ts";
import { checkNames } from "../train/options.ts";
import { checkEncoders, computedBy, computedWithin } from "./input-encoders.ts";
import { Model } from "./model.ts";

/**
 * A stack of layers, each reading the output of the one before.
 *
 *   const model = sequential([embedding(10_000, 128), lstm(128), dense(1, { activation: "sigmoid" })]);
 *
 * With `input(shape)` first, or `inputShape` on the first layer, the model is built at once; otherwise by the first data
 * it sees, or by `build`.
 */
export function sequential(layers: readonly AnyLayer[], options: ModelOptions = {}): Sequential {
  return new Sequential(layers, options);
}

/** A stack of layers; made by `sequential`. */
export class Sequential extends Model<SymbolicTensor> {
  readonly className = "Sequential";
  readonly factory = "sequential";
  /** Without the `input` it may begin with, as in Keras. */
  readonly layers: readonly AnyLayer[];
  /** The input layer, where there is one; null: the first layer or the first data says the shape. */
  readonly inputLayer: Input | null;
  readonly severalOutputs = false;

  constructor(layers: readonly AnyLayer[], options: ModelOptions = {}) {
    checkNames("sequential", options, optionNames.model);
    super(options, "sequential");
    if (!Array.isArray(layers) || layers.length === 0) {
      const next = "A model is made with its layers: sequential([lstm(32), dense(1)]).";
      const found = layers === undefined || Array.isArray(layers) ? "none" : showValue(layers);
      throw new DataError(problem("sequential", "a list of at least one layer", found, next));
    }
    const wrong = layers.findIndex((layer) => !(layer instanceof Layer));
    if (wrong >= 0)
      throw new DataError(
        problem(`sequential: layer ${wrong}`, "a layer", showValue(layers[wrong]), toLayer(layers[wrong])),
      );
    const [first, ...others] = layers;
    this.inputLayer = first instanceof Input ? first : null;
    this.layers = this.inputLayer && others.length > 0 ? others : [...layers];
    checkEncoders(this.layers.map((layer, k) => ({ layer, reads: [k === 0 ? (this.inputLayer ?? null) : "layer"] })));
    nameLayers(layers, "sequential");
    const given = first.givenShape;
    if (given) this.build(given);
  }

  get inputs(): readonly InputPlace[] | null {
    if (!this.builtFor) return null;
    const given = this.inputLayer;
    const reader = this.layers.find((layer) => !(layer instanceof Input));
    const dtype = given && (given.dtypeGiven || !reader) ? given.inputDtype : reader!.inputDtype;
    const place = { name: given?.name ?? "input_layer", shape: this.builtFor[0], dtype, reader };
    const computed =
      reader instanceof InputEncoder
        ? [computedBy(reader, this.builtFor[0], this.layers[1])]
        : reader && computedWithin(reader, 0);
    return computed ? [{ ...place, texts: given?.texts ?? false, computed }] : [place];
  }
  /** The output of the last layer; null until its shape is known. */
  get outputs(): readonly OutputPlace[] | null {
    if (!this.builtFor) return null;
    return [{ name: this.outputNames[0], shape: this.computeOutputShape(this.builtFor[0]) }];
  }
  get outputNames(): readonly string[] {
    return [this.layers[this.layers.length - 1].name];
  }

  /** Declares all weights for an input shape with the batch as null: `model.build([null, 200])`. */
  override build(input: PartialShape): void {
    if (this.built) {
      const wrong = `the model is already built for ${showShape(this.builtFor![0])}`;
      throw new DataError(fault(`model "${this.name}"`, wrong, "Create a new one for another input shape."));
    }
    let shape = input;
    for (const layer of this.layers) {
      buildOnce(layer, [shape]);
      shape = oneShape(layer, shape);
    }
    this.builtFor = [input];
    this.keepWeights();
  }
  /** The output shape for an input shape, layer after layer. */
  override computeOutputShape(input: PartialShape): PartialShape {
    return this.layers.reduce((shape, layer) => oneShape(layer, shape), input);
  }
  /** Runs the layers on a tensor: as a layer inside another model. */
  override forward(x: Tensor, context: CallContext): Tensor {
    return this.forwardAll([x], context)[0];
  }
  /** The same, of what encoders make of the input. */
  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    let results = [...inputs];
    for (const layer of this.layers) {
      if (layer instanceof InputEncoder) continue; // the inputs are what it made
      results[0].trace.from = layer.label;
      results = runLayer(layer, results, context);
    }
    return results;
  }
}

/** The advice for a value that stands in place of a layer. */
const toLayer = (given: unknown): string =>
  given instanceof Object && "outputMode" in given && "adapt" in given // a TextVectorization, which few models load
    ? 'As a layer: textVectorizationLayer(vectorize), behind input([1], { dtype: "string" }).'
    : "Layers are made by functions that are called: dense(1), lstm(32).";

function oneShape(layer: AnyLayer, input: PartialShape): PartialShape {
  const shapes = layer.computeOutputShapes([input]);
  if (shapes.length === 1) return shapes[0];
  const next = "Remove returnState, or use functional(inputs, outputs).";
  throw new DataError(problem(layer.label, "one result, in a sequential model", `${shapes.length}`, next));
}

/** Keras's names: `lstm`, `lstm_1`, ... per class; a name given twice is refused, a layer in two places as well. */
export function nameLayers(layers: readonly AnyLayer[], who: string): void {
  const used = new UniqueNames();
  const seen = new Set<AnyLayer>();
  for (const layer of layers) {
    if (seen.has(layer)) {
      const next = "Call its factory again, or share it in functional(inputs, outputs).";
      throw new DataError(problem(layer.label, "a different layer at each position", "one layer twice", next));
    }
    seen.add(layer);
    if (!layer.named) continue;
    if (used.has(layer.name)) throw new DataError(problem(who, "different names", `two layers called "${layer.name}"`));
    used.of(layer.name);
  }
  for (const layer of layers) {
    if (layer.named) continue;
    const base = snakeCase(layer.className);
    layer.name = used.of(layer.name || base, base); // a layer of another model keeps its name where it can
  }
}

/** Keras's to_snake_case: `TimeDistributed` → `time_distributed`, `LSTM` → `lstm`. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
