import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, Layer } from "../layer.ts";

/** A layer of one formula, step by step: mask and shared padding go through. */
export abstract class Elementwise extends Layer {
  protected abstract formula(x: Tensor, context: CallContext): Tensor;
  override forward(x: Tensor, context: CallContext): Tensor {
    const y = this.formula(x, context);
    y.mask = x.mask;
    y.prefix = x.prefix;
    return y;
  }
}
