import * as ops from "../../ops/index.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import {
  attribute,
  axesOf,
  axisIn,
  bounded,
  fewAxes,
  known,
  knownNumber,
  listOf,
  type OnnxCall,
  type Operator,
  type Operators,
  refused,
  sizes,
  tensor,
  value,
  whole,
  wordOf,
} from "./call.ts";
import { joined, padded, picked, reshaped, sliced, spreadTo, transposed } from "./moves.ts";
import type { OnnxTraced } from "./values.ts";

/** Where a slice begins and how much it takes along one axis: NumPy's rules, but that a slice back begins at 0 at the least. */
function sliceOf(
  call: OnnxCall,
  size: number,
  start: number,
  end: number,
  step: number,
): { from: number; count: number; step: number } {
  if (!Number.isInteger(step) || step === 0) throw refused(call, "steps other than 0", `${step}`);
  // "To the end" for ONNX Runtime, to the last entry for the standard: then nothing would be taken.
  if (step < 0 && (end === 2 ** 31 - 1 || end === 2 ** 63))
    throw refused(call, "an end below the start where steps go back", `${end}`, "The beginning is INT_MIN.");
  const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v < 0 ? v + size : v, low), high);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const [from, to] = [clamp(start, 0, high), clamp(end, low, high)];
  return { from, count: Math.max(0, Math.ceil((to - from) / step)), step };
}

const slice: Operator = (call) => {
  const from = (name: string, input: number) =>
    listOf(call, name) ?? (call.inputs[input] ? known(call, input, name) : undefined);
  let x = value(call, 0);
  const rank = x.shape.length;
  const [starts, ends] = [fewAxes(call, from("starts", 1) ?? []), from("ends", 2) ?? []];
  const axes = fewAxes(call, from("axes", 3)) ?? starts.map((_, i) => i);
  const steps = from("steps", 4) ?? starts.map(() => 1);
  if ([ends, axes, steps].some((list) => list.length !== starts.length))
    throw refused(call, `${starts.length} ends, axes and steps`, `${ends.length}, ${axes.length} and ${steps.length}`);
  for (const [i, given] of axes.entries()) {
    const axis = axisIn(call, given, rank);
    x = sliced(call, x, axis, sliceOf(call, x.shape[axis], starts[i], ends[i], steps[i]));
  }
  return [x];
};

const reshape: Operator = (call) => {
  const x = value(call, 0);
  const wanted = fewAxes(call, listOf(call, "shape")) ?? sizes(call, 1, "a shape");
  const zeros = attribute(call, "allowzero", 0) === 1;
  const wide = wanted.map((d, i) => (d === 0 && !zeros ? (x.shape[i] ?? 0) : d));
  const rest = wide.reduce((n, d) => (d === -1 ? n : n * d), 1);
  const left = rest === 0 ? 0 : sizeOf(x.shape) / rest;
  return [
    reshaped(
      call,
      x,
      wide.map((d) => (d === -1 ? left : d)),
    ),
  ];
};

const flatten: Operator = (call) => {
  const x = value(call, 0);
  const given = attribute(call, "axis", 1);
  const axis = given === x.shape.length ? given : axisIn(call, given, Math.max(1, x.shape.length));
  return [reshaped(call, x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])];
};

const squeeze: Operator = (call) => {
  const x = value(call, 0);
  const axes = axesOf(call, 1, x.shape.length);
  const wrong = axes?.find((axis) => x.shape[axis] !== 1);
  if (wrong !== undefined) throw refused(call, `size 1 along axis ${wrong}`, `[${x.shape}]`);
  return [
    reshaped(
      call,
      x,
      x.shape.filter((d, i) => (axes ? !axes.includes(i) : d !== 1)),
    ),
  ];
};

const unsqueeze: Operator = (call) => {
  const x = value(call, 0);
  const count = (listOf(call, "axes") ?? sizes(call, 1, "axes")).length;
  const rank = x.shape.length + count;
  const axes = axesOf(call, 1, rank) ?? [];
  const left = [...x.shape];
  return [
    reshaped(
      call,
      x,
      Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : left.shift()!)),
    ),
  ];
};

