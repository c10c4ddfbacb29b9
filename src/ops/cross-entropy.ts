import { sameShape } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { abs, add, exp, mul, neg, relu, sigmoid, sub, unary } from "./elementwise.ts";
import { oneHot } from "./gather.ts";
import { apply1, like, wrongShapes } from "./op.ts";
import { sum } from "./reduce.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { reshape } from "./view.ts";

/**
 * Softmax and cross-entropy in one: logits [..., V], targets [..., V] (rows that sum to 1) → loss [...].
 * The gradient is (softmax − targets) ∘ dLoss, which no separate softmax reaches without cancellation. Probabilities are not kept
 * for it: logits are there anyway, and over a large vocabulary [..., V] is most of a step's memory.
 */
export const softmaxCrossEntropyOp: Op = {
  name: "softmaxCrossEntropy",
  shapes: ([x, t]) => {
    if (!sameShape(x!.shape, t!.shape))
      throw wrongShapes("softmaxCrossEntropy", "logits and targets of one shape", [x, t]);
    return [lossOf(x!)];
  },
  reference: ([x, t]) => [neg(sum(mul(t!, logSoftmax(x!)), [-1]))],
  gradient: ({ inputs }, [dLoss], [needed]) => [needed ? apply1(softmaxCrossEntropyBackOp, [...inputs, dLoss]) : null],
};

/** logits, targets, dLoss [...] → dx [..., V], in the memory of the logits where nothing else reads them afterwards. */
export const softmaxCrossEntropyBackOp: Op = {
  name: "softmaxCrossEntropyBack",
  inPlace: true,
  shapes: ([x]) => [like(x!)],
  reference: ([x, t, dLoss]) => [mul(sub(softmax(x!), t!), lastAxis(dLoss!))],
};

/** The same with labels i32 [...] in place of one-hot targets. */
export const sparseSoftmaxCrossEntropyOp: Op = {
  name: "sparseSoftmaxCrossEntropy",
  shapes: ([x, labels]) => {
    if (!sameShape(x!.shape.slice(0, -1), labels!.shape) || labels!.dtype !== "i32") {
      throw wrongShapes("sparseSoftmaxCrossEntropy", "logits [..., V] and i32 labels [...]", [x, labels]);
    }
    return [lossOf(x!)];
  },
  reference: ([x, labels]) => softmaxCrossEntropyOp.reference!([x, oneHotLike(x!, labels!)], {}),
  gradient: ({ inputs }, [dLoss], [needed]) => [
    needed ? apply1(sparseSoftmaxCrossEntropyBackOp, [...inputs, dLoss]) : null,
  ],
};

/** logits, labels, dLoss → dx. */
export const sparseSoftmaxCrossEntropyBackOp: Op = {
  name: "sparseSoftmaxCrossEntropyBack",
  inPlace: true,
  shapes: ([x]) => [like(x!)],
  reference: ([x, labels, dLoss]) => softmaxCrossEntropyBackOp.reference!([x, oneHotLike(x!, labels!), dLoss], {}),
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

const lossOf = (x: Tensor) => ({ shape: x.shape.slice(0, -1), dtype: "f32" as const });
const oneHotLike = (x: Tensor, labels: Tensor): Tensor => oneHot(labels, x.shape[x.shape.length - 1]);
const lastAxis = (t: Tensor): Tensor => reshape(t, [...t.shape, 1]);

/** → loss [...] */
export const softmaxCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  apply1(softmaxCrossEntropyOp, [logits, targets]);
export const sparseSoftmaxCrossEntropy = (logits: Tensor, labels: Tensor): Tensor =>
  apply1(sparseSoftmaxCrossEntropyOp, [logits, labels]);
export const binaryCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  apply1(binaryCrossEntropyOp, [logits, targets]);
