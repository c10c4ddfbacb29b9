import * as ops from "../../ops/index.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { attribute, axisIn, formula, type OnnxCall, type Operator, type Operators, refused, tensor } from "./call.ts";
import { withAxisLast } from "./moves.ts";

/** Along one axis, the last as a rule; before opset 13 along that axis and all behind it, as one. */
const alongAxis =
  (make: (x: Tensor) => Tensor): Operator =>
  (call) => {
    const x = tensor(call, 0);
    const rank = x.shape.length;
    if (rank === 0 || sizeOf(x.shape) === 0)
      return [rank === 0 ? make(ops.reshape(x, [1])) : x].map((y) => ops.reshape(y, x.shape));
    if (call.opset < 13) {
      const axis = attribute(call, "axis", 1);
      const own = axis === rank ? rank : axisIn(call, axis, rank);
      const flat = [sizeOf(x.shape.slice(0, own)), sizeOf(x.shape.slice(own))];
      return [ops.reshape(make(ops.reshape(x, flat)), x.shape)];
    }
    const { moved, back } = withAxisLast(x, axisIn(call, attribute(call, "axis", -1), rank));
    return [back(make(moved))];
  };

const hardmax = (x: Tensor) => ops.oneHot(ops.argmax(x), x.shape[x.shape.length - 1]);

/** x with mean 0 and deviation 1 over these axes, and how. */
function standardized(x: Tensor, axes: readonly number[], epsilon: number) {
  const mean = ops.mean(x, axes, true);
  const centered = ops.sub(x, mean);
  const deviation = ops.sqrt(ops.add(ops.mean(ops.square(centered), axes, true), epsilon));
  return { y: ops.div(centered, deviation), mean, inverse: ops.div(1, deviation) };
}

const epsilonOf = (call: OnnxCall) => attribute(call, "epsilon", 1e-5);

const layerNormalization: Operator = (call) => {
  const x = tensor(call, 0);
  if (attribute(call, "stash_type", 1) !== 1) throw refused(call, "stash_type 1", "another");
  const axis = axisIn(call, attribute(call, "axis", -1), x.shape.length);
  const axes = x.shape.map((_, i) => i).slice(axis);
  const { y, mean, inverse } = standardized(x, axes, epsilonOf(call));
  const scaled = ops.mul(y, tensor(call, 1));
  return [call.inputs[2] ? ops.add(scaled, tensor(call, 2)) : scaled, mean, inverse];
};

/** [C] beside x [N, C, …]. */
const perChannel = (t: Tensor, x: Tensor) => ops.reshape(t, [t.shape[0], ...x.shape.slice(2).map(() => 1)]);

/** x [N, C, …] with the moving averages of training. */
const batchNormalization = formula(([x, gamma, beta, mean, variance], call) => {
  if (attribute(call, "training_mode", 0) !== 0)
    throw refused(call, "training_mode 0", "1", "Export the model for inference.");
  if (attribute(call, "spatial", 1) !== 1) throw refused(call, "spatial 1", "0");
  const factor = ops.div(gamma, ops.sqrt(ops.add(variance, epsilonOf(call))));
  return ops.add(ops.mul(ops.sub(x, perChannel(mean, x)), perChannel(factor, x)), perChannel(beta, x));
});

const instanceNormalization = formula(([x, gamma, beta], call) => {
  const axes = x.shape.map((_, i) => i).slice(2);
  const { y } = standardized(x, axes, epsilonOf(call));
  return ops.add(ops.mul(y, perChannel(gamma, x)), perChannel(beta, x));
});

/** Channels in groups, each with its mean and deviation; before opset 21 gamma and beta are one for each group. */
const groupNormalization = formula(([x, gamma, beta], call) => {
  if (attribute(call, "stash_type", 1) !== 1) throw refused(call, "stash_type 1", "another");
  const groups = attribute(call, "num_groups", 0);
  const [n, c] = x.shape;
  if (!(groups > 0 && c % groups === 0)) throw refused(call, `num_groups that divide ${c} channels`, `${groups}`);
  const wide: Shape = [n, groups, sizeOf(x.shape) / n / groups || 0];
  const y = standardized(ops.reshape(x, wide), [2], epsilonOf(call)).y;
  const each = (t: Tensor) => {
    if (t.shape[0] !== groups || groups === c) return perChannel(t, x);
    return perChannel(ops.reshape(ops.broadcastTo(ops.reshape(t, [groups, 1]), [groups, c / groups]), [c]), x);
  };
  return ops.add(ops.mul(ops.reshape(y, x.shape), each(gamma)), each(beta));
});

const lpNormalization = formula(([x], call) => {
  const axis = axisIn(call, attribute(call, "axis", -1), x.shape.length);
  const p = attribute(call, "p", 2);
  if (p !== 1 && p !== 2) throw refused(call, "p 1 or 2", `${p}`);
  const size = p === 1 ? ops.sum(ops.abs(x), [axis], true) : ops.sqrt(ops.sum(ops.square(x), [axis], true));
  return ops.where(ops.equal(size, 0), ops.constant(0, x), ops.div(x, size));
});

/** Operators that make numbers comparable along axes. */
export const normalizationOperators: Operators = {
  Softmax: alongAxis(ops.softmax),
  LogSoftmax: alongAxis(ops.logSoftmax),
  Hardmax: alongAxis(hardmax),
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
};
