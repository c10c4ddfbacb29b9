import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  asTensor,
  attribute,
  axisIn,
  knownInput,
  type OnnxCall,
  type Operator,
  type Operators,
  refused,
  tensor,
} from "./call.ts";
import { dataTypes, narrowRanges } from "./types.ts";

/**
 * Numbers as integers of 8 or 16 bits: x ≈ (q − zero point) · scale. Integers are i32 here, and what is computed of them is exact;
 * each rounding is ONNX Runtime's: to the nearest, of two as near to the even one.
 */

export const floating = (t: Tensor): Tensor => ops.cast(t, "f32");

/**
 * The integers nearest to x / scale, moved by the zero point and held within their type. `late` rounds after the move: where x
 * lies in the middle, an odd zero point then decides otherwise.
 */
export function quantized(
  x: Tensor,
  scale: Tensor,
  zero: Tensor | undefined,
  range: readonly [number, number],
  late = false,
): Tensor {
  const rounded = (t: Tensor) => ops.unary("round", t);
  const moved = (t: Tensor) => (zero ? ops.add(t, floating(zero)) : t);
  const steps = ops.div(x, scale);
  return ops.cast(ops.clip(late ? rounded(moved(steps)) : moved(rounded(steps)), ...range), "i32");
}

export function dequantized(q: Tensor, scale: Tensor, zero: Tensor | undefined): Tensor {
  return ops.mul(floating(zero ? ops.sub(q, zero) : q), scale);
}

/** The range of a type of 8 or 16 bits. Throws FormatError where it is another. */
export function rangeOf(call: OnnxCall, type: number | undefined): readonly [number, number] {
  const range = narrowRanges[type ?? dataTypes.uint8];
  if (range) return range;
  throw refused(call, "integers of 8 or 16 bits", `type ${type}`, "Quantize the model to 8 bits.");
}

/** A scale or zero point: one number, or one for each entry along an axis, as it spreads to rank `rank`. */
export function spreading(call: OnnxCall, t: Tensor, rank: number, axis: number): Tensor {
  if (t.shape.every((d) => d === 1)) return ops.reshape(t, []);
  if (t.shape.length > 1)
    throw refused(call, "a scale of one number, or one for each entry along an axis", `[${t.shape}]`);
  const own = axisIn(call, axis, rank);
  return ops.reshape(t, [t.shape[0], ...Array.from({ length: rank - own - 1 }, () => 1)]);
}

/** The scale and the zero point among the inputs, spread along the node's axis beside x; the zero point may be left out. */
function scaleOf(call: OnnxCall, x: Tensor): { scale: Tensor; zero: Tensor | undefined } {
  if (attribute(call, "block_size", 0) !== 0)
    throw refused(call, "block_size 0", "blocked quantization", "Use per-tensor or per-channel quantization.");
  const odd = knownInput(call, 1)?.data.find((v) => !(v > 0 && v < Infinity));
  if (odd !== undefined) {
    const next = "The file was calibrated with infinities, as masks have them: quantize it without those nodes.";
    throw refused(call, "scales above 0", `${odd}`, next);
  }
  const along = (t: Tensor) => spreading(call, t, x.shape.length, attribute(call, "axis", 1));
  const zero = call.inputs[2];
  return { scale: along(tensor(call, 1)), zero: zero && along(asTensor(call, zero)) };
}

const quantizeLinear: Operator = (call) => {
  const x = floating(tensor(call, 0));
  const { scale, zero } = scaleOf(call, x);
  const type = call.inputs[2] ? call.types[2] : attribute(call, "output_dtype", 0) || dataTypes.uint8;
  return [quantized(x, scale, zero, rangeOf(call, type))];
};

const dequantizeLinear: Operator = (call) => {
  const q = tensor(call, 0);
  const { scale, zero } = scaleOf(call, q);
  return [dequantized(q, scale, zero)];
};

/** The scale and zero point of 8 bits without a sign for all of x, 0 among what they reach. */
export function dynamicScale(x: Tensor): { scale: Tensor; zero: Tensor } {
  const axes = x.shape.map((_, i) => i);
  const least = ops.minimum(ops.neg(ops.max(ops.neg(x), axes)), 0);
  const most = ops.maximum(ops.max(x, axes), 0);
  const width = ops.sub(most, least);
  const scale = ops.where(ops.equal(width, 0), ops.constant(1, x, []), ops.div(width, 255));
  const zero = ops.unary("round", ops.clip(ops.sub(0, ops.div(least, scale)), 0, 255));
  return { scale, zero: ops.cast(zero, "i32") };
}

const dynamicQuantizeLinear: Operator = (call) => {
  const x = tensor(call, 0);
  const { scale, zero } = dynamicScale(x);
  return [quantized(x, scale, zero, narrowRanges[dataTypes.uint8]), scale, zero];
};

/** Operators between numbers and integers of few bits. */
export const quantizationOperators: Operators = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  "com.microsoft.QuantizeLinear": quantizeLinear,
  "com.microsoft.DequantizeLinear": dequantizeLinear,
};
