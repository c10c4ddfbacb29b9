import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import type { CallContext, Layer } from "../layer.ts";
import { Elementwise } from "../operations/elementwise-layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, numberFromZero } from "../options.ts";
import { addActivityLoss } from "../weights/penalties.ts";
import { l1l2 } from "../weights/regularizers.ts";

/**
 * Gives its input unchanged: any shape. A place with a name in a model.
 *
 *   sequential([input([8]), identity({ name: "features" }), dense(1)]);
 */
export function identity(options: LayerOptions = {}): Layer {
  return new Identity(options);
}
kerasForm(identity, { className: "Identity" });

export interface ActivityRegularizationOptions extends LayerOptions {
  /** Factor of the sum of absolute values. Default 0. */
  l1?: number;
  /** Factor of the sum of squares. Default 0. */
  l2?: number;
}

/**
 * Gives its input unchanged and penalises it: l1 · Σ |x| + l2 · Σ x², over the batch's mean, is added to the loss.
 *
 *   sequential([input([8]), dense(16), activityRegularization({ l1: 0.01 }), dense(1)]);
 */
export function activityRegularization(options: ActivityRegularizationOptions = {}): Layer {
  return new ActivityRegularization(options);
}
kerasForm(activityRegularization, { className: "ActivityRegularization", options: ["l1", "l2"] });

export class Identity extends Elementwise {
  readonly className = "Identity";
  readonly factory = "identity";

  constructor(options: LayerOptions) {
    super(options);
    knownOptions(options, [], "identity");
  }
  protected override formula(x: Tensor): Tensor {
    return x;
  }
  config(): Record<string, ConfigValue> {
    return {};
  }
}

export class ActivityRegularization extends Elementwise {
  readonly className = "ActivityRegularization";
  readonly factory = "activityRegularization";
  readonly l1: number;
  readonly l2: number;

  constructor(options: ActivityRegularizationOptions) {
    super(options);
    knownOptions(options, ["l1", "l2"], "activityRegularization");
    this.l1 = numberFromZero(options.l1 ?? 0, "activityRegularization", "l1");
    this.l2 = numberFromZero(options.l2 ?? 0, "activityRegularization", "l2");
  }
  protected override formula(x: Tensor, context: CallContext): Tensor {
    addActivityLoss({ activityRegularizer: l1l2({ l1: this.l1, l2: this.l2 }) }, x, context);
    return x;
  }
  config(): Record<string, ConfigValue> {
    return { l1: this.l1, l2: this.l2 };
  }
}
