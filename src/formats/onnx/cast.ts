import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { attribute, hold, type OnnxCall, type Operator, type Operators, refused, value } from "./call.ts";
import { remainder } from "./integers.ts";
import { dataTypes, narrowRanges } from "./types.ts";
import { isKnown, type OnnxTraced } from "./values.ts";

const { float, uint8, int8, uint16, int16, int32, int64, bool, float16, double } = dataTypes;
const integers: readonly number[] = [uint8, int8, uint16, int16, int32, int64];
const known: readonly number[] = [float, ...integers, bool, float16, double];

/** A value as another type of ONNX has it. */
export function castTo(call: OnnxCall, x: OnnxTraced, to: number): OnnxTraced {
  if (!known.includes(to))
    throw refused(
      call,
      "a cast to float, float16, double, bool, or integers of 8 to 64 bits but uint32 and uint64",
      `one to type ${to}`,
    );
  if (isKnown(x)) {
    if (x.tensor && x.whole && integers.includes(to) && !narrowRanges[to]) return x;
    hold(call, x.data.length);
    const whole = to === bool || integers.includes(to);
    const one =
      to === bool
        ? (v: number) => Number(v !== 0)
        : whole
          ? (v: number) => wrapped(Math.trunc(v), to)
          : to === float16
            ? nearestHalf
            : Math.fround;
    return { shape: x.shape, whole, data: x.data.map(one) };
  }
  if (to === bool) return ops.sub(1, ops.equal(x, 0));
  if (integers.includes(to)) return wrappedTensor(ops.cast(x, "i32"), to);
  const y = ops.cast(x, "f32");
  return to === float16 ? halved(y) : y;
}

/** Whole numbers as the lowest bits of a type of 8 or 16 bits have them; as they are in wider ones. */
function wrapped(v: number, to: number): number {
  const range = narrowRanges[to];
  if (!range) return v;
  const count = range[1] - range[0] + 1;
  return v - count * Math.floor((v - range[0]) / count);
}

function wrappedTensor(x: Tensor, to: number): Tensor {
  const range = narrowRanges[to];
  if (!range) return x;
  const count = ops.constant(range[1] - range[0] + 1, x, [], "i32");
  return ops.add(remainder(ops.sub(x, range[0]), count, "b"), range[0]);
}

/** f32 rounded to the 11 bits that half precision keeps (Veltkamp's splitting), with its largest number and its smallest step. */
export function halved(x: Tensor): Tensor {
  const far = ops.mul(x, 2 ** 13 + 1);
  const near = ops.sub(far, ops.sub(far, x));
  const steps = ops.mul(ops.unary("round", ops.mul(x, 2 ** 24)), 2 ** -24);
  const size = ops.abs(x);
  const small = ops.where(ops.greater(2 ** -14, size), steps, near);
  const endless = ops.mul(ops.unary("sign", x), Infinity);
  return ops.where(ops.greaterEqual(size, 65_520), ops.where(ops.equal(x, x), endless, x), small);
}

/** The nearest number of half precision; of two as near, the even one. */
function nearestHalf(v: number): number {
  const size = Math.abs(v);
  if (!(size < 65_520)) return v * Infinity;
  const step = size < 2 ** -14 ? 2 ** -24 : 2 ** (Math.floor(Math.log2(size)) - 10);
  const [low, rest] = [Math.floor(size / step), (size / step) % 1];
  return Math.sign(v) * step * (rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low);
}

const cast: Operator = (call) => [castTo(call, value(call, 0), attribute(call, "to", float))];

/** To the type of the second input. f32 stands for every floating type, i32 for every integer. */
const castLike: Operator = (call) => {
  const like = call.types[1];
  if (like === undefined) throw refused(call, "a second input whose type the file says", "another");
  return [castTo(call, value(call, 0), like)];
};

export const castOperators: Operators = { Cast: cast, CastLike: castLike };
