import { gatherBack } from "../../ops/gather.ts";
import * as ops from "../../ops/index.ts";
import { sizeOf, stridesOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  asTensor,
  attribute,
  axisIn,
  bounded,
  knownInput,
  knownNumber,
  type OnnxCall,
  type Operator,
  type Operators,
  refused,
  tensor,
  value,
  wordOf,
} from "./call.ts";
import { picked, reshaped, sliced, withAxisLast } from "./moves.ts";
import { notePicking } from "./picked-rows.ts";
import { largest, productOf, type Reduction, smallest } from "./reductions.ts";
import { isKnown } from "./values.ts";

/** Indices below 0 counted from the end, i32. */
const fromStart = (index: Tensor, size: number): Tensor => {
  const whole = ops.cast(index, "i32");
  return ops.where(ops.greater(0, whole), ops.add(whole, size), whole);
};

/** 0, 1, 2, … along one axis of a shape, i32, with size 1 along the others. */
const ramp = (shape: readonly number[], axis: number, beside: Tensor): Tensor =>
  ops.reshape(
    ops.cast(ops.positions(shape[axis], beside), "i32"),
    shape.map((_, i) => (i === axis ? shape[axis] : 1)),
  );

/** Refuses an index that is known and outside. */
function checkKnown(call: OnnxCall, size: number): readonly number[] | undefined {
  const numbers = knownInput(call, 1)?.data;
  const bad = numbers?.find((v) => !(v >= -size && v < size));
  if (bad !== undefined) throw refused(call, `indices from ${-size} to ${size - 1}`, `${bad}`);
  return numbers;
}

/** Entries along an axis by number: data [A…, V, B…], indices [I…] → [A…, I…, B…]. */
const gather: Operator = (call) => {
  const [data, indices] = [value(call, 0), value(call, 1)];
  const axis = axisIn(call, attribute(call, "axis", 0), data.shape.length);
  const size = data.shape[axis];
  const numbers = checkKnown(call, size);
  const shape = bounded(call, [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)]);
  const few = numbers && (numbers.length <= 8 || isKnown(data));
  if (few) {
    const places = numbers.map((v) => (v < 0 ? v + size : v));
    if (places.length === 0) return [reshaped(call, sliced(call, data, axis, { from: 0, count: 0 }), shape)];
    return [reshaped(call, picked(call, data, axis, places), shape)];
  }
  const x = asTensor(call, data);
  const ids = fromStart(asTensor(call, indices), size);
  if (axis === 0) return [ops.gather(x, ids)];
  const rest = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const rows = ops.gather(ops.transpose(x, [axis, ...rest]), ids); // [I…, A…, B…]
  const n = ids.shape.length;
  const perm = [
    ...rest.slice(0, axis).map((_, k) => n + k),
    ...ids.shape.map((_, k) => k),
    ...rest.slice(axis).map((_, k) => n + axis + k),
  ];
  return [ops.transpose(rows, perm)];
};

/** Places in the flat array that indices along an axis stand for, i32 in the shape of the indices. */
function flatPlaces(call: OnnxCall, data: Tensor, index: Tensor, axis: number): Tensor {
  if (index.shape.length !== data.shape.length || index.shape.some((d, i) => i !== axis && d > data.shape[i]))
    throw refused(call, `indices within [${data.shape}] but for axis ${axis}`, `[${index.shape}]`);
  const strides = stridesOf(data.shape);
  let places = ops.mul(fromStart(index, data.shape[axis]), strides[axis]);
  for (const [i, d] of index.shape.entries())
    if (i !== axis && d > 1) places = ops.add(places, ops.mul(ramp(index.shape, i, index), strides[i]));
  return places;
}

const flat = (x: Tensor): Tensor => ops.reshape(x, [sizeOf(x.shape)]);

const gatherElements: Operator = (call) => {
  const [data, index] = [tensor(call, 0), tensor(call, 1)];
  const axis = axisIn(call, attribute(call, "axis", 0), data.shape.length);
  checkKnown(call, data.shape[axis]);
  const places = notePicking(flatPlaces(call, data, index, axis), { data, index, numbered: [axis] });
  return [ops.gather(flat(data), places)];
};

