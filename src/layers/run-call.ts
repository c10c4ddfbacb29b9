import { cast, equal, sub } from "../ops/elementwise.ts";
import { sameNumbers } from "../ops/view.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type CallContext, type LayerCall, runLayer, type SymbolicTensor } from "./layer.ts";

/** The results of a layer where it is called in a functional model, with the options of that call. */
export function runCall(use: LayerCall, tensorOf: (t: SymbolicTensor) => Tensor, context: CallContext): Tensor[] {
  const { layer, masks, training, attentionMask } = use;
  const inputs = use.inputs.map(tensorOf);
  inputs[0].trace.from = layer.label;
  const given = inputs.map((x, k) => {
    const mask = masks[k];
    return mask === undefined ? x : masked(x, mask && flags(tensorOf(mask)));
  });
  const maskGiven = masks.some((mask) => mask !== undefined);
  const seen = attentionMask ? flags(tensorOf(attentionMask)) : undefined;
  const same =
    maskGiven === (context.maskGiven ?? false) &&
    seen === context.attentionMask &&
    (training === null || training === context.training);
  const within = same
    ? context
    : { ...context, maskGiven, attentionMask: seen, training: training ?? context.training };
  return runLayer(layer, given, within);
}

/** The tensor under another mask; the tensor itself keeps its own for whoever else reads it. */
function masked(x: Tensor, mask: Tensor | null): Tensor {
  const y = sameNumbers(x);
  if (mask) y.mask = mask;
  return y;
}

/** 1 where a number is not zero, as f32. */
function flags(mask: Tensor): Tensor {
  return sub(1, equal(cast(mask, "f32"), 0));
}
