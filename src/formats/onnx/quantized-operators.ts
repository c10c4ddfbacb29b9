import * as ops from "../../ops/index.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { arithmeticOperators } from "./arithmetic.ts";
import { attribute, type OnnxCall, type Operator, type Operators, optional, refused, tensor, value } from "./call.ts";
import { convolutionOperators } from "./convolution.ts";
import { functionOperators } from "./functions.ts";
import { centered, rescaled } from "./integer-products.ts";
import { normalizationOperators } from "./normalization.ts";
import { dequantized, quantized, rangeOf } from "./quantization.ts";
import { shapingOperators } from "./shaping.ts";
import type { OnnxTraced } from "./values.ts";

/** Operators of ONNX Runtime between integers of 8 bits: the plain operator between numbers, and then the nearest integers. */

/** The numbers of an input whose scale and zero point stand behind it. */
function numbers(call: OnnxCall, k: number): OnnxTraced {
  rangeOf(call, call.types[k]);
  const zero = optional(call, k + 2);
  return dequantized(tensor(call, k), ops.reshape(tensor(call, k + 1), []), zero && ops.reshape(zero, []));
}

/** The conversion of a result to integers: its scale is input `scaleAt`, its type that of input `like`; `late` as `quantized` has it. */
interface Result {
  readonly scaleAt: number;
  readonly like?: number;
  readonly late?: boolean;
  readonly before?: (call: OnnxCall) => OnnxCall;
}

/** The plain operator on such numbers. */
function between(
  operator: Operator,
  { scaleAt, like = 0, late, before }: Result,
  inputsOf: (call: OnnxCall) => OnnxTraced[],
): Operator {
  return (call) => {
    if (attribute(call, "channels_last", 0) !== 0) throw refused(call, "channels_last 0", "1");
    const inputs = inputsOf(call);
    const plain: OnnxCall = { ...call, inputs, types: inputs.map(() => 1) };
    const [y] = operator(before ? before(plain) : plain);
    const zero = optional(call, scaleAt + 1);
    const scale = ops.reshape(tensor(call, scaleAt), []);
    return [quantized(y as never, scale, zero && ops.reshape(zero, []), rangeOf(call, call.types[like]), late)];
  };
}

const first = (call: OnnxCall) => [numbers(call, 0)];
const two = (call: OnnxCall) => [numbers(call, 0), numbers(call, 3)];

/** Softmax of the opset that the node says. */
const ofItsOpset = (call: OnnxCall): OnnxCall => ({ ...call, opset: attribute(call, "opset", call.opset) });

/** A mean of integers, at the scale of their sum. */
const globalAverage: Operator = (call) => {
  if (attribute(call, "channels_last", 0) !== 0) throw refused(call, "channels_last 0", "1");
  const q = centered(call, 0, 2, 0);
  const axes = q.shape.map((_, i) => i).slice(2);
  const count = sizeOf(q.shape.slice(2));
  const scales = [1, 3].map((k) => ops.reshape(tensor(call, k), []));
  return [
    rescaled(call, ops.sum(q, axes, true), ops.div(scales[0], ops.mul(scales[1], count)), { zeroAt: 4, like: 0 }),
  ];
};

export const quantizedOperators: Operators = {
  "com.microsoft.QLinearAdd": between(arithmeticOperators.Add, { scaleAt: 6, late: true }, two),
  "com.microsoft.QLinearMul": between(arithmeticOperators.Mul, { scaleAt: 6 }, two),
  "com.microsoft.QLinearSigmoid": between(functionOperators.Sigmoid, { scaleAt: 3 }, first),
  "com.microsoft.QLinearLeakyRelu": between(functionOperators.LeakyRelu, { scaleAt: 3 }, first),
  "com.microsoft.QLinearSoftmax": between(normalizationOperators.Softmax, { scaleAt: 3, before: ofItsOpset }, first),
  "com.microsoft.QLinearAveragePool": between(convolutionOperators.AveragePool, { scaleAt: 3, late: true }, first),
  "com.microsoft.QLinearGlobalAveragePool": globalAverage,
  "com.microsoft.QLinearWhere": between(arithmeticOperators.Where, { scaleAt: 7, like: 1 }, (call) => [
    value(call, 0),
    numbers(call, 1),
    numbers(call, 4),
  ]),
  "com.microsoft.QLinearConcat": between(shapingOperators.Concat, { scaleAt: 0, like: 2 }, (call) =>
    Array.from({ length: Math.floor((call.inputs.length - 2) / 3) }, (_, k) => numbers(call, 2 + 3 * k)),
  ),
};