/** Rows [N, rest…] of data whose leading axes (`depth` after `batch`) the last axis of index numbers, and which ones. */
function rowsAt(
  call: OnnxCall,
  data: Tensor,
  index: Tensor,
  batch: number,
): { rows: number; rest: number[]; places: Tensor } {
  const depth = index.shape[index.shape.length - 1] ?? 0;
  const fits =
    index.shape.length > batch &&
    depth <= data.shape.length - batch &&
    index.shape.slice(0, batch).every((d, i) => d === data.shape[i]);
  if (!fits) throw refused(call, `indices that number axes of [${data.shape}] behind ${batch}`, `[${index.shape}]`);
  const lead = index.shape.slice(0, -1);
  const named = data.shape.slice(0, batch + depth);
  const strides = stridesOf(named);
  let places = ops.constant(0, index, lead, "i32");
  for (let k = 0; k < depth; k++) {
    const column = ops.reshape(ops.sliceAxis(index, -1, k, 1), lead);
    places = ops.add(places, ops.mul(fromStart(column, named[batch + k]), strides[batch + k]));
  }
  for (let k = 0; k < batch; k++) places = ops.add(places, ops.mul(ramp(lead, k, index), strides[k]));
  return { rows: sizeOf(named), rest: data.shape.slice(batch + depth), places };
}

const gatherNd: Operator = (call) => {
  const [data, index] = [tensor(call, 0), tensor(call, 1)];
  const batch = attribute(call, "batch_dims", 0);
  const { rows, rest, places } = rowsAt(call, data, index, batch);
  bounded(call, [...places.shape, ...rest]);
  notePicking(places, { data, index, numbered: data.shape.map((_, i) => i).slice(batch) });
  return [ops.gather(ops.reshape(data, [rows, ...rest]), places)];
};

/** data [N, …] with the rows that places number replaced, or added to. */
function scattered(call: OnnxCall, data: Tensor, places: Tensor, updates: Tensor): Tensor {
  const how = wordOf(call, "reduction", "none");
  const n = data.shape[0];
  if (Object.hasOwn(reductions, how)) return reducedInto(call, data, places, updates, reductions[how]);
  if (how !== "none" && how !== "add") throw refused(call, "reduction none, add, mul, max or min", how);
  const sent = gatherBack(places, ops.cast(updates, "f32"), n);
  if (how === "add") return ops.cast(ops.add(ops.cast(data, "f32"), sent), data.dtype);
  const hit = gatherBack(places, ops.constant(1, data, places.shape), n); // [N]
  const wide = ops.reshape(hit, [n, ...data.shape.slice(1).map(() => 1)]);
  return ops.where(wide, ops.cast(sent, data.dtype), data);
}

interface ScatterReduction {
  readonly of: Reduction;
  readonly nothing: number;
  readonly two: (a: Tensor, b: Tensor) => Tensor;
}
const reductions: Readonly<Record<string, ScatterReduction>> = {
  mul: { of: productOf, nothing: 1, two: ops.mul },
  max: { of: largest, nothing: -Infinity, two: ops.maximum },
  min: { of: smallest, nothing: Infinity, two: ops.minimum },
};

/** data [N, …] with what rows get, each place compared with every row: [N, U, …]. */
function reducedInto(call: OnnxCall, data: Tensor, places: Tensor, updates: Tensor, r: ScatterReduction): Tensor {
  if (data.dtype !== "f32") throw refused(call, "floating point", "whole numbers");
  const [n, ...rest] = data.shape;
  const [u] = updates.shape;
  if (u === 0) return data;
  bounded(call, [n, u, ...rest]);
  const ones = rest.map(() => 1);
  const chosen = ops.equal(ops.reshape(places, [1, u, ...ones]), ops.reshape(ramp([n], 0, data), [n, 1, ...ones]));
  const sent = ops.where(chosen, ops.reshape(updates, [1, u, ...rest]), ops.constant(r.nothing, data));
  return r.two(data, ops.reshape(r.of(sent, [1], u, call), data.shape));
}

