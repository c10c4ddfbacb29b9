import { FormatError, problem } from "../../errors.ts";
import * as ops from "../../ops/index.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  asTensor,
  attribute,
  axesOf,
  fewAxes,
  formula,
  hold,
  known,
  listOf,
  type OnnxCall,
  type Operator,
  type Operators,
  reshaped,
  sizes,
  tensor,
  whole,
} from "./call.ts";
import { axisIn, broadcastShape, isKnown, type Known, knownOf, type OnnxTraced } from "./values.ts";

/** Start and length of a slice along one axis, by NumPy's rules; step 1 or −1. */
function sliceOf(size: number, start: number, end: number, step: number, who: string): { from: number; count: number } {
  if (step !== 1 && step !== -1) throw new FormatError(problem(who, "steps of 1 or -1", `${step}`));
  const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v < 0 ? v + size : v, low), high);
  if (step === 1) {
    const [a, b] = [clamp(start, 0, size), clamp(end, 0, size)];
    return { from: a, count: Math.max(0, b - a) };
  }
  const [a, b] = [clamp(start, -1, size - 1), clamp(end, -1, size - 1)];
  return { from: b + 1, count: Math.max(0, a - b) };
}

const slice: Operator = (call) => {
  const from = (name: string, input: number) =>
    listOf(call, name) ?? (call.inputs[input] ? known(call, input, name) : undefined);
  const value = call.inputs[0]!;
  const rank = value.shape.length;
  const [starts, ends] = [fewAxes(call, from("starts", 1) ?? []), from("ends", 2) ?? []];
  const axes = fewAxes(call, from("axes", 3)) ?? starts.map((_, i) => i);
  const steps = from("steps", 4) ?? starts.map(() => 1);
  let result: OnnxTraced = value;
  for (const [i, given] of axes.entries()) {
    const axis = axisIn(given, rank);
    const { from: begin, count } = sliceOf(result.shape[axis], starts[i], ends[i], steps[i], call.who);
    if (isKnown(result)) {
      if (rank !== 1) throw new FormatError(problem(call.who, "a list of known numbers", `rank ${rank}`));
      hold(call, count);
      const data: readonly number[] = result.data.slice(begin, begin + count);
      result = { ...result, shape: [count], data: steps[i] < 0 ? [...data].reverse() : data };
    } else {
      const part: Tensor = ops.sliceAxis(result, axis, begin, count);
      result = steps[i] < 0 ? ops.reverse(part, axis) : part;
    }
  }
  return [result];
};

const gather: Operator = (call) => {
  const [data, indices] = call.inputs as OnnxTraced[];
  const axis = axisIn(attribute(call, "axis", 0), data.shape.length);
  if (isKnown(data)) {
    const at = knownOf(indices, call.who, "indices");
    if (data.shape.length !== 1)
      throw new FormatError(problem(call.who, "a list of known numbers", `rank ${data.shape.length}`));
    hold(call, at.data.length);
    return [{ ...data, shape: at.shape, data: at.data.map((i) => data.data[axisIn(i, data.data.length)]) }];
  }
  if (isKnown(indices) && indices.data.length === 1) {
    const one = ops.sliceAxis(data, axis, axisIn(indices.data[0], data.shape[axis]), 1);
    return [ops.reshape(one, [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)])];
  }
  if (axis !== 0 || data.shape.length !== 2) {
    throw new FormatError(
      problem(call.who, "rows of a matrix [V, D] along axis 0", `axis ${axis} of rank ${data.shape.length}`),
    );
  }
  return [ops.gather(data, ops.cast(asTensor(call, indices), "i32"))];
};

const cast: Operator = (call) => {
  const to = attribute(call, "to", 1);
  const value = call.inputs[0]!;
  const integer = to === 6 || to === 7 || to === 9;
  if (isKnown(value)) hold(call, value.data.length);
  if (isKnown(value))
    return [
      {
        ...value,
        whole: integer,
        data: integer ? value.data.map((v) => (to === 9 ? Number(v !== 0) : Math.trunc(v))) : value.data,
      },
    ];
  return [ops.cast(value, integer && to !== 9 ? "i32" : "f32")];
};

const reshape: Operator = (call) => {
  const value = call.inputs[0]!;
  const wanted = fewAxes(call, listOf(call, "shape")) ?? sizes(call, 1, "a shape");
  const wide = wanted.map((d, i) => (d === 0 ? value.shape[i] : d));
  const size = value.shape.reduce((n, d) => n * d, 1);
  const rest = wide.reduce((n, d) => (d === -1 ? n : n * d), 1);
  return [
    reshaped(
      value,
      wide.map((d) => (d === -1 ? size / rest : d)),
    ),
  ];
};

/** Lists of known numbers, one after another. */
function joined(call: OnnxCall, values: readonly Known[]): Known {
  const count = values.reduce((n, v) => n + v.data.length, 0);
  hold(call, count);
  const data: number[] = [];
  for (const v of values) for (const number of v.data) data.push(number);
  return { shape: [count], whole: values[0].whole, data };
}

