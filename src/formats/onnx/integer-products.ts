import * as ops from "../../ops/index.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  asTensor,
  attribute,
  type OnnxCall,
  type Operator,
  type Operators,
  optional,
  refused,
  tensor,
} from "./call.ts";
import { convolved } from "./convolution.ts";
import { matmul } from "./products.ts";
import { floating, rangeOf, spreading } from "./quantization.ts";
import { dataTypes } from "./types.ts";
import { windowAxes } from "./windows.ts";

/**
 * Products of integers of 8 bits, exact: f32 counts to 2²⁴, so that it holds a sum of 258 products of ±255 whatever the order;
 * longer sums are added in i32.
 */
const together = 258;

/** The integers of input k less their zero point, one number or one along an axis. */
export function centered(call: OnnxCall, k: number, zeroAt: number, axis: number): Tensor {
  const { uint8, int8 } = dataTypes;
  if (![uint8, int8].includes(call.types[k] as never))
    throw refused(call, `integers of 8 bits as input ${k}`, `type ${call.types[k]}`, "Quantize the model to 8 bits.");
  const q = tensor(call, k);
  const zero = call.inputs[zeroAt];
  if (!zero) return floating(q);
  const spread =
    zero.shape.length > 1 ? asTensor(call, zero) : spreading(call, asTensor(call, zero), q.shape.length, axis);
  return floating(ops.sub(q, spread));
}

/** a [..., M, K] times b [..., K, N], both whole numbers up to ±255 in f32 → i32. */
export function exactProduct(call: OnnxCall, a: Tensor, b: Tensor): Tensor {
  const [inA, inB] = [a.shape.length - 1, Math.max(0, b.shape.length - 2)];
  const k = a.shape[inA];
  if (b.shape[inB] !== k) throw refused(call, `${k} rows in the second matrix`, `[${b.shape}]`);
  const part = (from: number) => {
    const count = Math.min(together, k - from);
    return ops.cast(matmul(call, ops.sliceAxis(a, inA, from, count), ops.sliceAxis(b, inB, from, count)), "i32");
  };
  let sum = k <= together ? ops.cast(matmul(call, a, b), "i32") : part(0);
  for (let from = together; from < k; from += together) sum = ops.add(sum, part(from));
  return sum;
}

const matMulInteger: Operator = (call) => [
  exactProduct(
    call,
    centered(call, 0, 2, Math.max(-2, -(call.inputs[0]?.shape.length ?? 1))),
    centered(call, 1, 3, -1),
  ),
];

/** The whole numbers of a sum at another scale, within their type: ONNX Runtime's one product in f32, and its rounding. */
export function rescaled(
  call: OnnxCall,
  sum: Tensor,
  scale: Tensor,
  { zeroAt, like = zeroAt }: { zeroAt: number; like?: number },
): Tensor {
  const range = rangeOf(call, call.types[like]);
  const zero = call.inputs[zeroAt] ? floating(ops.reshape(tensor(call, zeroAt), [])) : ops.constant(0, sum, [], "f32");
  const steps = ops.unary("round", ops.mul(floating(sum), scale));
  return ops.cast(ops.clip(ops.add(steps, zero), ...range), "i32");
}

const qLinearMatMul: Operator = (call) => {
  const [a, b] = [tensor(call, 0), tensor(call, 3)];
  const sum = exactProduct(call, centered(call, 0, 2, Math.max(-2, -a.shape.length)), centered(call, 3, 5, -1));
  const scales = [
    spreading(call, tensor(call, 1), a.shape.length, Math.max(-2, -a.shape.length)),
    spreading(call, tensor(call, 4), b.shape.length, -1),
  ];
  const scale = ops.div(ops.mul(scales[0], scales[1]), ops.reshape(tensor(call, 6), []));
  return [rescaled(call, sum, scale, { zeroAt: 7 })];
};

/** a · b + c at the scale of their product, and then at that of y; without one as f32. */
const qGemm: Operator = (call) => {
  const turned = (t: Tensor, name: string) => (attribute(call, name, 0) !== 0 ? ops.transpose(t, [1, 0]) : t);
  const transB = attribute(call, "transB", 0) !== 0;
  const sum = exactProduct(
    call,
    turned(centered(call, 0, 2, 0), "transA"),
    turned(centered(call, 3, 5, transB ? 0 : -1), "transB"),
  );
  const c = optional(call, 6);
  const own = spreading(call, tensor(call, 4), 2, -1);
  const scale = ops.mul(ops.mul(ops.reshape(tensor(call, 1), []), attribute(call, "alpha", 1)), own);
  const all = c ? ops.add(sum, c) : sum;
  if (!call.inputs[7]) return [ops.mul(floating(all), scale)];
  return [rescaled(call, all, ops.div(scale, ops.reshape(tensor(call, 7), [])), { zeroAt: 8 })];
};

/** A convolution of whole numbers up to ±255 in f32 → i32, some channels at a time. */
function exactConvolution(call: OnnxCall, x: Tensor, w: Tensor): Tensor {
  if (x.shape.length < 3 || w.shape.length !== x.shape.length)
    throw refused(call, "x [N, C, …] and w [F, C, …] of one rank", `[${x.shape}] and [${w.shape}]`);
  const groups = attribute(call, "group", 1);
  const axes = windowAxes(call, x, w.shape.slice(2));
  const [n, c] = x.shape;
  const own = w.shape[1];
  const channels = Math.floor(together / sizeOf(w.shape.slice(2)));
  if (c !== own * groups) throw refused(call, `${own * groups} channels`, `[${x.shape}]`);
  if (channels === 0) throw refused(call, `kernels of at most ${together} entries`, `[${w.shape.slice(2)}]`);
  if (own <= channels) return ops.cast(convolved(call, x, w, axes, groups), "i32");
  const apart = ops.reshape(x, [n, groups, own, ...x.shape.slice(2)]);
  const parts: Tensor[] = [];
  for (let from = 0; from < own; from += channels) {
    const count = Math.min(channels, own - from);
    const some = ops.reshape(ops.sliceAxis(apart, 2, from, count), [n, groups * count, ...x.shape.slice(2)]);
    parts.push(ops.cast(convolved(call, some, ops.sliceAxis(w, 1, from, count), axes, groups), "i32"));
  }
  return parts.reduce(ops.add);
}

const convInteger: Operator = (call) => [exactConvolution(call, centered(call, 0, 2, 0), centered(call, 1, 3, 0))];

const qLinearConv: Operator = (call) => {
  const sum = exactConvolution(call, centered(call, 0, 2, 0), centered(call, 3, 5, 0));
  const rank = sum.shape.length;
  const bias = optional(call, 8);
  const all = bias ? ops.add(sum, spreading(call, bias, rank, 1)) : sum;
  const own = spreading(call, tensor(call, 4), rank, 1);
  const scale = ops.div(ops.mul(ops.reshape(tensor(call, 1), []), own), ops.reshape(tensor(call, 6), []));
  return [rescaled(call, all, scale, { zeroAt: 7 })];
};

/** Products and convolutions of integers of 8 bits. */
export const integerProductOperators: Operators = {
  MatMulInteger: matMulInteger,
  ConvInteger: convInteger,
  QLinearMatMul: qLinearMatMul,
  QLinearConv: qLinearConv,
  "com.microsoft.QGemm": qGemm,
};
