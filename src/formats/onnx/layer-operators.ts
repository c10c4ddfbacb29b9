import { Conv1DTranspose } from "../../layers/convolution/conv1d-transpose.ts";
import { Convolution } from "../../layers/convolution/convolution.ts";
import { DepthwiseConv1D } from "../../layers/convolution/depthwise-conv1d.ts";
import { AveragePooling, MaxPooling, type Pooling } from "../../layers/convolution/pooling.ts";
import { SeparableConv1D } from "../../layers/convolution/separable-conv1d.ts";
import type { WindowGrid } from "../../layers/convolution/window-grid.ts";
import { reach } from "../../layers/convolution/windows.ts";
import { type ActivationLike, activationOf } from "../../layers/core/activations.ts";
import type { AnyLayer, CallContext } from "../../layers/layer.ts";
import { LayerNormalization } from "../../layers/normalization/layer-normalization.ts";
import { linear } from "../../ops/matmul.ts";
import { apply1 } from "../../ops/op.ts";
import { reshape } from "../../ops/view.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
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
  // [B, ...sizes, C] is [B, C, ...sizes] there, and a kernel [...window, N, F] is [F, N, ...window].
  windowed: (w, { attrs }, [x, kernel, bias]) => {
    const { b } = w;
    const { shape: _, operator, ...attributes } = attrs as Record<string, OnnxAttribute>;
    const weights = kernel ? [turnedKernel(w, kernel), ...(bias ? [w.value(bias)] : [])] : [];
    const axes = [...x.shape.keys()].slice(1, -1);
    const turned = b.node("Transpose", [w.value(x)], { perm: [0, axes.length + 1, ...axes] });
    const y = b.node(operator as string, [turned, ...weights], attributes);
    return b.node("Transpose", [y], { perm: [0, ...axes.map((axis) => axis + 1), 1] });
  },
  layerNormalization: (w, { attrs }, [x, gamma, beta]) => {
    const values = (beta ? [x, gamma, beta] : [x, gamma]).map(w.value);
    return w.b.node("LayerNormalization", values, { axis: -1, epsilon: attrs.epsilon as number });
  },
};

function turnedKernel(w: GraphWriter, kernel: Tensor): string {
  const window = kernel.shape.slice(0, -2);
  const [n, f] = kernel.shape.slice(-2);
  if (!w.formula.weights.has(kernel)) {
    const axes = [...window.keys()];
    return w.b.node("Transpose", [w.value(kernel)], { perm: [axes.length + 1, axes.length, ...axes] });
  }
  return w.layout(kernel, "turned", [f, n, ...window], (numbers) => {
    const size = sizeOf(window);
    const turned = new Float32Array(numbers.length);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < n; j++)
        for (let o = 0; o < f; o++) turned[(o * n + j) * size + i] = numbers[(i * n + j) * f + o];
    return turned;
  });
}

/** A layer by its operator; null for a layer, or options, that have none. */
export function byOperator(layer: AnyLayer, [x]: readonly Tensor[], context: CallContext): Tensor[] | null {
  if (layer instanceof Convolution) return convolution(layer, x, context);
  if (layer instanceof DepthwiseConv1D || layer instanceof SeparableConv1D) return depthwise(layer, x, context);
  if (layer instanceof Conv1DTranspose) return transposed(layer, x, context);
  if (layer instanceof MaxPooling) return pooled("MaxPool", layer, x);
  if (layer instanceof AveragePooling) return pooled("AveragePool", layer, x);
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
function placed(grid: WindowGrid): OpAttributes | null {
  const rest = { kernel_shape: grid.map((w) => w.size), strides: grid.map((w) => w.stride) };
  const total = grid.map((w) => (w.padding === "valid" ? 0 : reach(w) - 1));
  const before = grid.map((w, k) => (w.padding === "causal" ? total[k] : Math.floor(total[k] / 2)));
  if (grid.every((w, k) => w.padding !== "same" || w.stride === 1 || total[k] === 0))
    return { ...rest, pads: [...before, ...total.map((n, k) => n - before[k])] };
  return grid.every((w) => w.stride <= w.size && w.dilation === 1) ? { ...rest, auto_pad: "SAME_UPPER" } : null;
}

/** Filters over windows of x [B, ...sizes, C], with a kernel [...window, C / group, F]. */
function windowsOver(
  x: Tensor,
  [kernel, bias]: readonly (Tensor | null)[],
  own: { grid: WindowGrid; counts: Shape; group: number },
): Tensor | null {
  const windows = placed(own.grid);
  const dilations = own.grid.map((w) => w.dilation);
  const shape = [x.shape[0], ...own.counts, kernel!.shape.at(-1)!];
  const attrs = { operator: "Conv", shape, dilations, group: own.group, ...windows };
  return windows && apply1(windowed, [x, kernel, bias], attrs);
}

function convolution(layer: Convolution, x: Tensor, context: CallContext): Tensor[] | null {
  const counts = layer.computeOutputShape(x.shape).slice(1, -1) as Shape;
  const weights = ["kernel", "bias"].map((name) => weightOf(layer, name, context));
  const z = windowsOver(x, weights, { grid: layer.grid, counts, group: layer.groups });
  return z && [activated(layer, z, context)];
}

/** A convolution of each feature by itself; a separable one mixes them afterwards. */
function depthwise(layer: DepthwiseConv1D | SeparableConv1D, x: Tensor, context: CallContext): Tensor[] | null {
  const mixes = layer instanceof SeparableConv1D;
  const counts = layer.computeOutputShape(x.shape).slice(1, -1) as Shape;
  const kernel = weightOf(layer, mixes ? "depthwise_kernel" : "kernel", context)!;
  const [size, c, multiplier] = kernel.shape;
  const bias = weightOf(layer, "bias", context);
  const own = { grid: [layer.windows], counts, group: c };
  const z = windowsOver(x, [reshape(kernel, [size, 1, c * multiplier]), mixes ? null : bias], own);
  if (!z || !mixes) return z && [activated(layer, z, context)];
  const pointwise = weightOf(layer, "pointwise_kernel", context)!;
  return [activated(layer, linear(z, reshape(pointwise, pointwise.shape.slice(1)), bias), context)];
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

function pooled(operator: string, layer: Pooling, x: Tensor): Tensor[] | null {
  const windows = placed(layer.grid);
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
