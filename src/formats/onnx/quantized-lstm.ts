import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type OnnxCall, type Operator, type Operators, refused, tensor } from "./call.ts";
import { onnxRecurrent } from "./cells.ts";
import { exactProduct } from "./integer-products.ts";
import { dynamicScale, floating, quantized, rangeOf } from "./quantization.ts";
import { dataTypes, narrowRanges } from "./types.ts";

/** x times whole numbers in f32, each column with its scale: x is quantized for it, all rows together. */
function dynamicProduct(call: OnnxCall, x: Tensor, w: Tensor, scale: Tensor): Tensor {
  const own = dynamicScale(x);
  const q = quantized(x, own.scale, own.zero, narrowRanges[dataTypes.uint8]);
  const sum = exactProduct(call, floating(ops.sub(q, own.zero)), w);
  return ops.mul(floating(sum), ops.mul(own.scale, scale));
}

/**
 * ONNX Runtime's LSTM with weights of 8 bits, W [ways, D, 4·H] and R [ways, H, 4·H]: x is quantized as a whole, and the states of
 * all rows at every step, as one thread of it does. Scales and zero points: [ways], or [ways, 4·H].
 */
const dynamicQuantizeLstm: Operator = (call) => {
  const given = call.inputs.slice(0, 8).map((x, k) => (x === undefined ? null : tensor(call, k)));
  if (given[4])
    throw refused(call, "rows of one length", "sequence_lens", "Quantize the model without packed sequences.");
  const matrix = (k: number, scaleAt: number) => {
    rangeOf(call, call.types[k]);
    const q = tensor(call, k);
    const [ways] = q.shape;
    const beside = (t: Tensor) => ops.reshape(t, [ways, 1, t.shape[1] ?? 1]);
    const turned = (t: Tensor) => ops.transpose(t, [0, 2, 1]);
    const whole = floating(ops.sub(q, beside(tensor(call, scaleAt + 1))));
    return {
      whole: turned(whole),
      scale: turned(ops.broadcastTo(beside(tensor(call, scaleAt)), [ways, 1, q.shape[2]])),
    };
  };
  const [w, r] = [matrix(1, 8), matrix(2, 10)];
  const inputs = [given[0], w.whole, r.whole, ...given.slice(3)];
  const product = (x: Tensor, whole: Tensor, scale: Tensor) => dynamicProduct(call, x, whole, scale);
  return onnxRecurrent({ ...call.node, op: "LSTM" }, inputs, call.who, { input: w.scale, state: r.scale, product });
};

export const quantizedLstmOperators: Operators = { "com.microsoft.DynamicQuantizeLSTM": dynamicQuantizeLstm };
