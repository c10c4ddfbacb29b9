import { Conv1D } from "../../layers/convolution/conv1d.ts";
import { Conv1DTranspose } from "../../layers/convolution/conv1d-transpose.ts";
import { DepthwiseConv1D } from "../../layers/convolution/depthwise-conv1d.ts";
import { AveragePooling1D, MaxPooling1D } from "../../layers/convolution/pooling1d.ts";
import { SeparableConv1D } from "../../layers/convolution/separable-conv1d.ts";
import { reach, type Windows } from "../../layers/convolution/windows.ts";
import { type ActivationLike, activationOf } from "../../layers/core/activations.ts";
import type { AnyLayer, CallContext } from "../../layers/layer.ts";
import { LayerNormalization } from "../../layers/normalization/layer-normalization.ts";
import { linear } from "../../ops/matmul.ts";
import { apply1 } from "../../ops/op.ts";
import { reshape } from "../../ops/view.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Op, OpAttributes, Tensor } from "../../tensor/tensor.ts";
import type { OnnxAttribute } from "./proto.ts";
import type { GraphWriter, Write } from "./writer.ts";

/** Layers that ONNX has an operator for, beside what their formulas are made of. */

/** An op for files alone: ONNX's operator, with its attributes and the output's shape. */
const fileOp = (name: string): Op => ({
  name,
  shapes: (_, { shape }) => [{ shape: shape as Shape, dtype: "f32" }],
});
const windowed = fileOp("windowed");
const normalized = fileOp("layerNormalization");

/** Writers of these ops. */
export const fileOperators: Readonly<Record<string, Write>> = {
  // [B, T, C] is [B, C, T] there, and a kernel [K, N, F] is [F, N, K].
  windowed: (w, { attrs }, [x, kernel, bias]) => {
    const { b } = w;
    const { shape: _, operator, ...attributes } = attrs as Record<string, OnnxAttribute>;
    const weights = kernel ? [turnedKernel(w, kernel), ...(bias ? [w.value(bias)] : [])] : [];
    const turned = b.node("Transpose", [w.value(x)], { perm: [0, 2, 1] });
    const y = b.node(operator as string, [turned, ...weights], attributes);
    return b.node("Transpose", [y], { perm: [0, 2, 1] });
  },
  layerNormalization: (w, { attrs }, [x, gamma, beta]) => {
    const values = (beta ? [x, gamma, beta] : [x, gamma]).map(w.value);
    return w.b.node("LayerNormalization", values, { axis: -1, epsilon: attrs.epsilon as number });
  },
};

function turnedKernel(w: GraphWriter, kernel: Tensor): string {
  const [k, n, f] = kernel.shape;
  if (!w.formula.weights.has(kernel)) return w.b.node("Transpose", [w.value(kernel)], { perm: [2, 1, 0] });
  return w.layout(kernel, "turned", [f, n, k], (numbers) => {
    const turned = new Float32Array(numbers.length);
    for (let i = 0; i < k; i++)
      for (let j = 0; j < n; j++)
        for (let o = 0; o < f; o++) turned[(o * n + j) * k + i] = numbers[(i * n + j) * f + o];
    return turned;
  });
}

/** A layer by its operator; null for a layer, or options, that have none. */
export function byOperator(layer: AnyLayer, [x]: readonly Tensor[], context: CallContext): Tensor[] | null {
  if (layer instanceof Conv1D || layer instanceof DepthwiseConv1D || layer instanceof SeparableConv1D)
    return convolution(layer, x, context);
  if (layer instanceof Conv1DTranspose) return transposed(layer, x, context);
  if (layer instanceof MaxPooling1D) return pooled("MaxPool", layer, x);
  if (layer instanceof AveragePooling1D) return pooled("AveragePool", layer, x);
  if (layer instanceof LayerNormalization) return layerNormalization(layer, x, context);
  return null;
}

/** The layer's weights by name; null for one it has none of. */
const weightOf = (layer: AnyLayer, name: string, context: CallContext): Tensor | null => {
  const weight = layer.weights.find((w) => w.name === name);
  return weight ? context.weight(weight) : null;
};

