import { FormatError, problem } from "../../errors.ts";
import * as ops from "../../ops/index.ts";
import { reduce } from "../../ops/reduce.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  attribute,
  formula,
  type OnnxCall,
  type Operator,
  type Operators,
  pairwise,
  reduction,
  tensor,
} from "./call.ts";
import { axisIn, isKnown, type Known, type OnnxTraced, zipKnown } from "./values.ts";

/** Softmax over one axis, the last as a rule. */
function lastAxis(call: OnnxCall, make: (x: Tensor) => Tensor): OnnxTraced[] {
  const x = tensor(call, 0);
  const rank = x.shape.length;
  const axis = axisIn(attribute(call, "axis", call.opset < 13 ? 1 : -1), rank);
  if (axis === rank - 1) return [make(x)];
  const perm = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return [ops.transpose(make(ops.transpose(x, perm)), perm)];
}

/** a [.., M, K] times b [.., K, N], as NumPy: vectors get an axis, leading axes spread. */
const matmul = formula(([a, b], call) => {
  const [p, q] = [a.shape.length, b.shape.length];
  if (p < 2 || q < 2) throw new FormatError(problem(call.who, "matrices", `ranks ${p} and ${q}`));
  if (q === 2 || p === q) return ops.matmul(a, b);
  throw new FormatError(problem(call.who, "equal leading axes", `[${a.shape}] and [${b.shape}]`));
});

const gemm = formula(([a, b, c], call) => {
  const [alpha, beta] = [attribute(call, "alpha", 1), attribute(call, "beta", 1)];
  const product = ops.matmul(a, b, attribute(call, "transA", 0) === 1, attribute(call, "transB", 0) === 1);
  const scaled = alpha === 1 ? product : ops.mul(product, alpha);
  if (!c) return scaled;
  return ops.add(scaled, beta === 1 ? c : ops.mul(c, beta));
});

const layerNormalization = formula(([x, gamma, beta], call) => {
  const axis = axisIn(attribute(call, "axis", -1), x.shape.length);
  const axes = x.shape.map((_, i) => i).slice(axis);
  const centered = ops.sub(x, ops.mean(x, axes, true));
  const deviation = ops.sqrt(ops.add(ops.mean(ops.square(centered), axes, true), attribute(call, "epsilon", 1e-5)));
  const y = ops.mul(ops.div(centered, deviation), gamma);
  return beta ? ops.add(y, beta) : y;
});

/** x [N, C, …] with the moving averages of training. */
const batchNormalization = formula(([x, gamma, beta, mean, variance], call) => {
  const wide = (t: Tensor) => ops.reshape(t, [t.shape[0], ...x.shape.slice(2).map(() => 1)]);
  const factor = ops.div(gamma, ops.sqrt(ops.add(variance, attribute(call, "epsilon", 1e-5))));
  return ops.add(ops.mul(ops.sub(x, wide(mean)), wide(factor)), wide(beta));
});

const clip: Operator = (call) => {
  let x = tensor(call, 0);
  const bound = (name: string, input: number) => {
    const own = call.node.attributes.has(name) ? attribute(call, name, 0) : undefined;
    const value = call.inputs[input];
    return own ?? (value === undefined ? undefined : isKnown(value) ? value.data[0] : value);
  };
  const [low, high] = [bound("min", 1), bound("max", 2)];
  if (low !== undefined) x = ops.maximum(x, low);
  if (high !== undefined) x = ops.minimum(x, high);
  return [x];
};

/** Selected, not multiplied: an infinity that is not chosen leaves no trace. */
const where: Operator = (call) => {
  const [c, a, b] = call.inputs as OnnxTraced[];
  if (isKnown(c) && isKnown(a) && isKnown(b)) {
    const first = zipKnown(c, a, call, (on, x) => (on ? x : Number.NaN));
    const second = zipKnown(c, b, call, (on, y) => (on ? Number.NaN : y));
    const on = zipKnown(
      c,
      zipKnown(a, b, call, () => 0),
      call,
      (chosen) => chosen,
    );
    const spread = (v: Known) => zipKnown(v, on, call, (x) => x).data;
    const [x, y] = [spread(first), spread(second)];
    return [{ shape: on.shape, whole: a.whole && b.whole, data: on.data.map((chosen, k) => (chosen ? x[k] : y[k])) }];
  }
  const [x, y] = [tensor(call, 1), tensor(call, 2)];
  const same = x.dtype === y.dtype;
  return [ops.where(tensor(call, 0), same ? x : ops.cast(x, "f32"), same ? y : ops.cast(y, "f32"))];
};

