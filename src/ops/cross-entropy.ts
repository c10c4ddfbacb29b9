import { sameShape } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { abs, add, exp, mul, neg, relu, sigmoid, sub, unary } from "./elementwise.ts";
import { oneHot } from "./gather.ts";
import { apply, apply1, like, wrongShapes } from "./op.ts";
import { sum } from "./reduce.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { reshape } from "./view.ts";

/**
 * Softmax and cross-entropy in one: logits [..., V], targets [..., V] (rows that sum to 1) → loss [...], probabilities [..., V].
 * The gradient is probabilities − targets, which no separate softmax reaches without cancellation.
 */
export const softmaxCrossEntropyOp: Op = {
  name: "softmaxCrossEntropy",
  shapes: ([x, t]) => {
    if (!sameShape(x!.shape, t!.shape))
      throw wrongShapes("softmaxCrossEntropy", "logits and targets of one shape", [x, t]);
    return [{ shape: x!.shape.slice(0, -1), dtype: "f32" }, like(x!)];
  },
  reference: ([x, t]) => [neg(sum(mul(t!, logSoftmax(x!)), [-1])), softmax(x!)],
  gradient: (node, [dLoss, dProbabilities], needed) => {
    noGradientOf(dProbabilities);
    const [, targets] = node.inputs as [Tensor, Tensor];
    return [dLoss && needed[0] ? mul(sub(node.outputs[1], targets), lastAxis(dLoss)) : null, null];
  },
};

/** The same with labels i32 [...] in place of one-hot targets. */
export const sparseSoftmaxCrossEntropyOp: Op = {
  name: "sparseSoftmaxCrossEntropy",
  shapes: ([x, labels]) => {
    if (!sameShape(x!.shape.slice(0, -1), labels!.shape) || labels!.dtype !== "i32") {
      throw wrongShapes("sparseSoftmaxCrossEntropy", "logits [..., V] and i32 labels [...]", [x, labels]);
    }
    return [{ shape: labels!.shape, dtype: "f32" }, like(x!)];
  },
  reference: ([x, labels]) => {
    const targets = oneHot(labels!, x!.shape[x!.shape.length - 1]);
    return [neg(sum(mul(targets, logSoftmax(x!)), [-1])), softmax(x!)];
  },
  gradient: (node, [dLoss, dProbabilities], needed) => {
    noGradientOf(dProbabilities);
    const [x, labels] = node.inputs as [Tensor, Tensor];
    const targets = () => oneHot(labels, x.shape[x.shape.length - 1]);
    return [dLoss && needed[0] ? mul(sub(node.outputs[1], targets()), lastAxis(dLoss)) : null, null];
  },
};

/** Binary cross-entropy from logits, element by element: max(x, 0) − x z + log(1 + exp(−|x|)). */
export const binaryCrossEntropyOp: Op = {
  name: "binaryCrossEntropy",
  shapes: ([x, z]) => {
    if (!sameShape(x!.shape, z!.shape))
      throw wrongShapes("binaryCrossEntropy", "logits and targets of one shape", [x, z]);
    return [like(x!)];
  },
  reference: ([x, z]) => [add(sub(relu(x!), mul(x!, z!)), unary("log1p", exp(neg(abs(x!)))))],
  gradient: (node, [dy], needed) => {
    const [x, z] = node.inputs as [Tensor, Tensor];
    return [dy && needed[0] ? mul(dy, sub(sigmoid(x), z)) : null, dy && needed[1] ? neg(mul(dy, x)) : null];
  },
};

function noGradientOf(dProbabilities: Tensor | null): void {
  if (dProbabilities) throw new Error("the probabilities of a fused cross-entropy carry no gradient; use softmax()");
}

const lastAxis = (t: Tensor): Tensor => reshape(t, [...t.shape, 1]);

/** → [loss [...], probabilities [..., V]] */
export const softmaxCrossEntropy = (logits: Tensor, targets: Tensor): Tensor[] =>
  apply(softmaxCrossEntropyOp, [logits, targets]);
export const sparseSoftmaxCrossEntropy = (logits: Tensor, labels: Tensor): Tensor[] =>
  apply(sparseSoftmaxCrossEntropyOp, [logits, labels]);
export const binaryCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  apply1(binaryCrossEntropyOp, [logits, targets]);
