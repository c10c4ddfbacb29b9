import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { attribute, each, formula, type Operators, refused, wordOf } from "./call.ts";
import { absolute, negative, sign } from "./integers.ts";

const expMinus1 = (x: Tensor) => ops.unary("expm1", ops.minimum(x, 0));
const above0 = (x: Tensor) => ops.greater(x, 0);

/** The error function (Abramowitz & Stegun 1964, 7.1.26), to 1.5e-7. */
export function erf(x: Tensor): Tensor {
  const size = ops.abs(x);
  const t = ops.div(1, ops.add(1, ops.mul(size, 0.3275911)));
  const powers = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const series = powers.slice(1).reduce((sum, c) => ops.mul(ops.add(sum, c), t), ops.mul(t, powers[0]));
  const y = ops.sub(1, ops.mul(series, ops.exp(ops.neg(ops.square(size)))));
  return ops.where(above0(x), y, ops.neg(y));
}

const half = (x: Tensor) => ops.mul(x, 0.5);
const gelu = (x: Tensor) => ops.mul(half(x), ops.add(1, erf(ops.mul(x, Math.SQRT1_2))));
const geluTanh = (x: Tensor) => {
  const cubic = ops.add(x, ops.mul(0.044715, ops.mul(x, ops.square(x))));
  return ops.mul(half(x), ops.add(1, ops.tanh(ops.mul(cubic, Math.sqrt(2 / Math.PI)))));
};

const floats = (make: (x: Tensor) => Tensor) => formula(([x]) => make(x));
/** One that integers have too. */
const every = (onNumber: (x: number) => number, make: (x: Tensor) => Tensor, whole: (x: Tensor) => Tensor) =>
  each(onNumber, (x) => (x.dtype === "i32" ? whole(x) : make(x)));

/** Operators of one input, element by element. */
export const functionOperators: Operators = {
  Neg: every((v) => -v, ops.neg, negative),
  Abs: every(Math.abs, ops.abs, absolute),
  Sign: every(Math.sign, (x) => ops.unary("sign", x), sign),
  Floor: each(Math.floor, (x) => ops.unary("floor", x)),
  Ceil: each(Math.ceil, (x) => ops.neg(ops.unary("floor", ops.neg(x)))),
  Round: floats((x) => ops.unary("round", x)),
  Sqrt: each(Math.sqrt, ops.sqrt),
  Exp: each(Math.exp, ops.exp),
  Log: each(Math.log, ops.log),
  Reciprocal: each(
    (v) => 1 / v,
    (x) => ops.div(1, x),
  ),
  Sin: floats((x) => ops.unary("sin", x)),
  Cos: floats((x) => ops.unary("cos", x)),
  Tan: floats((x) => ops.div(ops.unary("sin", x), ops.unary("cos", x))),
  Sinh: floats((x) => half(ops.sub(ops.unary("expm1", x), ops.unary("expm1", ops.neg(x))))),
  Cosh: floats((x) => half(ops.add(ops.exp(x), ops.exp(ops.neg(x))))),
  Erf: floats(erf),
  IsNaN: floats((x) => ops.sub(1, ops.equal(x, x))),
  IsInf: formula(([x], call) => {
    const found = (name: string, side: number) =>
      attribute(call, name, 1) === 1 ? ops.equal(x, side) : ops.mul(ops.equal(x, x), 0);
    return ops.add(found("detect_positive", Infinity), found("detect_negative", -Infinity));
  }),
  Relu: every(
    (v) => Math.max(0, v),
    ops.relu,
    (x) => ops.maximum(x, 0),
  ),
  Sigmoid: floats(ops.sigmoid),
  Tanh: floats(ops.tanh),
  Softplus: floats((x) => ops.unary("softplus", x)),
  Softsign: floats((x) => ops.div(x, ops.add(ops.abs(x), 1))),
  LeakyRelu: formula(([x], call) => ops.where(above0(x), x, ops.mul(x, attribute(call, "alpha", 0.01)))),
  PRelu: formula(([x, slope]) => ops.where(ops.greaterEqual(x, 0), x, ops.mul(x, slope))),
  ThresholdedRelu: formula(([x], call) =>
    ops.where(ops.greater(x, attribute(call, "alpha", 1)), x, ops.constant(0, x)),
  ),
  Elu: formula(([x], call) => ops.where(above0(x), x, ops.mul(expMinus1(x), attribute(call, "alpha", 1)))),
  Celu: formula(([x], call) => {
    const alpha = attribute(call, "alpha", 1);
    if (alpha === 0) throw refused(call, "alpha other than 0", "0");
    const below = ops.mul(ops.unary("expm1", ops.div(x, alpha)), alpha);
    return ops.add(ops.relu(x), ops.minimum(below, 0));
  }),
  Selu: formula(([x], call) => {
    const [alpha, gamma] = [attribute(call, "alpha", 1.6732632), attribute(call, "gamma", 1.050701)];
    return ops.mul(ops.where(above0(x), x, ops.mul(expMinus1(x), alpha)), gamma);
  }),
  HardSigmoid: formula(([x], call) =>
    ops.clip(ops.add(ops.mul(x, attribute(call, "alpha", 0.2)), attribute(call, "beta", 0.5)), 0, 1),
  ),
  HardSwish: floats((x) => ops.mul(x, ops.clip(ops.add(ops.mul(x, 1 / 6), 0.5), 0, 1))),
  Mish: floats((x) => ops.mul(x, ops.tanh(ops.unary("softplus", x)))),
  Gelu: formula(([x], call) => {
    const how = wordOf(call, "approximate", "none");
    if (how !== "none" && how !== "tanh") throw refused(call, "approximate none or tanh", how);
    return how === "tanh" ? geluTanh(x) : gelu(x);
  }),
  Shrink: formula(([x], call) => {
    const [lambd, bias] = [attribute(call, "lambd", 0.5), attribute(call, "bias", 0)];
    const low = ops.where(ops.greater(-lambd, x), ops.add(x, bias), ops.constant(0, x));
    return ops.where(ops.greater(x, lambd), ops.sub(x, bias), low);
  }),
};