const split: Operator = (call) => {
  const x = value(call, 0);
  const count = call.node.outputs.length;
  const axis = axisIn(call, attribute(call, "axis", 0), x.shape.length);
  if (attribute(call, "num_outputs", count) !== count) throw refused(call, `num_outputs ${count}`, "another");
  const each = Math.ceil(x.shape[axis] / count); // the last may be smaller
  const equal = () => Array.from({ length: count }, (_, k) => Math.max(0, Math.min(each, x.shape[axis] - k * each)));
  const parts = listOf(call, "split") ?? (call.inputs[1] ? known(call, 1, "sizes") : equal());
  if (parts.length !== count || parts.reduce((n, d) => n + d, 0) !== x.shape[axis] || parts.some((d) => !(d >= 0)))
    throw refused(call, `${count} sizes that make ${x.shape[axis]}`, `[${parts.slice(0, 32)}]`);
  let at = 0;
  return parts.map((size) => {
    at += size;
    return sliced(call, x, axis, { from: at - size, count: size });
  });
};

const tile: Operator = (call) => {
  let x = value(call, 0);
  const times = sizes(call, 1, "repeats");
  if (times.length !== x.shape.length || times.some((n) => !(n >= 0)))
    throw refused(call, `${x.shape.length} repeats`, `[${times}]`);
  bounded(
    call,
    x.shape.map((d, axis) => d * times[axis]),
  );
  for (const [axis, n] of times.entries()) {
    if (n === 1) continue;
    // One axis more, of size n, that x is spread along.
    const apart = reshaped(call, x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
    const wide = [...x.shape.slice(0, axis), n, ...x.shape.slice(axis)];
    const shape = x.shape.map((d, i) => (i === axis ? n * d : d));
    x = reshaped(call, n === 0 ? sliced(call, apart, axis, { from: 0, count: 0 }) : spreadTo(call, apart, wide), shape);
  }
  return [x];
};

/** For each place of a padded axis the place it repeats. */
const repeated: Readonly<Record<string, (k: number, size: number) => number>> = {
  edge: (k, size) => Math.min(Math.max(k, 0), size - 1),
  wrap: (k, size) => ((k % size) + size) % size,
  reflect: (k, size) => {
    const period = Math.max(1, 2 * (size - 1));
    const at = ((k % period) + period) % period;
    return at < size ? at : period - at;
  },
};

const pad: Operator = (call) => {
  let x = value(call, 0);
  const rank = x.shape.length;
  const mode = wordOf(call, "mode", "constant");
  const pads = fewAxes(call, listOf(call, "pads")) ?? sizes(call, 1, "pads");
  const axes = call.inputs[3] ? sizes(call, 3, "axes").map((a) => axisIn(call, a, rank)) : x.shape.map((_, i) => i);
  if (pads.length !== 2 * axes.length) throw refused(call, `${2 * axes.length} pads`, `${pads.length}`);
  if (mode !== "constant" && !Object.hasOwn(repeated, mode))
    throw refused(call, "mode constant, edge, reflect or wrap", mode);
  const filled = call.inputs[2] ? ops.reshape(tensor(call, 2), []) : attribute(call, "value", 0);
  for (const [i, axis] of axes.entries()) {
    const [before, after] = [pads[i], pads[axes.length + i]];
    const from = Math.max(0, -before);
    const cut = sliced(call, x, axis, { from, count: Math.max(0, x.shape[axis] - from - Math.max(0, -after)) });
    const more = { before: Math.max(0, before), after: Math.max(0, after) };
    if (mode === "constant") x = padded(call, cut, axis, { ...more, filled });
    else if (more.before + more.after > 0) {
      const size = cut.shape[axis];
      bounded(call, [more.before + size + more.after]);
      if (size === 0) throw refused(call, `numbers to repeat along axis ${axis}`, "none");
      const places = Array.from({ length: more.before + size + more.after }, (_, k) =>
        repeated[mode](k - more.before, size),
      );
      x = joined(
        call,
        runs(places).map((run) => picked(call, cut, axis, run)),
        axis,
      );
    } else x = cut;
  }
  return [x];
};

/** Places cut into runs of steps of one size, each of which is one slice. */
function runs(places: readonly number[]): number[][] {
  const found: number[][] = [];
  for (const place of places) {
    const run = found.at(-1);
    const step = run && run.length > 1 ? run[1] - run[0] : undefined;
    const next = run && place - run[run.length - 1];
    if (run && (step === undefined ? Math.abs(next!) === 1 : next === step)) run.push(place);
    else found.push([place]);
  }
  return found;
}

/** The upper triangle of the last two axes, or the lower one; zero elsewhere. */
const trilu: Operator = (call) => {
  const x = tensor(call, 0);
  const rank = x.shape.length;
  if (rank < 2) throw refused(call, "matrices", `rank ${rank}`);
  const k = call.inputs[1] ? knownNumber(call, 1, "k") : 0;
  const [m, n] = x.shape.slice(-2);
  const row = ops.reshape(ops.positions(m, x), [m, 1]);
  const column = ops.reshape(ops.positions(n, x), [1, n]);
  const diagonal = ops.sub(column, row);
  const kept = attribute(call, "upper", 1) === 1 ? ops.greaterEqual(diagonal, k) : ops.greaterEqual(k, diagonal);
  return [ops.where(kept, x, ops.constant(0, x, [], x.dtype))];
};

/** Channels to blocks of pixels, or back: x [N, C, H, W]. */
const blocks =
  (toSpace: boolean): Operator =>
  (call) => {
    const x = value(call, 0);
    const b = attribute(call, "blocksize", 0);
    const [n, c, h, w] = x.shape;
    const fits = x.shape.length === 4 && b > 0 && (toSpace ? c % (b * b) === 0 : h % b === 0 && w % b === 0);
    if (!fits) throw refused(call, `x [N, C, H, W] that blocksize ${b} divides`, `[${x.shape}]`);
    const moved = (wide: Shape, perm: readonly number[], shape: Shape): OnnxTraced =>
      reshaped(call, transposed(call, reshaped(call, x, wide), perm), shape);
    if (!toSpace) return [moved([n, c, h / b, b, w / b, b], [0, 3, 5, 1, 2, 4], [n, c * b * b, h / b, w / b])];
    const d = c / b / b;
    if (wordOf(call, "mode", "DCR") === "DCR")
      return [moved([n, b, b, d, h, w], [0, 3, 4, 1, 5, 2], [n, d, h * b, w * b])];
    return [moved([n, d, b, b, h, w], [0, 1, 4, 2, 5, 3], [n, d, h * b, w * b])];
  };

const shapeOf: Operator = (call) => {
  const { shape } = value(call, 0);
  const at = (given: number) => Math.min(Math.max(given < 0 ? given + shape.length : given, 0), shape.length);
  const found = shape.slice(at(attribute(call, "start", 0)), at(attribute(call, "end", shape.length)));
  return [whole([found.length], found)];
};

/** Without training nothing is dropped: the mask is all true. Before opset 12 nothing says what it is. */
const dropout: Operator = (call) => {
  const x = value(call, 0);
  if (call.inputs[2] && knownNumber(call, 2, "training_mode") !== 0)
    throw refused(call, "training_mode false", "true", "Export the model for inference.");
  return call.opset < 12 ? [x] : [x, ops.constant(1, call.beside, x.shape)];
};

/** Operators that move numbers, or say how many there are. */
export const shapingOperators: Operators = {
  Identity: (call) => [value(call, 0)],
  Dropout: dropout,
  Transpose: (call) => {
    const x = value(call, 0);
    return [transposed(call, x, listOf(call, "perm") ?? x.shape.map((_, i) => x.shape.length - 1 - i))];
  },
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: (call) => {
    const parts = call.inputs.map((_, k) => value(call, k));
    return [joined(call, parts, axisIn(call, attribute(call, "axis", 0), parts[0].shape.length))];
  },
  Split: split,
  Slice: slice,
  Expand: (call) => [spreadTo(call, value(call, 0), sizes(call, 1, "a shape"))],
  Tile: tile,
  Pad: pad,
  Trilu: trilu,
  DepthToSpace: blocks(true),
  SpaceToDepth: blocks(false),
  Shape: shapeOf,
  Size: (call) => [whole([], [sizeOf(value(call, 0).shape)])],
};
