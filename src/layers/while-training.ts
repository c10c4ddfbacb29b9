import type { Tensor } from "../tensor/tensor.ts";
import { type CallContext, Layer } from "./layer.ts";
import { type DrawOptions, knownOptions } from "./options.ts";

/** Disturbs x at random while training and passes it on otherwise; shape and mask stay. */
export abstract class WhileTraining extends Layer {
  readonly seed: number | null;

  constructor(options: DrawOptions, factory: string, own: readonly string[] = []) {
    super(options);
    knownOptions(options, ["seed", ...own], factory);
    this.seed = options.seed ?? null;
  }
  /** The rate; 0 does nothing. */
  protected abstract get amount(): number;
  protected abstract disturb(x: Tensor, context: CallContext): Tensor;

  override forward(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.amount === 0) return x;
    const y = this.disturb(x, context);
    y.mask = x.mask;
    return y;
  }
}
