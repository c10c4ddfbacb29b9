import { DataError, invalidOption, option, problem, ShapeError, sentence, showShape, showValue } from "../errors.ts";
import { type PartialShape, type Shape, sameShape } from "../tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../tensor/tensor.ts";
import { type CallContext, Layer, type Weight } from "./layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "./options.ts";
import type { AddWeight } from "./recurrent/cell.ts";

/** A layer as its parts. `W` are its weights by name, as `build` gave them. */
export interface CustomLayer<W extends Record<string, Weight>> extends LayerOptions {
  /** Declares the weights for an input shape; `null` in it is a size that is not fixed. */
  build?(input: PartialShape, addWeight: AddWeight): W;
  /** The formula, over `ops`. The weights come as tensors; the mask goes through by itself where the steps stay. */
  forward(x: Tensor, weights: { readonly [Name in keyof W]: Tensor }, context: CallContext): Tensor;
  /** The output shape. Default: found from the formula. */
  outputShape?(input: PartialShape): PartialShape;
  /**
   * Whether a row of the result may follow from other rows of the batch. Default true; false lets `predict` and `evaluate`
   * compute a large batch in groups of rows, with the event loop's turn between them.
   */
  mixesRows?: boolean;
  /** Config that describes the layer in a file. */
  config?: Record<string, ConfigValue>;
}

/**
 * A layer of your own from one formula; gradients and backends follow. For several inputs or outputs, extend `Layer`.
 *
 *   const scale = customLayer("Scale", {
 *     build: (input, addWeight) => ({ gamma: addWeight("gamma", [input.at(-1)!], "ones") }),
 *     forward: (x, { gamma }) => ops.mul(x, gamma),
 *   });
 *   sequential([input([10, 3]), scale, lstm(16)]);
 */
export function customLayer<W extends Record<string, Weight> = Record<string, never>>(
  name: string,
  layer: CustomLayer<W>,
): Layer {
  return new Custom(name, layer as unknown as CustomLayer<Record<string, Weight>>);
}

/**
 * A formula without weights as a layer. It is not written to files: give it a name with
 * `customLayer` if the model is to be saved.
 *
 *   lambda((x) => ops.mul(x, 2))
 */
export function lambda(
  formula: (x: Tensor) => Tensor,
  options: LayerOptions & Pick<CustomLayer<Record<string, Weight>>, "mixesRows"> = {},
): Layer {
  knownOptions(options, ["mixesRows"], "lambda");
  return new Custom("Lambda", { ...options, forward: formula });
}

class Custom extends Layer {
  readonly className: string;
  readonly factory: string;
  readonly #layer: CustomLayer<Record<string, Weight>>;
  #weights: Record<string, Weight> = {};

  constructor(name: string, layer: CustomLayer<Record<string, Weight>>) {
    super(layer);
    if (typeof name !== "string" || !/^[A-Za-z]\w*$/.test(name)) {
      throw new DataError(problem("customLayer", "a name of letters and digits", `"${name}"`, '"Scale", for example.'));
    }
    if (typeof layer?.forward !== "function") {
      const next = 'customLayer("Twice", { forward: (x) => ops.mul(x, 2) })';
      throw new DataError(problem(`customLayer "${name}"`, "a forward formula", typeof layer?.forward, next));
    }
    knownOptions(layer, ["build", "forward", "outputShape", "mixesRows", "config"], `customLayer "${name}"`);
    const { mixesRows = true } = layer;
    if (typeof mixesRows !== "boolean")
      throw new DataError(
        invalidOption(
          `customLayer "${name}"`,
          "mixesRows",
          sentence`${option("mixesRows")}: true or false`,
          showValue(mixesRows),
        ),
      );
    this.className = name;
    this.factory = name[0].toLowerCase() + name.slice(1);
    this.#layer = layer;
  }
  /** Unknown for a custom formula, unless the user states it. */
  override get mixesRows(): boolean {
    return this.#layer.mixesRows ?? true;
  }
  override build(input: PartialShape): void {
    this.#weights =
      this.#layer.build?.(input, (name, shape, init, options = {}) => {
        if (shape.some((d) => !Number.isInteger(d) || d <= 0)) {
          const next = "A size that is null in the input shape is not fixed: a weight cannot depend on it.";
          throw new ShapeError(problem(this.label, `known sizes for ${name}`, showShape(shape), next));
        }
        return this.addWeight(name, shape, init, options);
      }) ?? {};
  }
  override get callNames(): readonly string[] {
    return ["mask"];
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return this.#layer.outputShape?.(input) ?? this.#shapeOfFormula(input);
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const weights = Object.fromEntries(Object.entries(this.#weights).map(([name, w]) => [name, context.weight(w)]));
    const y = this.#layer.forward(x, weights, context);
    if (!y?.trace)
      throw new DataError(problem(this.label, "a tensor from forward", typeof y, "Return the result of ops."));
    if (y !== x && x.mask && !y.mask && sameShape(y.shape.slice(0, 2), x.mask.shape)) y.mask = x.mask;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return this.#layer.config ?? {};
  }

  /** Traces the formula with two different sizes in the open places: what differs in the result is open there. */
  #shapeOfFormula(input: PartialShape): PartialShape {
    const [a, b] = [5, 7].map((open) => this.#traced(input.map((d, i) => d ?? open + i)));
    if (a.length !== b.length) {
      const next = "Set it: outputShape: (input) => [...].";
      throw new ShapeError(problem(this.label, "a shape of one rank", `${showShape(a)} and ${showShape(b)}`, next));
    }
    return a.map((d, i) => (d === b[i] ? d : null));
  }
  #traced(shape: Shape): Shape {
    const trace = new Trace();
    const x = trace.leaf("data", shape, { dtype: "f32" });
    const leaf = (w: Weight) => trace.leaf("weights", w.shape);
    const context = { training: false, weight: leaf, stream: () => 0, update: () => {}, addLoss: () => {} };
    return inTrace(trace, () => this.forward(x, context).shape);
  }
}
