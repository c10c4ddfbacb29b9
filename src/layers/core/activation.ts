import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { type CallContext, Layer } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";
import { type ActivationLike, activationOf, type UsedActivation } from "./activations.ts";

/**
 * An activation as a layer; any shape, unchanged (halved along the last axis by `glu`).
 *
 *   activation("relu")
 *   activation(leakyRelu({ negativeSlope: 0.1 }))
 */
export function activation(name: ActivationLike, options: LayerOptions = {}): Layer {
  return new Activation(name, options);
}
kerasForm(activation, { className: "Activation", args: ["activation"] });

export class Activation extends Layer {
  readonly className = "Activation";
  readonly factory = "activation";
  readonly activation: UsedActivation;

  constructor(name: ActivationLike, options: LayerOptions) {
    super(options);
    knownOptions(options, [], "activation");
    this.activation = activationOf(name, "activation");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return this.activation.outputShape(input);
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const y = this.activation.formula(x, context);
    y.mask = x.mask;
    y.prefix = x.prefix;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return { activation: this.activation.config };
  }
}
