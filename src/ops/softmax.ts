import type { Op, Tensor } from "../tensor/tensor.ts";
import { div, exp, log, mul, sub } from "./elementwise.ts";
import { apply1, like } from "./op.ts";
import { max, sum } from "./reduce.ts";

/** Probabilities along the last axis: exp(x − max) divided by its sum. x [..., V] → y [..., V]. */
export const softmaxOp: Op = {
  name: "softmax",
  shapes: ([x]) => [like(x!)],
  reference: ([x]) => {
    const e = exp(sub(x!, max(x!, [-1], true)));
    return [div(e, sum(e, [-1], true))];
  },
  gradient: (node, [dy]) => [dy && apply1(softmaxBackOp, [node.outputs[0], dy])],
};

/** y, dy → dx = y ∘ (dy − Σ dy ∘ y). */
export const softmaxBackOp: Op = {
  name: "softmaxBack",
  shapes: ([y]) => [like(y!)],
  reference: ([y, dy]) => [mul(y!, sub(dy!, sum(mul(dy!, y!), [-1], true)))],
};

/** Logarithm of softmax, without losing small probabilities. */
export const logSoftmaxOp: Op = {
  name: "logSoftmax",
  shapes: ([x]) => [like(x!)],
  reference: ([x]) => {
    const z = sub(x!, max(x!, [-1], true));
    return [sub(z, log(sum(exp(z), [-1], true)))];
  },
  gradient: (node, [dy]) => [dy && sub(dy, mul(exp(node.outputs[0]), sum(dy, [-1], true)))],
};

/** Probabilities along the last axis: eˣ over its sum. */
export const softmax = (x: Tensor): Tensor => apply1(softmaxOp, [x]);
/** Logarithm of `softmax`, along the last axis. */
export const logSoftmax = (x: Tensor): Tensor => apply1(logSoftmaxOp, [x]);