const activated = (
  layer: { options: { activation?: ActivationLike }; label: string },
  z: Tensor,
  context: CallContext,
) => activationOf(layer.options.activation ?? "linear", layer.label).formula(z, context);

/** Where windows lie; null where ONNX's automatic padding is not TensorFlow's. */
function placed(w: Windows): OpAttributes | null {
  const rest = { kernel_shape: [w.size], strides: [w.stride] };
  const total = reach(w) - 1;
  if (w.padding === "causal") return { ...rest, pads: [total, 0] };
  if (w.padding === "valid") return { ...rest, pads: [0, 0] };
  if (w.stride === 1) return { ...rest, pads: [Math.floor(total / 2), Math.ceil(total / 2)] };
  return w.stride <= w.size && w.dilation === 1 ? { ...rest, auto_pad: "SAME_UPPER" } : null;
}

function convolution(layer: Conv1D | DepthwiseConv1D | SeparableConv1D, x: Tensor, context: CallContext) {
  const windows = placed(layer.windows);
  if (!windows) return null;
  const [b, , c] = x.shape;
  const count = layer.computeOutputShape(x.shape)[1]!;
  const kernel = weightOf(layer, layer instanceof SeparableConv1D ? "depthwise_kernel" : "kernel", context)!;
  const bias = weightOf(layer, "bias", context);
  const [k, n, m] = kernel.shape;
  const whole = layer instanceof Conv1D;
  const filters = whole ? m : n * m;
  const attrs = {
    ...{ operator: "Conv", shape: [b, count, filters], dilations: [layer.windows.dilation] },
    ...{ group: whole ? layer.groups : c, ...windows },
  };
  const own = whole ? kernel : reshape(kernel, [k, 1, filters]);
  if (!(layer instanceof SeparableConv1D)) return [activated(layer, apply1(windowed, [x, own, bias], attrs), context)];
  const [, between, outputs] = weightOf(layer, "pointwise_kernel", context)!.shape;
  const filter = reshape(weightOf(layer, "pointwise_kernel", context)!, [between, outputs]);
  return [activated(layer, linear(apply1(windowed, [x, own, null], attrs), filter, bias), context)];
}

/** Each step adds a window to the output, of which a part from `before` is kept. */
function transposed(layer: Conv1DTranspose, x: Tensor, context: CallContext): Tensor[] | null {
  const { windows, filters } = layer;
  const { stride, size, dilation, padding } = windows;
  const [b, t] = x.shape;
  const wide = reach(windows);
  const count = layer.computeOutputShape(x.shape)[1]!;
  const total = (Math.ceil(count / stride) - 1) * stride + wide - count;
  const before = padding === "valid" ? 0 : Math.floor(Math.max(0, total) / 2);
  const after = (t - 1) * stride + wide - before - count;
  if (-after >= Math.max(stride, dilation)) return null;
  const attrs = {
    ...{ operator: "ConvTranspose", shape: [b, count, filters], kernel_shape: [size], strides: [stride] },
    ...{ dilations: [dilation], pads: [before, Math.max(0, after)], output_padding: [Math.max(0, -after)] },
  };
  const inputs = [x, weightOf(layer, "kernel", context)!, weightOf(layer, "bias", context)];
  return [activated(layer, apply1(windowed, inputs, attrs), context)];
}

function pooled(operator: string, layer: MaxPooling1D | AveragePooling1D, x: Tensor): Tensor[] | null {
  const windows = placed(layer.windows);
  const shape = layer.computeOutputShape(x.shape) as Shape;
  return windows && [apply1(windowed, [x], { operator, shape, ...windows })];
}

function layerNormalization(layer: LayerNormalization, x: Tensor, context: CallContext): Tensor[] | null {
  const { axis, rms_scaling } = layer.config();
  const [only, ...others] = [axis].flat() as number[];
  const gamma = weightOf(layer, "gamma", context);
  if (rms_scaling || others.length > 0 || (only !== -1 && only !== x.shape.length - 1) || !gamma) return null;
  const inputs = [x, gamma, weightOf(layer, "beta", context)];
  const y = apply1(normalized, inputs, { shape: x.shape, epsilon: layer.epsilon });
  y.mask = x.mask;
  return [y];
}