const expMinus1 = (x: Tensor) => ops.sub(ops.exp(ops.minimum(x, 0)), 1);
const erf = (x: Tensor): Tensor => {
  const size = ops.abs(x); // Abramowitz & Stegun 1964, 7.1.26, to 1.5e-7
  const t = ops.div(1, ops.add(1, ops.mul(size, 0.3275911)));
  const powers = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const series = powers.slice(1).reduce((sum, c) => ops.mul(ops.add(sum, c), t), ops.mul(t, powers[0]));
  const y = ops.sub(1, ops.mul(series, ops.exp(ops.neg(ops.square(size)))));
  return ops.where(ops.greater(x, 0), y, ops.neg(y));
};

/** Operators that compute with numbers. */
export const arithmeticOperators: Operators = {
  MatMul: matmul,
  Gemm: gemm,
  Add: pairwise((a, b) => a + b, ops.add),
  Sub: pairwise((a, b) => a - b, ops.sub),
  Mul: pairwise((a, b) => a * b, ops.mul),
  Div: (call) => {
    const integers = call.inputs.every((v) => v && isKnown(v) && v.whole);
    return pairwise((a, b) => (integers ? Math.trunc(a / b) : a / b), ops.div)(call);
  },
  Pow: pairwise((a, b) => a ** b, ops.pow),
  Max: pairwise(Math.max, ops.maximum),
  Min: pairwise(Math.min, ops.minimum),
  Equal: pairwise((a, b) => Number(a === b), ops.equal),
  Greater: pairwise((a, b) => Number(a > b), ops.greater),
  GreaterOrEqual: pairwise((a, b) => Number(a >= b), ops.greaterEqual),
  Less: pairwise(
    (a, b) => Number(a < b),
    (a, b) => ops.greater(b, a),
  ),
  LessOrEqual: pairwise(
    (a, b) => Number(a <= b),
    (a, b) => ops.greaterEqual(b, a),
  ),
  Not: formula(([x]) => ops.sub(1, ops.cast(x, "f32"))),
  And: formula(([a, b]) => ops.mul(ops.cast(a, "f32"), ops.cast(b, "f32"))),
  Or: formula(([a, b]) => ops.maximum(ops.cast(a, "f32"), ops.cast(b, "f32"))),
  Where: where,
  Mean: (call) => [
    ops.div(
      call.inputs.map((_, i) => tensor(call, i)).reduce((a, b) => ops.add(a, b)),
      call.inputs.length,
    ),
  ],
  Sum: (call) => [call.inputs.map((_, i) => tensor(call, i)).reduce((a, b) => ops.add(a, b))],
  Neg: formula(([x]) => ops.neg(x)),
  Abs: formula(([x]) => ops.abs(x)),
  Exp: formula(([x]) => ops.exp(x)),
  Log: formula(([x]) => ops.log(x)),
  Sqrt: formula(([x]) => ops.sqrt(x)),
  Reciprocal: formula(([x]) => ops.div(1, x)),
  Erf: formula(([x]) => erf(x)),
  Relu: formula(([x]) => ops.relu(x)),
  Sigmoid: formula(([x]) => ops.sigmoid(x)),
  Tanh: formula(([x]) => ops.tanh(x)),
  Softplus: formula(([x]) => ops.unary("softplus", x)),
  Softsign: formula(([x]) => ops.div(x, ops.add(ops.abs(x), 1))),
  LeakyRelu: formula(([x], call) => ops.where(ops.greater(x, 0), x, ops.mul(x, attribute(call, "alpha", 0.01)))),
  Elu: formula(([x], call) => ops.where(ops.greater(x, 0), x, ops.mul(expMinus1(x), attribute(call, "alpha", 1)))),
  Selu: formula(([x], call) => {
    const [alpha, gamma] = [attribute(call, "alpha", 1.6732632), attribute(call, "gamma", 1.050701)];
    return ops.mul(ops.where(ops.greater(x, 0), x, ops.mul(expMinus1(x), alpha)), gamma);
  }),
  HardSigmoid: formula(([x], call) =>
    ops.clip(ops.add(ops.mul(x, attribute(call, "alpha", 0.2)), attribute(call, "beta", 0.5)), 0, 1),
  ),
  Softmax: (call) => lastAxis(call, ops.softmax),
  LogSoftmax: (call) => lastAxis(call, ops.logSoftmax),
  Clip: clip,
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
  ReduceSum: reduction((x, axes, keep) => ops.sum(x, axes, keep)),
  ReduceMean: reduction((x, axes, keep) => ops.mean(x, axes, keep)),
  ReduceMax: reduction((x, axes, keep) => reduce("max", x, axes, keep)),
  ReduceMin: reduction((x, axes, keep) => reduce("min", x, axes, keep)),
};
