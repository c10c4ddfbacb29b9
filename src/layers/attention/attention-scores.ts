import { constant, mul, where } from "../../ops/elementwise.ts";
import { causalMask, nearMask } from "../../ops/positions.ts";
import { dropout } from "../../ops/random.ts";
import { softmax } from "../../ops/softmax.ts";
import { reshape } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { CallContext } from "../layer.ts";
import type { ConfigValue } from "../options.ts";

/** Mask of the keys that each query may attend to: 1 or 0, broadcast to [B, ..., Tq, Tv]; null for all. */
export function visible(
  scores: Tensor,
  masks: { query?: Tensor; value?: Tensor; key?: Tensor },
  causal: boolean,
  window: number | null = null,
): Tensor | null {
  const [rows, columns] = scores.shape.slice(-2);
  const between = new Array<number>(scores.shape.length - 3).fill(1); // heads
  const b = scores.shape[0];
  const found: Tensor[] = [];
  if (masks.query) found.push(reshape(masks.query, [b, ...between, rows, 1]));
  for (const mask of [masks.value, masks.key]) if (mask) found.push(reshape(mask, [b, ...between, 1, columns]));
  if (causal) found.push(causalMask(rows, columns, scores));
  if (window) found.push(nearMask(rows, columns, window, scores));
  return found.length === 0 ? null : found.reduce((a, b) => mul(a, b));
}

/** Softmax over the keys that are seen, dropout while training. A query that sees none looks at all alike, or with `zeros` at none. */
export function attend(
  scores: Tensor,
  seen: Tensor | null,
  rate: number,
  context: CallContext,
  { zeros = false } = {},
): Tensor {
  const hidden = seen && constant(-1e9, scores);
  const found = softmax(seen ? where(seen, scores, hidden!) : scores);
  const shown = seen && zeros ? where(seen, found, constant(0, found)) : found;
  const weights = context.gate?.("attention", shown) ?? shown;
  return context.training && rate > 0 ? dropout(weights, rate, context.stream()) : weights;
}

/** Options that Keras takes when the layer is called. */
export function attentionCall(options: {
  useCausalMask?: boolean;
  returnAttentionScores?: boolean;
}): Record<string, ConfigValue> {
  return {
    ...(options.useCausalMask ? { use_causal_mask: true } : {}),
    ...(options.returnAttentionScores ? { return_attention_scores: true } : {}),
  };
}
