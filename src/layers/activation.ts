import type { PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ActivationName, activationFormula } from "./activations.ts";
import { Layer } from "./layer.ts";
import { type ConfigValue, kerasName, knownOptions, type LayerOptions } from "./options.ts";

/**
 * An activation as a layer of its own; any shape, unchanged.
 *
 *   activation("relu")
 */
export function activation(name: ActivationName, options: LayerOptions = {}): Layer {
  return new Activation(name, options);
}

export class Activation extends Layer {
  readonly className = "Activation";
  readonly factory = "activation";
  readonly activation: ActivationName;
  readonly #formula: (x: Tensor) => Tensor;

  constructor(name: ActivationName, options: LayerOptions) {
    super(options);
    knownOptions(options, [], "activation");
    this.activation = name;
    this.#formula = activationFormula(name, "activation");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return input;
  }
  override forward(x: Tensor): Tensor {
    const y = this.#formula(x);
    y.mask = x.mask;
    y.prefix = x.prefix;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return { activation: kerasName(this.activation) };
  }
}
