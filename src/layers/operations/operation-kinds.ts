import { DataError, problem } from "../../errors.ts";
import * as ops from "../../ops/index.ts";
import { reduce } from "../../ops/reduce.ts";
import { axisOf, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { cutOut, type Key } from "../convolution/cut-out.ts";
import { activationFormulas } from "../core/activations.ts";
import { einsum, readEquation } from "../core/einsum.ts";
import type { ConfigValue } from "../options.ts";
import { cumulated, geluByTanh, multiplied, product, taken, tiled, variance } from "./operation-formulas.ts";
import {
  type Axes,
  alongLast,
  axesOf,
  expandDims,
  flipped,
  moved,
  pieces,
  repeated,
  reshaped,
  squeeze,
  swapped,
} from "./operation-shapes.ts";

/** An argument of an operation: tensors, numbers, lists of them, a slice. */
export type Value = Tensor | ConfigValue | readonly Value[];
type Attributes = Readonly<Record<string, ConfigValue>>;

/** An operation of Keras: its module, its settings with Keras's defaults, its formula over what it is called with. */
export interface OperationKind {
  readonly module: "numpy" | "nn" | "core" | "math";
  readonly attributes?: Attributes;
  /** Settings that the formula does not support, with the one value that each may have beside null. */
  readonly fixed?: Attributes;
  formula(values: readonly Value[], attributes: Attributes, who: string): Tensor | Tensor[];
}

export const isTensor = (value: Value | undefined): value is Tensor =>
  typeof value === "object" && value !== null && "trace" in value;

/** A tensor in f32, flags and whole numbers too. */
const float = (value: Value): Tensor => ops.cast(value as Tensor, "f32");
const whole = (value: Value): boolean => (isTensor(value) ? value.dtype === "i32" : Number.isInteger(value));

/** Two operands, one of which may be a number; whole numbers stay whole where the operation keeps them so. */
function both(of: (a: Tensor | number, b: Tensor | number) => Tensor, keepsWhole = true): OperationKind {
  return {
    module: "numpy",
    formula: ([a, b], _, who) => {
      const operand = (value: Value) => {
        if (isTensor(value)) return float(value);
        if (typeof value === "number" || typeof value === "boolean") return Number(value);
        throw new DataError(problem(who, "tensors and numbers", JSON.stringify(value)?.slice(0, 40) ?? "nothing"));
      };
      const y = of(operand(a), operand(b));
      const integers = keepsWhole && whole(a) && whole(b) && (isI32(a) || isI32(b));
      return integers ? ops.cast(y, "i32") : y;
    },
  };
}
const isI32 = (value: Value) => isTensor(value) && value.dtype === "i32";

const one = (of: (x: Tensor) => Tensor, module: OperationKind["module"] = "numpy"): OperationKind => ({
  module,
  formula: ([x]) => of(float(x)),
});

/** A function of ours by the name of Keras's activation. */
const activation = (name: keyof typeof activationFormulas): OperationKind =>
  one(activationFormulas[name] as (x: Tensor) => Tensor, "nn");

const reduced = (of: (x: Tensor, axes: number[] | undefined, keep: boolean) => Tensor): OperationKind => ({
  module: "numpy",
  attributes: { axis: null, keepdims: false },
  formula: ([x], { axis, keepdims }) => of(float(x), axesOf(axis, x as Tensor), keepdims === true),
});

/** The largest or smallest, with nothing beside the numbers themselves. */
const extreme = (kind: OperationKind): OperationKind => ({
  ...kind,
  attributes: { ...kind.attributes, initial: null },
  fixed: { initial: null },
});

const flag = (x: Tensor): Tensor => ops.sub(1, ops.equal(x, 0));
const not = (x: Tensor): Tensor => ops.equal(x, 0);
const less = (a: Tensor | number, b: Tensor | number): Tensor => ops.greater(b, a);

/** Division that rounds down, and what it leaves, with the divisor's sign. */
const floorDivide = (a: Tensor | number, b: Tensor | number) => ops.unary("floor", ops.div(a, b));
const modulo = (a: Tensor | number, b: Tensor | number) => ops.sub(a, ops.mul(b, floorDivide(a, b)));

/** Tensors of one list, all whole numbers or all f32. */
function listed(value: Value): Tensor[] {
  const list = value as readonly Tensor[];
  return list.every((t) => t.dtype === "i32") ? [...list] : list.map(float);
}

const like = (value: number): OperationKind => ({
  module: "numpy",
  attributes: { dtype: null },
  formula: ([x]) => ops.constant(value, x as Tensor, (x as Tensor).shape),
});

/** Keras's operations by class name: what a functional model may have between its layers. */
export const operationKinds: Readonly<Record<string, OperationKind>> = {
  Add: both(ops.add),
  Subtract: both(ops.sub),
  Multiply: both(ops.mul),
  TrueDivide: both(ops.div, false),
  Divide: both(ops.div, false),
  FloorDivide: both(floorDivide),
  Mod: both(modulo),
  Power: both((a, b) => (b === 2 && typeof a !== "number" ? ops.square(a) : ops.pow(a, b))),
  Maximum: both(ops.maximum),
  Minimum: both(ops.minimum),
  Equal: both(ops.equal, false),
  NotEqual: both((a, b) => not(ops.equal(a, b)), false),
  Greater: both(ops.greater, false),
  GreaterEqual: both(ops.greaterEqual, false),
  Less: both(less, false),
  LessEqual: both((a, b) => ops.greaterEqual(b, a), false),
  LogicalAnd: both((a, b) => ops.mul(flag(a as Tensor), flag(b as Tensor)), false),
  LogicalOr: both((a, b) => ops.maximum(flag(a as Tensor), flag(b as Tensor)), false),
  LogicalNot: one(not),

  Negative: one(ops.neg),
  Absolute: one(ops.abs),
  Abs: one(ops.abs),
  Square: one(ops.square),
  Sqrt: one(ops.sqrt),
  Rsqrt: one((x) => ops.div(1, ops.sqrt(x)), "math"),
  Reciprocal: one((x) => ops.div(1, x)),
  Exp: one(ops.exp),
  Expm1: one((x) => ops.unary("expm1", x)),
  Log: one(ops.log),
  Log1p: one((x) => ops.unary("log1p", x)),
  Sin: one((x) => ops.unary("sin", x)),
  Cos: one((x) => ops.unary("cos", x)),
  Sign: one((x) => ops.unary("sign", x)),
  Floor: one((x) => ops.unary("floor", x)),
  Tanh: one(ops.tanh),
  Clip: {
    module: "numpy",
    attributes: { x_min: null, x_max: null },
    formula: ([x], { x_min, x_max }) => {
      const above = typeof x_min === "number" ? ops.maximum(float(x), x_min) : float(x);
      return typeof x_max === "number" ? ops.minimum(above, x_max) : above;
    },
  },
  Where: {
    module: "numpy",
    formula: ([c, a, b]) => {
      const operand = (value: Value) => (isTensor(value) ? float(value) : ops.constant(Number(value), c as Tensor));
      return ops.where(flag(float(c)), operand(a), operand(b));
    },
  },
  Cast: {
    module: "core",
    attributes: { dtype: "float32" },
    formula: ([x], { dtype }, who) => {
      if (dtype === "bool") return flag(float(x));
      if (/^u?int/.test(String(dtype))) return ops.cast(x as Tensor, "i32");
      if (dtype === "float32") return float(x);
      throw new DataError(
        problem(who, "float32, int32 or bool", String(dtype), "Other kinds of numbers are not here."),
      );
    },
  },
  ConvertToTensor: { module: "core", formula: ([x]) => x as Tensor },
  ZerosLike: like(0),
  OnesLike: like(1),

  Mean: reduced(ops.mean),
  Sum: reduced(ops.sum),
  Max: extreme(reduced(ops.max)),
  Min: extreme(reduced((x, axes, keep) => reduce("min", x, axes, keep))),
  Any: reduced((x, axes, keep) => ops.max(flag(x), axes, keep)),
  All: reduced((x, axes, keep) => reduce("min", flag(x), axes, keep)),
  Var: reduced(variance),
  Std: reduced((x, axes, keep) => ops.sqrt(variance(x, axes, keep))),
  Logsumexp: {
    ...reduced((x, axes, keep) => {
      const most = ops.max(x, axes, true);
      const total = ops.log(ops.sum(ops.exp(ops.sub(x, most)), axes, keep));
      return ops.add(total, ops.reshape(most, total.shape));
    }),
    module: "math",
  },
  Argmax: {
    module: "numpy",
    attributes: { axis: null, keepdims: false },
    formula: ([x], { axis, keepdims }) => {
      const at = axisOf((axis ?? -1) as number, (x as Tensor).shape.length);
      const found = ops.argmax(at === (x as Tensor).shape.length - 1 ? float(x) : moved(float(x), at));
      return keepdims === true ? expandDims(found, at) : found;
    },
  },

  ExpandDims: {
    module: "numpy",
    attributes: { axis: -1 },
    formula: ([x], { axis }) => expandDims(x as Tensor, axis as Axes),
  },
  Squeeze: {
    module: "numpy",
    attributes: { axis: null },
    formula: ([x], { axis }, who) => squeeze(x as Tensor, axis, who),
  },
  Transpose: {
    module: "numpy",
    attributes: { axes: null },
    formula: ([x], { axes }) => {
      const t = x as Tensor;
      const order = (axes as number[] | null) ?? t.shape.map((_, i) => t.shape.length - 1 - i);
      return ops.transpose(
        t,
        order.map((a) => axisOf(a, t.shape.length)),
      );
    },
  },
  Swapaxes: {
    module: "numpy",
    attributes: { axis1: 1, axis2: 2 },
    formula: ([x], { axis1, axis2 }) => swapped(x as Tensor, axis1 as number, axis2 as number),
  },
  Reshape: {
    module: "numpy",
    attributes: { newshape: [-1] },
    formula: ([x], { newshape }, who) => reshaped(x as Tensor, newshape as number[], who),
  },
  Flip: { module: "numpy", attributes: { axis: null }, formula: ([x], { axis }) => flipped(x as Tensor, axis) },
  Repeat: {
    module: "numpy",
    attributes: { repeats: 1, axis: 1 },
    formula: ([x], { repeats, axis }) => repeated(x as Tensor, repeats as number, axis as number),
  },
  Concatenate: {
    module: "numpy",
    attributes: { axis: 0 },
    formula: ([list], { axis }) => ops.concat(listed(list), axis as number),
  },
  Stack: {
    module: "numpy",
    attributes: { axis: 0 },
    formula: ([list], { axis }) => {
      const tensors = listed(list);
      const at = axisOf(axis as number, tensors[0].shape.length + 1);
      return ops.concat(
        tensors.map((t) => expandDims(t, at)),
        at,
      );
    },
  },
  Split: {
    module: "numpy",
    attributes: { indices_or_sections: 2, axis: 0 },
    formula: ([x], { indices_or_sections: sections, axis }, who) => pieces(x as Tensor, sections, axis as number, who),
  },
  GetItem: {
    module: "numpy",
    formula: ([x, key], _, who) => cutOut(x as Tensor, [key].flat() as Key[], who),
  },
  Take: {
    module: "numpy",
    attributes: { axis: null },
    formula: ([x, indices], { axis }, who) => taken(x as Tensor, indices, axis as number | null, who),
  },
  Tile: {
    module: "numpy",
    attributes: { repeats: 1 },
    formula: ([x], { repeats }, who) => tiled(x as Tensor, repeats as number | number[], who),
  },
  Cumsum: {
    module: "numpy",
    attributes: { axis: null, dtype: null },
    fixed: { dtype: "float32" },
    formula: ([x], { axis }) => {
      const t = float(x);
      return axis === null ? cumulated(ops.reshape(t, [sizeOf(t.shape)]), 0) : cumulated(t, axis as number);
    },
  },
  Prod: {
    module: "numpy",
    attributes: { axis: null, keepdims: false, dtype: null },
    fixed: { dtype: "float32" },
    formula: ([x], { axis, keepdims }) => {
      const t = float(x);
      return multiplied(t, axesOf(axis, t) ?? [...t.shape.keys()], keepdims === true);
    },
  },
  Einsum: {
    module: "numpy",
    attributes: { subscripts: "" },
    formula: ([a, b], { subscripts }, who) => {
      const equation = readEquation(String(subscripts), (a as Tensor).shape.length, who);
      return einsum(equation, float(a), float(b));
    },
  },
  Matmul: { module: "numpy", formula: ([a, b]) => product(float(a), float(b)) },

  Softmax: {
    module: "nn",
    attributes: { axis: -1 },
    formula: ([x], { axis }) => alongLast(float(x), axis as number, ops.softmax),
  },
  LogSoftmax: {
    module: "nn",
    attributes: { axis: -1 },
    formula: ([x], { axis }) => alongLast(float(x), axis as number, ops.logSoftmax),
  },
  Relu: activation("relu"),
  Relu6: activation("relu6"),
  Sigmoid: activation("sigmoid"),
  Silu: activation("silu"),
  Softplus: one((x) => ops.unary("softplus", x), "nn"),
  HardSigmoid: activation("hardSigmoid"),
  Selu: activation("selu"),
  Gelu: {
    module: "nn",
    attributes: { approximate: true },
    formula: ([x], { approximate }) => (approximate ? geluByTanh(float(x)) : activationFormulas.gelu(float(x))),
  },
  Elu: {
    module: "nn",
    attributes: { alpha: 1 },
    formula: ([x], { alpha }) => {
      const t = float(x);
      const below = ops.mul(ops.unary("expm1", ops.minimum(t, 0)), alpha as number);
      return ops.where(ops.greater(t, 0), t, below);
    },
  },
  LeakyRelu: {
    module: "nn",
    attributes: { negative_slope: 0.2 },
    formula: ([x], { negative_slope: slope }) => {
      const t = float(x);
      return ops.where(ops.greater(t, 0), t, ops.mul(t, slope as number));
    },
  },
  Softsign: activation("softsign"),
  LogSigmoid: activation("logSigmoid"),
  HardTanh: activation("hardTanh"),
  OneHot: {
    module: "nn",
    attributes: { num_classes: 2, axis: -1, dtype: "float32", sparse: false },
    fixed: { axis: -1, dtype: "float32", sparse: false },
    formula: ([x], { num_classes }) => ops.oneHot(ops.cast(x as Tensor, "i32"), num_classes as number),
  },
};
