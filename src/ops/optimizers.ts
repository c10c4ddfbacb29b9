import type { Op, Tensor } from "../tensor/tensor.ts";
import { add, constant, div, greater, mul, pow, sqrt, square, sub, where } from "./elementwise.ts";
import { apply1 } from "./op.ts";
import { sum } from "./reduce.ts";
import { concat, slice } from "./view.ts";

/**
 * Updates in place over the whole parameter region. Their references return the new values of the targets in order;
 * lowering turns each into an assign. Inputs: gradient [n], learning rate [1], …, then the targets as they were.
 */

/**
 * Adam (Kingma & Ba 2015) as Keras computes it: ε is added to the uncorrected root.
 * inputs: g, lr, iteration (1 at the first step), squares (in place of g²) or null, w, m, v → w, m, v.
 */
export const adamOp: Op = {
  name: "adam",
  shapes: ([, , , , w, m, v]) => [w!, m!, v!].map((t) => ({ shape: t.shape, dtype: t.dtype })),
  reference: ([g, lr, t, squares, w, m, v], attrs) => {
    const { beta1, beta2, epsilon } = attrs as { beta1: number; beta2: number; epsilon: number };
    const m2 = add(m!, mul(sub(g!, m!), 1 - beta1));
    const v2 = add(v!, mul(sub(squares ?? square(g!), v!), 1 - beta2));
    return [sub(w!, div(mul(m2, adamRate(lr!, t!, beta1, beta2)), add(sqrt(v2), epsilon))), m2, v2];
  },
};

/** lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ): corrects both moments for having begun at 0. */
export const adamRate = (lr: Tensor, t: Tensor, beta1: number, beta2: number): Tensor =>
  div(mul(lr, sqrt(sub(1, pow(beta2, t)))), sub(1, pow(beta1, t)));

/** Stochastic gradient descent, with momentum and Nesterov's look-ahead. inputs: g, lr, w, momentum? → w, momentum?. */
export const sgdOp: Op = {
  name: "sgd",
  shapes: ([, , w, m]) => [w!, ...(m ? [m] : [])].map((t) => ({ shape: t.shape, dtype: t.dtype })),
  reference: ([g, lr, w, m], attrs) => {
    const step = mul(g!, lr!);
    if (!m) return [sub(w!, step)];
    const { momentum, nesterov } = attrs as { momentum: number; nesterov: boolean };
    const m2 = sub(mul(m, momentum), step);
    return [add(w!, nesterov ? sub(mul(m2, momentum), step) : m2), m2];
  },
};

/** Each parameter's gradient scaled down to norm `norm` at most: g [n] → [n], segments by `offsets` and `sizes`. */
export const clipByNormOp: Op = {
  name: "clipByNorm",
  shapes: ([g]) => [{ shape: g!.shape, dtype: g!.dtype }],
  reference: ([g], attrs) => {
    const { offsets, sizes, norm } = attrs as { offsets: number[]; sizes: number[]; norm: number };
    const parts: Tensor[] = [];
    let end = 0;
    offsets.forEach((from, k) => {
      if (from > end) parts.push(slice(g!, [end], [from - end]));
      const part = slice(g!, [from], [sizes[k]]);
      parts.push(mul(part, shrink(part, norm)));
      end = from + sizes[k];
    });
    if (end < g!.shape[0]) parts.push(slice(g!, [end], [g!.shape[0] - end]));
    return [concat(parts, 0)];
  },
};

/** All gradients together scaled down to norm `norm` at most (Pascanu et al. 2013). */
export const clipByGlobalNormOp: Op = {
  name: "clipByGlobalNorm",
  shapes: ([g]) => [{ shape: g!.shape, dtype: g!.dtype }],
  reference: ([g], { norm }) => [mul(g!, shrink(g!, norm as number))],
};

/** norm / max(norm, |g|), without dividing by zero. */
function shrink(g: Tensor, norm: number): Tensor {
  const length = sqrt(sum(square(g)));
  const limit = constant(norm, g);
  return div(limit, where(greater(length, limit), length, limit));
}

export const clipByNorm = (g: Tensor, offsets: number[], sizes: number[], norm: number): Tensor =>
  apply1(clipByNormOp, [g], { offsets, sizes, norm });
export const clipByGlobalNorm = (g: Tensor, norm: number): Tensor => apply1(clipByGlobalNormOp, [g], { norm });
