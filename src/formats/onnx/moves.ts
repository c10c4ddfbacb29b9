import * as ops from "../../ops/index.ts";
import { type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { alike, asTensor, bounded, hold, holdOperations, type OnnxCall, refused } from "./call.ts";
import { broadcastShape, isKnown, type Known, type OnnxTraced, spread, walked } from "./values.ts";

/** Moving numbers, whether they are known already or come with the input: each function takes and gives either. */

export function reshaped(call: OnnxCall, x: OnnxTraced, shape: Shape): OnnxTraced {
  bounded(call, shape);
  if (sizeOf(shape) !== sizeOf(x.shape))
    throw refused(call, `a shape of ${sizeOf(x.shape)} numbers, as [${x.shape}]`, `[${shape}]`);
  if (!isKnown(x)) return ops.reshape(x, shape);
  return { ...x, shape, tensor: x.tensor && ops.reshape(x.tensor, shape) };
}

export function transposed(call: OnnxCall, x: OnnxTraced, perm: readonly number[]): OnnxTraced {
  const sound = perm.length === x.shape.length && [...perm].sort((a, b) => a - b).every((a, i) => a === i);
  if (!sound) throw refused(call, `each axis of rank ${x.shape.length} once`, `[${perm}]`);
  if (perm.every((a, i) => a === i)) return x;
  if (!isKnown(x)) return ops.transpose(x, perm);
  const strides = stridesOf(x.shape);
  return taken(call, x, {
    shape: perm.map((a) => x.shape[a]),
    strides: perm.map((a) => strides[a]),
  });
}

/** `count` entries along one axis from `from`, each `step` behind the one before; step may be negative. */
export function sliced(
  call: OnnxCall,
  x: OnnxTraced,
  axis: number,
  { from, count, step = 1 }: { from: number; count: number; step?: number },
): OnnxTraced {
  const shape = x.shape.map((d, i) => (i === axis ? count : d));
  if (count === x.shape[axis] && (step === 1 || count < 2)) return x;
  if (isKnown(x)) {
    const strides = stridesOf(x.shape);
    return taken(call, x, {
      shape,
      strides: strides.map((s, i) => (i === axis ? s * step : s)),
      start: from * strides[axis],
    });
  }
  if (count === 0) return ops.sliceAxis(x, axis, 0, 0);
  const far = Math.abs(step);
  const last = from + (count - 1) * step;
  const run = ops.sliceAxis(x, axis, Math.min(from, last), (count - 1) * far + 1);
  const every = far === 1 ? run : everyNth(run, axis, far, count);
  return step < 0 ? ops.reverse(every, axis) : every;
}

/** The entries 0, n, 2n, … along an axis. */
function everyNth(x: Tensor, axis: number, n: number, count: number): Tensor {
  const wide = ops.pad(
    x,
    x.shape.map(() => 0),
    x.shape.map((d, i) => (i === axis ? count * n : d)),
  );
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const apart = ops.sliceAxis(ops.reshape(wide, [...before, count, n, ...after]), axis + 1, 0, 1);
  return ops.reshape(apart, [...before, count, ...after]);
}

export function spreadTo(call: OnnxCall, x: OnnxTraced, shape: Shape): OnnxTraced {
  const wide = bounded(call, broadcastShape(x.shape, shape, call.who));
  if (!isKnown(x)) return ops.broadcastTo(x, wide);
  hold(call, sizeOf(wide));
  return spread(x, wide);
}

export function joined(call: OnnxCall, parts: readonly OnnxTraced[], axis: number): OnnxTraced {
  const [first] = parts;
  const fits = parts.every(
    ({ shape }) => shape.length === first.shape.length && shape.every((d, i) => i === axis || d === first.shape[i]),
  );
  if (!fits) {
    const shapes = parts.map(({ shape }) => `[${shape}]`).join(", ");
    throw refused(call, `shapes that differ along axis ${axis} alone`, shapes.slice(0, 200));
  }
  if (parts.length === 1) return first;
  const along = parts.reduce((n, { shape }) => n + shape[axis], 0);
  const shape = bounded(
    call,
    first.shape.map((d, i) => (i === axis ? along : d)),
  );
  if (!parts.every(isKnown)) {
    const some = parts.filter((part) => part.shape[axis] > 0);
    const tensors = (some.length > 0 ? some : [first]).map((part) => asTensor(call, part));
    return ops.concat(alike(tensors), axis);
  }
  hold(call, sizeOf(shape));
  const inner = sizeOf(shape.slice(axis + 1));
  const data: number[] = [];
  for (let row = 0; row < sizeOf(shape.slice(0, axis)); row++)
    for (const part of parts) {
      const width = part.shape[axis] * inner;
      for (let k = row * width; k < (row + 1) * width; k++) data.push(part.data[k]);
    }
  return { shape, data, whole: parts.every(({ whole }) => whole) };
}

/** The entries at known places along an axis. */
export function picked(call: OnnxCall, x: OnnxTraced, axis: number, places: readonly number[]): OnnxTraced {
  const step = places.length > 1 ? places[1] - places[0] : 1;
  if (step !== 0 && places.every((p, k) => p === places[0] + k * step))
    return sliced(call, x, axis, { from: places[0] ?? 0, count: places.length, step });
  holdOperations(call, places.length);
  return joined(
    call,
    places.map((from) => sliced(call, x, axis, { from, count: 1 })),
    axis,
  );
}

/** Entries of the value added at both ends of an axis. */
export function padded(
  call: OnnxCall,
  x: OnnxTraced,
  axis: number,
  { before, after, filled }: { before: number; after: number; filled: Tensor | number },
): OnnxTraced {
  const wide = (count: number): OnnxTraced[] => {
    if (count === 0) return [];
    const shape = bounded(
      call,
      x.shape.map((d, i) => (i === axis ? count : d)),
    );
    if (typeof filled !== "number") return [ops.broadcastTo(filled, shape)];
    const dtype = isKnown(x) ? (x.whole ? "i32" : "f32") : x.dtype;
    return [ops.constant(filled, call.beside, shape, dtype)];
  };
  return joined(call, [...wide(before), x, ...wide(after)], axis);
}

function taken(call: OnnxCall, x: Known, to: { shape: Shape; strides: readonly number[]; start?: number }): Known {
  hold(call, sizeOf(to.shape));
  return walked(x, to.shape, to.strides, to.start);
}

/** An axis brought to another place, and how it comes back. */
export function withAxisLast(x: Tensor, axis: number): { moved: Tensor; back: (y: Tensor) => Tensor } {
  const rank = x.shape.length;
  if (axis === rank - 1) return { moved: x, back: (y) => y };
  const perm = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return { moved: ops.transpose(x, perm), back: (y) => ops.transpose(y, perm) };
}
