import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  alike,
  asTensor,
  attribute,
  type OnnxCall,
  type Operator,
  type Operators,
  pairwise,
  refused,
  tensor,
  value,
} from "./call.ts";
import { quotient, remainder } from "./integers.ts";
import { spreadTo } from "./moves.ts";
import { dataTypes } from "./types.ts";
import { isKnown, type Known, type OnnxTraced, rounded, zipKnown } from "./values.ts";

/** Booleans as 1 and 0 in f32, from wherever they come. */
export const truth = (call: OnnxCall, k: number): Tensor => ops.cast(tensor(call, k), "f32");

const logical =
  (onNumbers: (a: number, b: number) => number, onTensors: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (call) => {
    const [a, b] = [value(call, 0), value(call, 1)];
    if (isKnown(a) && isKnown(b)) return [zipKnown(a, b, call, onNumbers)];
    return [onTensors(truth(call, 0), truth(call, 1))];
  };

const not: Operator = (call) => {
  const x = value(call, 0);
  return [isKnown(x) ? { ...x, tensor: undefined, data: x.data.map((v) => Number(!v)) } : ops.sub(1, truth(call, 0))];
};

/** Selected, not multiplied: an infinity that is not chosen leaves no trace. */
const where: Operator = (call) => {
  const [c, a, b] = [0, 1, 2].map((k) => value(call, k));
  if (isKnown(c) && isKnown(a) && isKnown(b)) {
    const { shape } = zipKnown(
      c,
      zipKnown(a, b, call, () => 0),
      call,
      () => 0,
    );
    const [on, x, y] = [c, a, b].map((v) => (spreadTo(call, v, shape) as Known).data);
    return [{ shape, whole: a.whole && b.whole, data: on.map((chosen, k) => (chosen ? x[k] : y[k])) }];
  }
  const [x, y] = alike([asTensor(call, a), asTensor(call, b)]);
  return [ops.where(truth(call, 0), x, y)];
};

/** x between two bounds, either of which may be absent; an attribute before opset 11. */
const clip: Operator = (call) => {
  const bounds = ["min", "max"].map((name, k): OnnxTraced | undefined => {
    const own = call.node.attributes.has(name) ? attribute(call, name, 0) : undefined;
    return own === undefined ? call.inputs[k + 1] : { shape: [], data: [own], whole: false };
  });
  const narrowed = bounds.map((bound) => {
    if (bound?.shape.some((d) => d !== 1)) throw refused(call, "bounds of one number", `[${bound.shape}]`);
    return bound;
  });
  const two = (x: OnnxTraced, bound: OnnxTraced | undefined, operator: Operator): OnnxTraced =>
    bound === undefined ? x : operator({ ...call, inputs: [x, bound] })[0]!;
  return [two(two(value(call, 0), narrowed[0], larger), narrowed[1], smaller)];
};

const larger = pairwise((a, b) => Math.max(a, b), ops.maximum);
const smaller = pairwise((a, b) => Math.min(a, b), ops.minimum);

/** Base to the power of an exponent of any type; the result has the base's type. */
const power: Operator = (call) => {
  const [a, b] = [value(call, 0), value(call, 1)];
  if (isKnown(a) && isKnown(b))
    return [zipKnown(a, b, call, (x, y) => (a.whole ? Math.trunc(x ** y) : x ** y), a.whole)];
  const [base, exponent] = [asTensor(call, a), asTensor(call, b)];
  const y = ops.pow(ops.cast(base, "f32"), ops.cast(exponent, "f32"));
  if (base.dtype === "f32") return [y];
  // A power that f32 just misses is the whole number beside it; others are cut.
  const near = ops.unary("round", y);
  const missed = ops.greaterEqual(ops.mul(ops.abs(near), 1e-5), ops.abs(ops.sub(y, near)));
  return [ops.cast(ops.where(missed, near, y), "i32")];
};

/** The remainder of a division: with the sign of the divisor, or of the dividend (fmod). */
const modulo: Operator = (call) => {
  if (call.types[0] === dataTypes.double) {
    const next = "Cast to float32 before it: whether a number is a multiple is decided by digits that float32 has not.";
    throw refused(call, "float32, float16 or integers", "float64", next);
  }
  const fmod = attribute(call, "fmod", 0) === 1;
  const onTensors = (a: Tensor, b: Tensor): Tensor => {
    if (a.dtype === "i32") return remainder(a, b, fmod ? "a" : "b");
    const size = ops.abs(b);
    const left = ops.abs(a);
    const rest = exactRest(left, ops.unary("floor", ops.div(left, size)), size);
    // A quotient that was rounded up leaves less than nothing; one rounded down leaves the divisor.
    const more = ops.where(ops.greater(0, rest), ops.add(rest, size), rest);
    const found = ops.where(ops.greaterEqual(more, size), ops.sub(more, size), more);
    const dividends = ops.where(ops.greater(0, a), ops.neg(found), found);
    if (fmod) return dividends;
    const otherSide = ops.greater(0, ops.mul(ops.unary("sign", dividends), ops.unary("sign", b)));
    return ops.where(otherSide, ops.add(dividends, b), dividends);
  };
  return pairwise((a, b) => (fmod ? a % b : a - b * Math.floor(a / b)), onTensors)(call);
};

/** a − n·b without the rounding of the product (Dekker 1971): what is left of it decides which side of the divisor one is on. */
function exactRest(a: Tensor, n: Tensor, b: Tensor): Tensor {
  const halves = (x: Tensor) => {
    const far = ops.mul(x, 2 ** 12 + 1);
    const high = ops.sub(far, ops.sub(far, x));
    return [high, ops.sub(x, high)];
  };
  const product = ops.mul(n, b);
  const [[p, q], [r, s]] = [halves(n), halves(b)];
  const partial = ops.add(ops.add(ops.sub(ops.mul(p, r), product), ops.mul(p, s)), ops.mul(q, r));
  return ops.sub(ops.sub(a, product), ops.add(partial, ops.mul(q, s)));
}

const mean: Operator = (call) => {
  const [sum] = sums(call);
  const n = call.inputs.length;
  if (!isKnown(sum!)) return [ops.div(sum!, n)];
  return [rounded({ ...sum, tensor: undefined, data: sum.data.map((v) => v / n) }, call.who)];
};
const sums = pairwise((a, b) => a + b, ops.add);

/** A comparison as 1 and 0. */
const compares = (
  onNumbers: (a: number, b: number) => boolean,
  onTensors: (a: Tensor, b: Tensor) => Tensor,
): Operator => pairwise((a, b) => Number(onNumbers(a, b)), onTensors, "truth");

/** Operators of two inputs, or several, element by element with NumPy's broadcasting. */
export const arithmeticOperators: Operators = {
  Add: sums,
  Sub: pairwise((a, b) => a - b, ops.sub),
  Mul: pairwise((a, b) => a * b, ops.mul),
  Div: pairwise(
    (a, b, whole) => (whole ? Math.trunc(a / b) : a / b),
    (a, b) => (a.dtype === "i32" ? quotient(a, b) : ops.div(a, b)),
  ),
  Pow: power,
  Mod: modulo,
  Max: larger,
  Min: smaller,
  Sum: sums,
  Mean: mean,
  Equal: compares((a, b) => a === b, ops.equal),
  Greater: compares((a, b) => a > b, ops.greater),
  GreaterOrEqual: compares((a, b) => a >= b, ops.greaterEqual),
  Less: compares(
    (a, b) => a < b,
    (a, b) => ops.greater(b, a),
  ),
  LessOrEqual: compares(
    (a, b) => a <= b,
    (a, b) => ops.greaterEqual(b, a),
  ),
  Not: not,
  And: logical((a, b) => a * b, ops.mul),
  Or: logical((a, b) => Math.max(a, b), ops.maximum),
  Xor: logical(
    (a, b) => Math.abs(a - b),
    (a, b) => ops.abs(ops.sub(a, b)),
  ),
  Where: where,
  Clip: clip,
};
