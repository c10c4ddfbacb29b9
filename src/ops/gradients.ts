import type { Op, Tensor } from "../tensor/tensor.ts";
import {
  add,
  type BinaryFn,
  comparisons,
  constant,
  div,
  equal,
  greater,
  greaterEqual,
  log,
  mul,
  neg,
  pow,
  sigmoid,
  sub,
  type UnaryFn,
  unary,
  where,
} from "./elementwise.ts";
import { sum, sumTo } from "./reduce.ts";
import { broadcastTo, pad, reshape, reverse, slice, transpose } from "./view.ts";

type Gradient = NonNullable<Op["gradient"]>;

/**
 * The calculus of the small ops, on one screen: each takes the gradients of the outputs to those of the inputs.
 * Coarse ops (lstm, linear, ...) keep theirs in their own files. An op in neither place has no derivative.
 */
export const smallOpGradients: Readonly<Record<string, Gradient>> = {
  unary: (node, [dy]) => {
    const slope = unarySlopes[node.attrs.fn as UnaryFn];
    return [dy && slope ? slope(dy, node.inputs[0]!, node.outputs[0]) : null];
  },
  binary: (node, [dy], needed) => {
    const fn = node.attrs.fn as BinaryFn;
    const [a, b] = node.inputs as [Tensor, Tensor];
    if (!dy || comparisons.has(fn)) return [null, null];
    const [slopeA, slopeB] = binarySlopes[fn]!;
    const y = node.outputs[0];
    return [
      needed[0] ? sumTo(slopeA(dy, a, b, y), a.shape) : null,
      needed[1] ? sumTo(slopeB(dy, a, b, y), b.shape) : null,
    ];
  },
  where: (node, [dy], needed) => {
    const [c, a, b] = node.inputs as [Tensor, Tensor, Tensor];
    if (!dy) return [null, null, null];
    const zero = constant(0, dy);
    return [
      null,
      needed[1] ? sumTo(where(c, dy, zero), a.shape) : null,
      needed[2] ? sumTo(where(c, zero, dy), b.shape) : null,
    ];
  },
  reduce: (node, [dy]) => {
    if (!dy) return [null];
    const x = node.inputs[0]!;
    const gone = node.attrs.axes as number[];
    const kept = x.shape.map((d, i) => (gone.includes(i) ? 1 : d));
    if (node.attrs.fn === "sum") return [broadcastTo(reshape(dy, kept), x.shape)];
    const winners = equal(x, reshape(node.outputs[0], kept)); // ties share the gradient, as in JAX
    return [mul(winners, div(reshape(dy, kept), sum(winners, gone, true)))];
  },
  reverse: (node, [dy]) => [dy && reverse(dy, node.attrs.axis as number)],
  copy: (_node, [dy]) => [dy],
  reshape: (node, [dy]) => [dy && reshape(dy, node.inputs[0]!.shape)],
  broadcast: (node, [dy]) => [dy && sumTo(dy, node.inputs[0]!.shape)],
  transpose: (node, [dy]) => {
    const perm = node.attrs.perm as readonly number[];
    return [
      dy &&
        transpose(
          dy,
          perm.map((_, i) => perm.indexOf(i)),
        ),
    ];
  },
  slice: (node, [dy]) => [dy && pad(dy, node.attrs.begin as number[], node.inputs[0]!.shape)],
  pad: (node, [dy]) => [dy && slice(dy, node.attrs.begin as number[], node.inputs[0]!.shape)],
  concat: (node, [dy]) => {
    const axis = node.attrs.axis as number;
    let from = 0;
    return node.inputs.map((t) => {
      const begin = t!.shape.map((_, i) => (i === axis ? from : 0));
      from += t!.shape[axis];
      return dy && slice(dy, begin, t!.shape);
    });
  },
};

/** dy → dx for each function that has a slope; sign, floor and round are flat. */
const unarySlopes: Partial<Record<UnaryFn, (dy: Tensor, x: Tensor, y: Tensor) => Tensor>> = {
  neg: (dy) => neg(dy),
  exp: (dy, _x, y) => mul(dy, y),
  log: (dy, x) => div(dy, x),
  sqrt: (dy, _x, y) => div(mul(dy, 0.5), y),
  square: (dy, x) => mul(dy, mul(x, 2)),
  abs: (dy, x) => mul(dy, unary("sign", x)),
  reciprocal: (dy, _x, y) => neg(mul(dy, mul(y, y))),
  tanh: (dy, _x, y) => mul(dy, sub(1, mul(y, y))),
  sigmoid: (dy, _x, y) => mul(dy, mul(y, sub(1, y))),
  relu: (dy, x) => mul(dy, greater(x, 0)),
  softplus: (dy, x) => mul(dy, sigmoid(x)),
  log1p: (dy, x) => div(dy, add(x, 1)),
  expm1: (dy, _x, y) => mul(dy, add(y, 1)),
  sin: (dy, x) => mul(dy, unary("cos", x)),
  cos: (dy, x) => neg(mul(dy, unary("sin", x))),
};

type Slope = (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor;
const binarySlopes: Partial<Record<BinaryFn, readonly [Slope, Slope]>> = {
  add: [(dy) => dy, (dy) => dy],
  sub: [(dy) => dy, (dy) => neg(dy)],
  mul: [(dy, _a, b) => mul(dy, b), (dy, a) => mul(dy, a)],
  div: [(dy, _a, b) => div(dy, b), (dy, _a, b, y) => neg(div(mul(dy, y), b))],
  // On a tie the first operand takes the whole gradient, so that it is counted once.
  max: [(dy, a, b) => mul(dy, greaterEqual(a, b)), (dy, a, b) => mul(dy, greater(b, a))],
  min: [(dy, a, b) => mul(dy, greaterEqual(b, a)), (dy, a, b) => mul(dy, greater(a, b))],
  pow: [(dy, a, b) => mul(dy, mul(b, pow(a, sub(b, 1)))), (dy, a, _b, y) => mul(dy, mul(y, log(a)))],
};
