import * as ops from "../../ops/index.ts";
import { type ReduceFn, reduce } from "../../ops/reduce.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  attribute,
  axesOf,
  axisIn,
  bounded,
  hold,
  knownNumber,
  type OnnxCall,
  type Operator,
  type Operators,
  refused,
  tensor,
  value,
} from "./call.ts";
import { quotient } from "./integers.ts";
import { withAxisLast } from "./moves.ts";
import { dataTypes } from "./types.ts";
import { isKnown, type Known, rounded } from "./values.ts";

/** A reduction of some axes, `over` numbers into one; they are kept with size 1. */
export type Reduction = (x: Tensor, axes: readonly number[], over: number, call: OnnxCall) => Tensor;

/** Over which axes, and with which shape of the result; null where nothing is reduced. */
function plan(call: OnnxCall) {
  const { shape } = value(call, 0);
  const said = axesOf(call, 1, shape.length);
  const none = said === undefined || said.length === 0;
  if (none && attribute(call, "noop_with_empty_axes", 0) === 1) return null;
  const axes = none ? shape.map((_, i) => i) : said;
  const keep = attribute(call, "keepdims", 1) === 1;
  const result = keep ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));
  return { axes, result };
}

/** `alone` is what becomes of each number where no axis is reduced. */
const reduction =
  (
    make: Reduction,
    alone: (x: Tensor, call: OnnxCall) => Tensor = (x) => x,
    onNumbers?: (a: number, b: number) => number,
  ): Operator =>
  (call) => {
    const planned = plan(call);
    const given = value(call, 0);
    if (isKnown(given) && onNumbers && planned && given.data.length > 0 && planned.axes.length === given.shape.length)
      return [foldedKnown(call, given, planned.result, onNumbers)];
    const x = tensor(call, 0);
    if (!planned) return [alone(x, call)];
    const over = planned.axes.reduce((n, a) => n * x.shape[a], 1);
    const y = planned.axes.length === 0 ? alone(x, call) : make(x, planned.axes, over, call);
    return [ops.reshape(y, planned.result)];
  };

function foldedKnown(
  call: OnnxCall,
  x: Known,
  shape: readonly number[],
  fold: (a: number, b: number) => number,
): Known {
  hold(call, 1);
  return rounded({ shape, whole: x.whole, data: [x.data.reduce((a, b) => fold(a, b))] }, call.who);
}

/** Sum, max or min, whose result of no numbers is that of none at all. */
const plain =
  (fn: ReduceFn): Reduction =>
  (x, axes, over, call) => {
    if (over > 0) return reduce(fn, x, axes, true);
    const type = call.types[0];
    if (x.dtype === "i32" && fn !== "sum" && type !== dataTypes.int32)
      throw refused(call, `numbers to take the ${fn} of`, "none", "Integers of 64 bits have their ends beyond 32.");
    const [least, most] =
      type === dataTypes.bool ? [0, 1] : type === dataTypes.int32 ? [-(2 ** 31), 2 ** 31 - 1] : [-Infinity, Infinity];
    const nothing = { sum: 0, max: least, min: most }[fn];
    return ops.constant(
      nothing,
      x,
      x.shape.map((d, i) => (axes.includes(i) ? 1 : d)),
      x.dtype,
    );
  };
const sum = plain("sum");
export const largest = plain("max");
export const smallest = plain("min");

/** The product along axes, by halves. */
export const productOf: Reduction = (x, axes, over) => {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const rest = kept.map((i) => x.shape[i]);
  const shape = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  if (over === 0) return ops.constant(1, x, shape, x.dtype);
  let y = ops.reshape(ops.transpose(x, [...kept, ...axes]), [sizeOf(rest), over]);
  while (y.shape[1] > 1) {
    const half = Math.floor(y.shape[1] / 2);
    const pairs = ops.mul(ops.sliceAxis(y, 1, 0, half), ops.sliceAxis(y, 1, half, half));
    y = y.shape[1] % 2 === 0 ? pairs : ops.concat([pairs, ops.sliceAxis(y, 1, 2 * half, 1)], 1);
  }
  return ops.reshape(y, shape);
};

const absolute = (x: Tensor) => (x.dtype === "i32" ? ops.maximum(x, ops.sub(0, x)) : ops.abs(x));
const squared = (x: Tensor) => ops.mul(x, x);
/** A function of floating point on whole numbers, whose result is cut. */
const cut = (x: Tensor, make: (x: Tensor) => Tensor) => ops.cast(make(ops.cast(x, "f32")), x.dtype);

