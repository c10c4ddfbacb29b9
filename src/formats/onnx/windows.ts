import * as ops from "../../ops/index.ts";
import { stridesOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { asTensor, attribute, bounded, hold, holdOperations, listOf, type OnnxCall, refused, wordOf } from "./call.ts";
import { sliced } from "./moves.ts";

/** Windows along one axis: their size, the steps between them, what is added at both ends, and how many there are. */
export interface WindowAxis {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly count: number;
  /** The part of what is added after the end that the file asks for: ceil_mode adds more. */
  readonly said?: number;
}

/** Padding at both ends of each axis: `pads`, or half of what `total` says for SAME. */
export function axisPads(
  call: OnnxCall,
  { space, total, always = false }: { space: number; total: (axis: number) => number; always?: boolean },
): [number, number][] {
  const auto = wordOf(call, "auto_pad", "NOTSET");
  const pads = listOf(call, "pads");
  if (pads && pads.length !== 2 * space) throw refused(call, `${2 * space} pads`, `${pads.length}`);
  if (!["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER", ""].includes(auto))
    throw refused(call, "auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER", auto);
  return Array.from({ length: space }, (_, i) => {
    if (auto.startsWith("SAME") || always) {
      const all = total(i);
      const less = Math.trunc(all / 2);
      return auto === "SAME_LOWER" || (always && auto !== "SAME_UPPER") ? [all - less, less] : [less, all - less];
    }
    return auto === "VALID" || !pads ? [0, 0] : [pads[i], pads[space + i]];
  });
}

/** The windows of a node over the axes behind [N, C]. */
export function windowAxes(call: OnnxCall, x: Tensor, kernel: readonly number[]): WindowAxis[] {
  const space = x.shape.length - 2;
  const said = listOf(call, "kernel_shape");
  if (said && String(said) !== String(kernel)) throw refused(call, `kernel_shape [${kernel}]`, `[${said}]`);
  const each = (name: string) => {
    const list = listOf(call, name) ?? kernel.map(() => 1);
    if (list.length === space && list.every((v) => v > 0)) return list;
    throw refused(call, `${name} of ${space} sizes above 0`, `[${list}]`);
  };
  const [steps, gaps] = [each("strides"), each("dilations")];
  if (kernel.some((size) => !(size > 0))) throw refused(call, "a kernel of sizes above 0", `[${kernel}]`);
  const reach = kernel.map((size, i) => (size - 1) * gaps[i] + 1);
  const pads = axisPads(call, {
    space,
    total: (i) => Math.max(0, (Math.ceil(x.shape[i + 2] / steps[i]) - 1) * steps[i] + reach[i] - x.shape[i + 2]),
  });
  const ceil = attribute(call, "ceil_mode", 0) === 1;
  return kernel.map((size, i) => {
    const [before, after] = pads[i];
    if (before < 0 || after < 0) throw refused(call, "pads from 0", `${Math.min(before, after)}`);
    const length = x.shape[i + 2] + before + after;
    let count = (ceil ? Math.ceil : Math.floor)((length - reach[i]) / steps[i]) + 1;
    if (ceil && (count - 1) * steps[i] >= x.shape[i + 2] + before) count--; // a window must begin within x or before it
    if (!(count > 0)) throw refused(call, `at least ${reach[i]} entries along axis ${i + 2}`, `${length}`);
    const more = Math.max(0, (count - 1) * steps[i] + reach[i] - length);
    return { size, stride: steps[i], dilation: gaps[i], before, after: after + more, count, said: after };
  });
}

/** The first, second, … entries of all windows of x, which is wide enough: K tensors [N, C, count…], the last axis fastest. */
export function entries(call: OnnxCall, x: Tensor, axes: readonly WindowAxis[]): Tensor[] {
  const all = axes.reduce((n, { size }) => n * size, 1);
  holdOperations(call, 4 * all);
  bounded(call, [...x.shape.slice(0, 2), all, ...axes.map(({ count }) => count)]);
  return axes.reduce<Tensor[]>(
    (parts, a, i) =>
      parts.flatMap((part) =>
        Array.from(
          { length: a.size },
          (_, k) => sliced(call, part, i + 2, { from: k * a.dilation, count: a.count, step: a.stride }) as Tensor,
        ),
      ),
    [x],
  );
}

/** Number of entries of each window that count along an axis, as a factor: [count, 1, …] with so many ones behind. */
export function cells(call: OnnxCall, a: WindowAxis, size: number, include: boolean, behind: number): Tensor {
  hold(call, a.count * a.size);
  const end = size + (include ? a.before + (a.said ?? a.after) : a.before);
  const data = Array.from({ length: a.count }, (_, w) => {
    let n = 0;
    for (let k = 0; k < a.size; k++) {
      const at = w * a.stride + k * a.dilation;
      if (at < end && (include || at >= a.before)) n++;
    }
    return Math.max(1, n);
  });
  const factors = asTensor(call, { shape: [a.count], data, whole: false });
  return ops.reshape(factors, [a.count, ...Array.from({ length: behind }, () => 1)]);
}

/** Where the first, second, … entries of all windows lie in x [N, C, …] as one list: K tensors, i32 [N, C, count…]. */
export function entryPlaces(call: OnnxCall, x: Tensor, axes: readonly WindowAxis[]): Tensor[] {
  const strides = stridesOf(x.shape);
  const rank = x.shape.length;
  const ramp = (axis: number, count: number, step: number, from = 0): Tensor => {
    const steps = ops.add(ops.mul(ops.cast(ops.positions(count, x), "i32"), step), from);
    return ops.reshape(
      steps,
      Array.from({ length: rank }, (_, i) => (i === axis ? count : 1)),
    );
  };
  hold(
    call,
    axes.reduce((n, { count }) => n + count, 0),
  );
  const rows = ops.add(ramp(0, x.shape[0], strides[0]), ramp(1, x.shape[1], strides[1]));
  return axes.reduce<Tensor[]>(
    (parts, a, i) =>
      parts.flatMap((part) =>
        Array.from({ length: a.size }, (_, k) => {
          const first = (k * a.dilation - a.before) * strides[i + 2];
          return ops.add(part, ramp(i + 2, a.count, a.stride * strides[i + 2], first));
        }),
      ),
    [rows],
  );
}