/** Operators that move numbers, or say how many there are. */
export const shapingOperators: Operators = {
  Identity: (call) => [call.inputs[0]!],
  Dropout: (call) => [call.inputs[0]!],
  Cast: cast,
  Transpose: formula(([x], call) => {
    const perm = listOf(call, "perm") ?? x.shape.map((_, i) => x.shape.length - 1 - i);
    return ops.transpose(x, perm);
  }),
  Reshape: reshape,
  Flatten: formula(([x], call) => {
    const axis = axisIn(attribute(call, "axis", 1), x.shape.length);
    const product = (sizes: Shape) => sizes.reduce((n, d) => n * d, 1);
    return ops.reshape(x, [product(x.shape.slice(0, axis)), product(x.shape.slice(axis))]);
  }),
  Squeeze: (call) => {
    const value = call.inputs[0]!;
    const axes = axesOf(call, 1)?.map((axis) => axisIn(axis, value.shape.length));
    return [
      reshaped(
        value,
        value.shape.filter((d, i) => (axes ? !axes.includes(i) : d !== 1)),
      ),
    ];
  },
  Unsqueeze: (call) => {
    const value = call.inputs[0]!;
    const given = axesOf(call, 1) ?? [];
    const rank = value.shape.length + given.length;
    const axes = given.map((axis) => axisIn(axis, rank));
    const left = [...value.shape];
    return [
      reshaped(
        value,
        Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : left.shift()!)),
      ),
    ];
  },
  Concat: (call) => {
    const values = call.inputs as OnnxTraced[];
    if (values.every(isKnown)) return [joined(call, values)];
    return [
      ops.concat(
        values.map((_, i) => tensor(call, i)),
        attribute(call, "axis", 0),
      ),
    ];
  },
  Split: (call) => {
    const x = tensor(call, 0);
    const axis = axisIn(attribute(call, "axis", 0), x.shape.length);
    const equal = () => call.node.outputs.map(() => x.shape[axis] / call.node.outputs.length);
    const parts = listOf(call, "split") ?? (call.inputs[1] ? known(call, 1, "sizes") : equal());
    let at = 0;
    if (parts.length > call.node.outputs.length)
      throw new FormatError(problem(call.who, `${call.node.outputs.length} sizes`, `${parts.length}`));
    return parts.map((size) => {
      at += size;
      return ops.sliceAxis(x, axis, at - size, size);
    });
  },
  Slice: slice,
  Gather: gather,
  Expand: (call) => {
    const x = tensor(call, 0);
    return [ops.broadcastTo(x, broadcastShape(x.shape, sizes(call, 1, "a shape"), call.who))];
  },
  Shape: (call) => [whole([call.inputs[0]!.shape.length], call.inputs[0]!.shape)],
  Constant: ({ node, who }) => {
    const value = [...node.attributes.values()][0];
    if (typeof value === "number") return [{ shape: [], data: [value], whole: node.attributes.has("value_int") }];
    if (Array.isArray(value))
      return [{ shape: [value.length], data: value as number[], whole: node.attributes.has("value_ints") }];
    throw new FormatError(problem(who, "numbers", typeof value));
  },
  ConstantOfShape: (call) => {
    const shape = sizes(call, 0, "a shape");
    const value = call.node.attributes.get("value");
    const tensorValue = typeof value === "object" && !Array.isArray(value) ? value : undefined;
    const fill = Number(tensorValue?.data[0] ?? 0);
    const size = shape.reduce((n, d) => n * d, 1);
    hold(call, size);
    const integer = tensorValue !== undefined && !(tensorValue.data instanceof Float32Array);
    return [{ shape, whole: integer, data: new Array<number>(size).fill(fill) }];
  },
  Range: (call) => {
    const [start, end, step] = [0, 1, 2].map((i) => known(call, i, "bounds")[0]);
    const count = Math.max(0, Math.ceil((end - start) / step));
    if (!Number.isFinite(count)) throw new FormatError(problem(call.who, "bounds and a step", `${[start, end, step]}`));
    hold(call, count);
    return [
      whole(
        [count],
        Array.from({ length: count }, (_, i) => start + i * step),
      ),
    ];
  },
  Tile: (call) => {
    let x = tensor(call, 0);
    const times = sizes(call, 1, "repeats");
    const size = x.shape.reduce((n, d, axis) => n * d * (times[axis] ?? 1), 1);
    if (!(times.length === x.shape.length && size <= 2 ** 28 && times.every((n) => n > 0 && n <= 65_536)))
      throw new FormatError(problem(call.who, `${x.shape.length} repeats`, `[${times}]`));
    times.forEach((n, axis) => {
      hold(call, 8 * n); // each copy is an input of its own
      x = ops.concat(
        Array.from({ length: n }, () => x),
        axis,
      );
    });
    return [x];
  },
};