const mean: Reduction = (x, axes, over, call) => {
  if (over === 0) throw refused(call, "numbers to take the mean of", "none");
  const total = sum(x, axes, over, call);
  if (x.dtype === "f32") return ops.div(total, over);
  return quotient(total, ops.constant(over, x, [], "i32"));
};
/** Refuses integers: ONNX Runtime cuts each logarithm and exponential of them, the standard does not say so. */
function floating(call: OnnxCall, x: Tensor): Tensor {
  if (x.dtype === "f32") return x;
  throw refused(call, "floating point", "whole numbers");
}

const logSumExp: Reduction = (x, axes, over, call) => {
  floating(call, x);
  const top = largest(x, axes, over, call);
  if (over === 0) return top;
  const held = ops.where(ops.greater(ops.abs(top), 3e38), ops.constant(0, x), top); // an infinity minus itself is no number
  return ops.add(ops.log(sum(ops.exp(ops.sub(x, held)), axes, over, call)), held);
};

/** The place of the largest along an axis; of equal ones the first, or the last. */
const argument =
  (sign: 1 | -1): Operator =>
  (call) => {
    const x = tensor(call, 0);
    const axis = axisIn(call, attribute(call, "axis", 0), x.shape.length);
    const n = x.shape[axis];
    if (n === 0) throw refused(call, "numbers along the axis", "none");
    const { moved } = withAxisLast(sign === 1 ? x : x.dtype === "i32" ? ops.sub(0, x) : ops.neg(x), axis);
    const last = attribute(call, "select_last_index", 0) === 1;
    const found = ops.argmax(last ? ops.reverse(moved, moved.shape.length - 1) : moved);
    const places = last ? ops.sub(n - 1, found) : found;
    // The last axis stands where the axis was, so it comes back there with size 1.
    const kept = withAxisLast(ops.reshape(places, [...places.shape, 1]), axis).moved;
    if (attribute(call, "keepdims", 1) === 1) return [kept];
    return [
      ops.reshape(
        kept,
        x.shape.filter((_, i) => i !== axis),
      ),
    ];
  };

/** Sums up to each place of an axis, from either end, with the place's own number or without. */
const runningSum: Operator = (call) => {
  const x = tensor(call, 0);
  const axis = axisIn(call, knownNumber(call, 1, "an axis"), x.shape.length);
  const { moved, back } = withAxisLast(x, axis);
  const n = x.shape[axis];
  if (sizeOf(x.shape) === 0) return [x];
  bounded(call, [...moved.shape, n]); // each with each
  const backwards = attribute(call, "reverse", 0) === 1;
  const at = ops.positions(n, x);
  const [own, other] = [ops.reshape(at, [1, n, 1]), ops.reshape(at, [1, 1, n])];
  const [late, early] = backwards ? [other, own] : [own, other];
  const seen = attribute(call, "exclusive", 0) === 1 ? ops.greater(late, early) : ops.greaterEqual(late, early);
  const rows = ops.reshape(moved, [sizeOf(x.shape) / n, 1, n]);
  const sums = ops.sum(ops.where(seen, rows, ops.constant(0, x, [], x.dtype)), [2]); // selected: infinity times 0 is NaN
  return [back(ops.reshape(sums, moved.shape))];
};

/** Operators along axes: sums and their kin, places of the largest, running sums. */
export const reductionOperators: Operators = {
  ReduceSum: reduction(sum, undefined, (a, b) => a + b),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(largest, undefined, Math.max),
  ReduceMin: reduction(smallest, undefined, Math.min),
  ReduceProd: reduction(productOf, undefined, (a, b) => a * b),
  ReduceL1: reduction((x, axes, over, call) => sum(absolute(x), axes, over, call), absolute),
  ReduceL2: reduction((x, axes, over, call) => cut(sum(squared(x), axes, over, call), ops.sqrt), absolute),
  ReduceSumSquare: reduction((x, axes, over, call) => sum(squared(x), axes, over, call), squared),
  ReduceLogSum: reduction(
    (x, axes, over, call) => ops.log(sum(floating(call, x), axes, over, call)),
    (x, call) => ops.log(floating(call, x)),
  ),
  ReduceLogSumExp: reduction(logSumExp),
  ArgMax: argument(1),
  ArgMin: argument(-1),
  CumSum: runningSum,
};
