import * as ops from "../../ops/index.ts";
import { sizeOf } from "../../tensor/shape.ts";
import {
  asTensor,
  attribute,
  bounded,
  fewAxes,
  hold,
  known,
  knownInput,
  knownNumber,
  type Operator,
  type Operators,
  refused,
  sizes,
  value,
} from "./call.ts";
import { castTo } from "./cast.ts";
import type { OnnxTensor } from "./proto.ts";
import { type Known, rounded } from "./values.ts";

/** Numbers of a tensor in the file, as known ones. */
export const knownTensor = ({ dims, data }: OnnxTensor): Known => ({
  shape: dims,
  data: Array.from(data as Float32Array, Number),
  whole: !(data instanceof Float32Array),
});

const constant: Operator = (call) => {
  const [[name, given] = ["", undefined]] = call.node.attributes;
  if (typeof given === "number") return [{ shape: [], data: [given], whole: name === "value_int" }];
  if (Array.isArray(given) && given.every((v) => typeof v === "number"))
    return [{ shape: [given.length], data: given, whole: name === "value_ints" }];
  if (typeof given === "object" && !Array.isArray(given)) return [knownTensor(given)];
  throw refused(call, "numbers", typeof given);
};

const constantOfShape: Operator = (call) => {
  const shape = bounded(call, sizes(call, 0, "a shape"));
  const given = call.node.attributes.get("value");
  const of = typeof given === "object" && !Array.isArray(given) ? knownTensor(given) : undefined;
  const size = sizeOf(shape);
  hold(call, size);
  return [{ shape, whole: of?.whole ?? false, data: new Array<number>(size).fill(of?.data[0] ?? 0) }];
};

const range: Operator = (call) => {
  const [start, end, step] = [0, 1, 2].map((i) => knownNumber(call, i, "bounds"));
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (!Number.isFinite(count)) throw refused(call, "bounds and a step", `${[start, end, step]}`);
  hold(call, count);
  const isWhole = [0, 1, 2].every((k) => knownInput(call, k)?.whole);
  const data = Array.from({ length: count }, (_, i) => start + i * step);
  return [rounded({ shape: [count], data, whole: isWhole }, call.who)];
};

/** Ones on a diagonal, in the shape of the input and of the type said, or the input's. */
const eyeLike: Operator = (call) => {
  const x = value(call, 0);
  if (x.shape.length !== 2) throw refused(call, "a matrix", `[${x.shape}]`);
  const [rows, columns] = fewAxes(call, x.shape);
  const k = attribute(call, "k", 0);
  hold(call, rows * columns);
  const data = Array.from({ length: rows * columns }, (_, i) => Number((i % columns) - Math.floor(i / columns) === k));
  const to = call.node.attributes.has("dtype") ? attribute(call, "dtype", 1) : (call.types[0] ?? 1);
  return [castTo(call, { shape: x.shape, data, whole: true }, to)];
};

/** Index numbers as 1 in zeros, or as two values of the file: the axis is new. */
const oneHot: Operator = (call) => {
  const at = value(call, 0);
  const depth = knownNumber(call, 1, "a depth");
  const [off, on] = known(call, 2, "values");
  const rank = at.shape.length + 1;
  const given = attribute(call, "axis", -1);
  const axis = given < 0 ? given + rank : given;
  if (!(axis >= 0 && axis < rank)) throw refused(call, `an axis from ${-rank} to ${rank - 1}`, `${given}`);
  bounded(call, [...at.shape, depth]);
  const ids = ops.cast(asTensor(call, at), "i32");
  const fromStart = ops.where(ops.greater(0, ids), ops.add(ids, depth), ids);
  const places = ops.reshape(fromStart, [...at.shape.slice(0, axis), 1, ...at.shape.slice(axis)]);
  const steps = ops.reshape(ops.cast(ops.positions(depth, ids), "i32"), [depth, ...at.shape.slice(axis).map(() => 1)]);
  const dtype = knownInput(call, 2)!.whole ? "i32" : "f32";
  const number = (v: number) => ops.constant(v, ids, [], dtype);
  return [ops.where(ops.equal(places, steps), number(on), number(off))];
};

/** Operators that make numbers. */
export const makingOperators: Operators = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  EyeLike: eyeLike,
  OneHot: oneHot,
};
