import { problem, ShapeError, showShape } from "../../errors.ts";
import * as elementwise from "../../ops/elementwise.ts";
import { broadcastTo, reshape } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { anyMask, besideFeatures } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";

const { mul, where } = elementwise;

/**
 * The sum of two or more tensors: of equal shapes, or broadcast as in NumPy; a tensor of fewer axes gets more after the
 * batch. If all carry masks, a step counts where one of them has it.
 *
 *   add()([lstm(16)(x), dense(16)(y)])
 */
export const add = (options: LayerOptions = {}): Layer => new Add(options);
kerasForm(add, { className: "Add" });

/**
 * The first tensor minus the second.
 *
 *   subtract()([a, b])
 */
export const subtract = (options: LayerOptions = {}): Layer => new Subtract(options);
kerasForm(subtract, { className: "Subtract" });

/**
 * The product of two or more tensors, number by number. Masked entries of an input count as 1; where the masks of all inputs
 * hide a step, the product is 0.
 *
 *   multiply()([values, dense(16, { activation: "sigmoid" })(values)])
 */
export const multiply = (options: LayerOptions = {}): Layer => new Multiply(options);
kerasForm(multiply, { className: "Multiply" });

/**
 * The mean of two or more tensors, number by number.
 *
 *   average()([a, b, c])
 */
export const average = (options: LayerOptions = {}): Layer => new Average(options);
kerasForm(average, { className: "Average" });

/**
 * The larger numbers of two or more tensors; where one is masked, those of the others.
 *
 *   maximum()([a, b])
 */
export const maximum = (options: LayerOptions = {}): Layer => new Maximum(options);
kerasForm(maximum, { className: "Maximum" });

/**
 * The smaller numbers of two or more tensors; where one is masked, those of the others.
 *
 *   minimum()([a, b])
 */
export const minimum = (options: LayerOptions = {}): Layer => new Minimum(options);
kerasForm(minimum, { className: "Minimum" });

abstract class Merge extends Layer {
  constructor(options: LayerOptions, who: string) {
    super(options);
    knownOptions(options, [], who);
  }
  override get arity(): number | readonly [number, number] {
    return [2, Number.POSITIVE_INFINITY];
  }
  override buildAll(inputs: readonly PartialShape[]): void {
    this.computeOutputShapes(inputs);
    this.builtFor = inputs;
  }
  override computeOutputShapes(inputs: readonly PartialShape[]): PartialShape[] {
    const rank = Math.max(...inputs.map((s) => s.length));
    return [inputs.map((s) => widened(s, rank)).reduce((a, b) => this.#spread(a, b, inputs))];
  }
  #spread(a: PartialShape, b: PartialShape, inputs: readonly PartialShape[]): PartialShape {
    return a.map((d, i) => {
      const e = b[i];
      if (d === e || e === 1) return d;
      if (d === 1) return e;
      if (d === null || e === null) return i === 0 ? (d ?? e) : null;
      const next = "Bring them to one shape first: dense(units) for the features, or pooling for the steps.";
      throw new ShapeError(
        problem(this.label, "inputs of one shape", inputs.map((s) => showShape(s)).join(" and "), next),
      );
    });
  }
  /** All tensors together, of one rank. */
  protected abstract merge(inputs: readonly Tensor[]): Tensor;
  override forwardAll(inputs: readonly Tensor[]): Tensor[] {
    const rank = Math.max(...inputs.map((t) => t.shape.length));
    // A tensor that gets more axes brings no mask to the numbers; the result's mask is that of all.
    const y = this.merge(inputs.map((t) => reshape(t, widened(t.shape, rank) as number[])));
    y.mask = anyMask(inputs.map((t) => t.mask));
    return [y];
  }
  config(): Record<string, ConfigValue> {
    return {};
  }
}

export class Add extends Merge {
  readonly className = "Add";
  readonly factory = "add";
  constructor(options: LayerOptions) {
    super(options, "add");
  }
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((a, b) => elementwise.add(a, b));
  }
}

export class Subtract extends Merge {
  readonly className = "Subtract";
  readonly factory = "subtract";
  constructor(options: LayerOptions) {
    super(options, "subtract");
  }
  override get arity(): number {
    return 2;
  }
  protected override merge([a, b]: readonly Tensor[]): Tensor {
    return elementwise.sub(a, b);
  }
}

export class Multiply extends Merge {
  readonly className = "Multiply";
  readonly factory = "multiply";
  constructor(options: LayerOptions) {
    super(options, "multiply");
  }
  protected override merge(inputs: readonly Tensor[]): Tensor {
    const one = elementwise.constant(1, inputs[0]);
    const product = inputs.map((x) => (x.mask ? where(besideFeatures(x.mask), x, one) : x)).reduce((a, b) => mul(a, b));
    const seen = anyMask(inputs.map((x) => x.mask && flagsOf(x)));
    return seen ? where(seen, product, elementwise.constant(0, product)) : product;
  }
}

export class Average extends Merge {
  readonly className = "Average";
  readonly factory = "average";
  constructor(options: LayerOptions) {
    super(options, "average");
  }
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return elementwise.div(
      inputs.reduce((a, b) => elementwise.add(a, b)),
      inputs.length,
    );
  }
}

export class Maximum extends Merge {
  readonly className = "Maximum";
  readonly factory = "maximum";
  constructor(options: LayerOptions) {
    super(options, "maximum");
  }
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return ofUnmasked(inputs, elementwise.maximum);
  }
}

export class Minimum extends Merge {
  readonly className = "Minimum";
  readonly factory = "minimum";
  constructor(options: LayerOptions) {
    super(options, "minimum");
  }
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return ofUnmasked(inputs, elementwise.minimum);
  }
}

/** Keras's rule for functions without a neutral number: a masked step takes the other tensor's numbers. */
function ofUnmasked(inputs: readonly Tensor[], of: (a: Tensor, b: Tensor) => Tensor): Tensor {
  let y = inputs[0];
  let seen = y.mask && flagsOf(y);
  for (const next of inputs.slice(1)) {
    const flags = next.mask && flagsOf(next);
    const x = flags ? where(flags, next, y) : next;
    const before = seen ? where(seen, y, x) : y;
    seen = seen && flags && elementwise.maximum(seen, flags);
    y = of(before, x);
  }
  return y;
}

/** More axes after the batch: [B, D] → [B, 1, D]. */
const widened = (shape: PartialShape, rank: number): PartialShape => [
  shape[0],
  ...new Array<number>(rank - shape.length).fill(1),
  ...shape.slice(1),
];

/** The mask of a tensor for each of its numbers. */
const flagsOf = (x: Tensor): Tensor => broadcastTo(besideFeatures(x.mask!), x.shape);