const scatterElements: Operator = (call) => {
  const [data, index, updates] = [0, 1, 2].map((k) => tensor(call, k));
  const axis = axisIn(call, attribute(call, "axis", 0), data.shape.length);
  checkKnown(call, data.shape[axis]);
  const places = flat(flatPlaces(call, data, index, axis));
  return [ops.reshape(scattered(call, flat(data), places, flat(updates)), data.shape)];
};

const scatterNd: Operator = (call) => {
  const data = tensor(call, 0);
  const { rows, rest, places } = rowsAt(call, data, tensor(call, 1), 0);
  const table = ops.reshape(data, [rows, ...rest]);
  const updates = ops.reshape(tensor(call, 2), [sizeOf(places.shape), ...rest]);
  return [ops.reshape(scattered(call, table, flat(places), updates), data.shape)];
};

/**
 * The k largest (or smallest) along an axis in order, and where they are; equal ones in their order. Every step is compared
 * with every other, T² of them for each row.
 */
const topK: Operator = (call) => {
  const x = tensor(call, 0);
  const axis = axisIn(call, attribute(call, "axis", -1), x.shape.length);
  const { moved, back } = withAxisLast(x, axis);
  const t = x.shape[axis];
  const k = call.node.attributes.has("k") ? attribute(call, "k", 0) : knownNumber(call, 1, "k");
  if (!(k >= 0 && k <= t)) throw refused(call, `k from 0 to ${t}`, `${k}`);
  const b = t === 0 ? 0 : sizeOf(x.shape) / t;
  const shape = [...moved.shape.slice(0, -1), k];
  if (b * k === 0) return [back(ops.constant(0, x, shape, x.dtype)), back(ops.constant(0, x, shape, "i32"))];
  bounded(call, [b, t, t]);
  const numbers = ops.reshape(moved, [b, t]);
  const [own, other] = [ops.reshape(numbers, [b, t, 1]), ops.reshape(numbers, [b, 1, t])];
  const steps = ops.positions(t, x);
  const [row, column] = [ops.reshape(steps, [1, t, 1]), ops.reshape(steps, [1, 1, t])];
  const first = attribute(call, "largest", 1) === 1 ? ops.greater(other, own) : ops.greater(own, other);
  const before = ops.add(first, ops.mul(ops.equal(own, other), ops.greater(row, column)));
  const rank = ops.sum(before, [2]); // [B, T]: how many come before each
  const chosen = ops.equal(ops.reshape(rank, [b, 1, t]), ops.reshape(ops.positions(k, x), [1, k, 1])); // [B, k, T]
  const places = ops.cast(ops.sum(ops.mul(chosen, column), [2]), "i32");
  const values = ops.sum(ops.where(chosen, other, ops.constant(0, x, [], x.dtype)), [2]); // infinity times 0 is NaN
  return [values, places].map((y) => back(ops.reshape(y, shape)));
};

/** The first steps of each row turned round, as many as its length says. */
const reverseSequence: Operator = (call) => {
  const [given, lengths] = [tensor(call, 0), ops.cast(tensor(call, 1), "i32")];
  const [batch, time] = [attribute(call, "batch_axis", 1), attribute(call, "time_axis", 0)];
  if (batch + time !== 1 || batch * time !== 0 || given.shape.length < 2)
    throw refused(call, "batch_axis and time_axis 0 and 1", `${batch} and ${time}`);
  const perm = given.shape.map((_, i) => (i < 2 ? 1 - i : i));
  const x = batch === 0 ? given : ops.transpose(given, perm); // [B, T, …]
  const [b, t, ...rest] = x.shape;
  const own = ops.reshape(lengths, [b, 1]);
  const step = ramp([1, t], 1, x);
  const turned = ops.where(ops.greater(own, step), ops.sub(ops.sub(own, 1), step), step); // [B, T]
  const places = ops.add(ops.mul(ramp([b, 1], 0, x), t), turned);
  notePicking(places, { data: x, index: lengths, numbered: [1] });
  const y = ops.reshape(ops.gather(ops.reshape(x, [b * t, ...rest]), places), x.shape);
  return [batch === 0 ? y : ops.transpose(y, perm)];
};

/** Operators that pick by index, or put by index. */
export const pickingOperators: Operators = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  TopK: topK,
  ReverseSequence: reverseSequence,
};
