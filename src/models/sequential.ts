import { DataError, problem } from "../errors.ts";
import { Input } from "../layers/input.ts";
import type { CallContext, Layer } from "../layers/layer.ts";
import type { DType, PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Model, type ModelOptions } from "./model.ts";
import { Parameters } from "./parameters.ts";

/**
 * A stack of layers, each reading the output of the one before.
 *
 *   const model = sequential([embedding(10_000, 128), lstm(128), dense(1, { activation: "sigmoid" })]);
 *
 * With `input(shape)` first, or `inputShape` on the first layer, the model is built at once; otherwise by the first data
 * it sees, or by `build`.
 */
export function sequential(layers: readonly Layer[], options: ModelOptions = {}): Sequential {
  return new Sequential(layers, options);
}

export class Sequential extends Model {
  readonly className = "Sequential";
  readonly layers: readonly Layer[];
  #inputShape: PartialShape | null = null;
  #outputShape: PartialShape | null = null;

  constructor(layers: readonly Layer[], options: ModelOptions = {}) {
    super(options, "sequential");
    if (layers.length === 0) throw new DataError(problem("sequential", "at least one layer", "none"));
    this.layers = [...layers];
    nameLayers(this.layers);
    const given = this.layers[0].givenShape;
    if (given) this.build(given);
  }

  get inputShape(): PartialShape | null {
    return this.#inputShape;
  }
  get outputShape(): PartialShape | null {
    return this.#outputShape;
  }
  get firstLayer(): Layer | undefined {
    return this.layers.find((layer) => !(layer instanceof Input));
  }
  get inputDtype(): DType {
    const [first] = this.layers;
    if (first instanceof Input && (first.dtypeGiven || !this.firstLayer)) return first.inputDtype;
    return this.firstLayer!.inputDtype;
  }

  build(input: PartialShape): void {
    if (this.built)
      throw new DataError(
        problem(`model "${this.name}"`, "one build", "a second one", "Make a new model for another input shape."),
      );
    let shape = input;
    for (const layer of this.layers) {
      layer.buildAll([shape]);
      shape = layer.computeOutputShape(shape);
    }
    this.#inputShape = input;
    this.#outputShape = shape;
    this.parameters = new Parameters(this.layers, this.seed);
  }

  forward(x: Tensor, context: CallContext): Tensor {
    let y = x;
    for (const layer of this.layers) {
      x.trace.from = layer.label;
      y = layer.forward(y, context);
    }
    return y;
  }
}

/** Keras's names: `lstm`, `lstm_1`, ... per class; a name given twice is refused, a layer in two places as well. */
export function nameLayers(layers: readonly Layer[]): void {
  const used = new Set<string>();
  const seen = new Set<Layer>();
  for (const layer of layers) {
    if (seen.has(layer) || layer.built)
      throw new DataError(
        problem(
          layer.label,
          "a layer of its own in each place",
          "one that is in a model already",
          "Call its factory again.",
        ),
      );
    seen.add(layer);
    if (!layer.named) continue;
    if (used.has(layer.name))
      throw new DataError(problem("sequential", "different names", `two layers called "${layer.name}"`));
    used.add(layer.name);
  }
  for (const layer of layers) {
    if (layer.named) continue;
    const base = snakeCase(layer.className);
    let name = base;
    for (let k = 1; used.has(name); k++) name = `${base}_${k}`;
    layer.name = name;
    used.add(name);
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
