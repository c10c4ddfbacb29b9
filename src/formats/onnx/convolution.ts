import * as ops from "../../ops/index.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  attribute,
  holdOperations,
  listOf,
  type OnnxCall,
  type Operator,
  type Operators,
  optional,
  refused,
  tensor,
  wordOf,
} from "./call.ts";
import { padded } from "./moves.ts";
import { axisPads, cells, entries, entryPlaces, type WindowAxis, windowAxes } from "./windows.ts";

/** A convolution over any number of axes: x [N, C, …], w [F, C / groups, …] → [N, F, …]. */
export function convolved(call: OnnxCall, x: Tensor, w: Tensor, axes: readonly WindowAxis[], groups: number): Tensor {
  const [n, c] = x.shape;
  const f = w.shape[0];
  const k = sizeOf(w.shape.slice(2));
  if (c !== w.shape[1] * groups || f % groups !== 0)
    throw refused(
      call,
      `${w.shape[1] * groups} channels, and filters that ${groups} groups divide`,
      `[${x.shape}] and [${w.shape}]`,
    );
  const windows = entries(call, wide(call, x, axes), axes); // K of [N, C, O…]
  const out = windows[0].shape.slice(2);
  const o = sizeOf(out);
  const kernel = ops.transpose(ops.reshape(w, [groups, f / groups, c / groups, k]), [0, 3, 2, 1]); // [G, K, C/G, F/G]
  const rows = windows.map((e) => ops.transpose(ops.reshape(e, [n, groups, c / groups, o]), [1, 0, 3, 2])); // [G, N, O, C/G]
  const within = (k * c) / groups;
  const left = ops.reshape(ops.concat(rows, 3), [groups, n * o, within]);
  const right = ops.reshape(kernel, [groups, within, f / groups]);
  const y =
    groups === 1
      ? ops.matmul(ops.reshape(left, [n * o, within]), ops.reshape(right, [within, f]))
      : ops.matmul(left, right);
  return ops.reshape(ops.transpose(ops.reshape(y, [groups, n, o, f / groups]), [1, 0, 3, 2]), [n, f, ...out]);
}

/** x with the zeros around it that its windows reach into. */
function wide(call: OnnxCall, x: Tensor, axes: readonly WindowAxis[], filled = 0): Tensor {
  return axes.reduce((y, a, i) => padded(call, y, i + 2, { before: a.before, after: a.after, filled }) as Tensor, x);
}

const withBias = (y: Tensor, bias: Tensor | undefined): Tensor =>
  bias ? ops.add(y, ops.reshape(bias, [bias.shape[0], ...y.shape.slice(2).map(() => 1)])) : y;

const conv: Operator = (call) => {
  const [x, w] = [tensor(call, 0), tensor(call, 1)];
  if (x.shape.length < 3 || w.shape.length !== x.shape.length)
    throw refused(call, "x [N, C, …] and w [F, C, …] of one rank", `[${x.shape}] and [${w.shape}]`);
  const axes = windowAxes(call, x, w.shape.slice(2));
  return [withBias(convolved(call, x, w, axes, attribute(call, "group", 1)), optional(call, 2))];
};

/** The transpose of a convolution: x with zeros between its entries, under the kernel turned round. */
const convTranspose: Operator = (call) => {
  const [x, w] = [tensor(call, 0), tensor(call, 1)];
  const space = x.shape.length - 2;
  if (space < 1 || w.shape.length !== x.shape.length)
    throw refused(call, "x [N, C, …] and w [C, F, …] of one rank", `[${x.shape}] and [${w.shape}]`);
  const each = (name: string, otherwise: number) =>
    listOf(call, name) ?? Array.from({ length: space }, () => otherwise);
  const [steps, gaps, extra] = [each("strides", 1), each("dilations", 1), each("output_padding", 0)];
  const groups = attribute(call, "group", 1);
  const said = listOf(call, "output_shape")?.slice(-space);
  const full = steps.map((s, i) => s * (x.shape[i + 2] - 1) + extra[i] + (w.shape[i + 2] - 1) * gaps[i] + 1);
  const pads = axisPads(call, {
    space,
    total: (i) => Math.max(0, full[i] - (said ? said[i] : x.shape[i + 2] * steps[i])),
    always: said !== undefined,
  });
  let apart: Tensor = x;
  for (let i = 0; i < space; i++) apart = spacedOut(apart, i + 2, steps[i]);
  const axes = gaps.map((dilation, i): WindowAxis => {
    const reach = (w.shape[i + 2] - 1) * dilation;
    const [before, after] = [
      reach - pads[i][0],
      reach - pads[i][1] + extra[i] + (said ? Math.max(0, said[i] - full[i]) : 0),
    ];
    const count = apart.shape[i + 2] + before + after - reach;
    return { size: w.shape[i + 2], stride: 1, dilation, before, after, count };
  });
  // Negative padding cuts.
  for (const [i, a] of axes.entries()) {
    const from = Math.max(0, -a.before);
    apart = ops.sliceAxis(apart, i + 2, from, apart.shape[i + 2] - from - Math.max(0, -a.after));
  }
  const positive = axes.map((a) => ({ ...a, before: Math.max(0, a.before), after: Math.max(0, a.after) }));
  const turned = axes.reduce((kernel, _, i) => ops.reverse(kernel, i + 2), w);
  const [c, f] = w.shape;
  const kernels = ops.reshape(turned, [groups, c / groups, f, ...w.shape.slice(2)]);
  const perm = [0, 2, 1, ...w.shape.slice(2).map((_, i) => i + 3)];
  const filters = ops.reshape(ops.transpose(kernels, perm), [groups * f, c / groups, ...w.shape.slice(2)]);
  return [withBias(convolved(call, apart, filters, positive, groups), optional(call, 2))];
};

/** `step` − 1 zeros between neighbours along an axis. */
function spacedOut(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x;
  const [before, n, after] = [x.shape.slice(0, axis), x.shape[axis], x.shape.slice(axis + 1)];
  const shape = [...before, n, step, ...after];
  const apart = ops.pad(
    ops.reshape(x, [...before, n, 1, ...after]),
    shape.map(() => 0),
    shape,
  );
  return ops.sliceAxis(ops.reshape(apart, [...before, n * step, ...after]), axis, 0, (n - 1) * step + 1);
}

const kernelOf = (call: OnnxCall, x: Tensor): readonly number[] => {
  const kernel = listOf(call, "kernel_shape");
  if (kernel && kernel.length === x.shape.length - 2 && kernel.length > 0) return kernel;
  throw refused(
    call,
    "kernel_shape with a size for each axis behind [N, C]",
    kernel ? `[${kernel}] for [${x.shape}]` : "none",
  );
};

/** The windows of pooling. Where gaps or steps wider than a window meet SAME, ONNX Runtime pads otherwise than the standard. */
function poolAxes(call: OnnxCall, x: Tensor): WindowAxis[] {
  const axes = windowAxes(call, x, kernelOf(call, x));
  const auto = wordOf(call, "auto_pad", "NOTSET");
  const odd = axes.find(
    ({ dilation, stride, size, count }, i) => dilation > 1 || (count - 1) * stride + size < x.shape[i + 2],
  );
  if (auto.startsWith("SAME") && odd)
    throw refused(
      call,
      `windows that reach each other with auto_pad ${auto}`,
      `dilation ${odd.dilation}, stride ${odd.stride}`,
      "Say pads.",
    );
  return axes;
}

/** The largest of each window, and where it lies in x as one list. */
const maxPool: Operator = (call) => {
  const x = tensor(call, 0);
  const axes = poolAxes(call, x);
  const windows = entries(call, wide(call, x, axes, -Infinity), axes);
  const found = windows.reduce((a, b) => ops.maximum(a, b));
  if (!call.node.outputs[1]) return [found];
  if (attribute(call, "storage_order", 0) !== 0) throw refused(call, "storage_order 0", "1");
  holdOperations(call, 8 * windows.length);
  const places = entryPlaces(call, x, axes);
  const [, at] = windows.slice(1).reduce(
    ([most, best], entry, k) => {
      const more = ops.greater(entry, most);
      return [ops.where(more, entry, most), ops.where(more, places[k + 1], best)];
    },
    [windows[0], ops.broadcastTo(places[0], found.shape)],
  );
  return [found, at];
};

/** Means of windows; what lies outside counts as zeros where `count_include_pad` says so, but never what ceil_mode adds. */
const averagePool: Operator = (call) => {
  const x = tensor(call, 0);
  const axes = poolAxes(call, x);
  const sum = entries(call, wide(call, x, axes), axes).reduce(ops.add);
  const include = attribute(call, "count_include_pad", 0) === 1;
  return [axes.reduce((y, a, i) => ops.div(y, cells(call, a, x.shape[i + 2], include, x.shape.length - 3 - i)), sum)];
};

const overAll =
  (make: (x: Tensor, axes: readonly number[]) => Tensor): Operator =>
  (call) => {
    const x = tensor(call, 0);
    if (x.shape.length < 3) throw refused(call, "x [N, C, …]", `[${x.shape}]`);
    return [make(x, x.shape.map((_, i) => i).slice(2))];
  };

/** Operators over windows of x [N, C, …]. */
export const convolutionOperators: Operators = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: overAll((x, axes) => ops.mean(x, axes, true)),
  GlobalMaxPool: overAll((x, axes) => ops.max(x, axes, true)),
};
