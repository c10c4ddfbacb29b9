import type { NdArray } from "../../tensor/nd-array.ts";
import type { Symbolic, SymbolicTensor } from "../layer.ts";
import type { ConfigValue } from "../options.ts";
import { type Operand, operate } from "./operation.ts";
import { sliceKeys } from "./slice-key.ts";
import type { SymbolicOperations } from "./symbolic-operations.ts";

type Methods = SymbolicOperations<SymbolicTensor, Symbolic | NdArray>;
type Axis = number | readonly number[] | null;

const one = (className: string, operands: readonly Operand[], attributes: Record<string, ConfigValue> = {}) =>
  operate(className, operands, attributes) as SymbolicTensor;
const pair = (className: string) =>
  function (this: Symbolic, other: Symbolic | NdArray | number): SymbolicTensor {
    return one(className, [this, other]);
  };
const alone = (className: string) =>
  function (this: Symbolic): SymbolicTensor {
    return one(className, [this]);
  };
const reduced = (className: string) =>
  function (this: Symbolic, axis: Axis = null, { keepdims = false }: { keepdims?: boolean } = {}): SymbolicTensor {
    return one(className, [this], { axis: axis as ConfigValue, keepdims });
  };

/** The methods of tensors of functional models. */
export const symbolicMethods: Methods & ThisType<Symbolic> = {
  add: pair("Add"),
  sub: pair("Subtract"),
  mul: pair("Multiply"),
  div: pair("TrueDivide"),
  pow: pair("Power"),
  maximum: pair("Maximum"),
  minimum: pair("Minimum"),
  equal: pair("Equal"),
  notEqual: pair("NotEqual"),
  greater: pair("Greater"),
  greaterEqual: pair("GreaterEqual"),
  less: pair("Less"),
  lessEqual: pair("LessEqual"),
  logicalAnd: pair("LogicalAnd"),
  logicalOr: pair("LogicalOr"),
  logicalNot: alone("LogicalNot"),
  neg: alone("Negative"),
  abs: alone("Absolute"),
  square: alone("Square"),
  sqrt: alone("Sqrt"),
  exp: alone("Exp"),
  log: alone("Log"),
  tanh: alone("Tanh"),
  sigmoid: alone("Sigmoid"),
  relu: alone("Relu"),
  softmax(axis = -1) {
    return one("Softmax", [this], { axis });
  },
  clip(low, high) {
    return one("Clip", [this], { x_min: low, x_max: high });
  },
  where(yes, no) {
    return one("Where", [this, yes, no]);
  },
  cast(dtype) {
    return one("Cast", [this], { dtype });
  },
  mean: reduced("Mean"),
  sum: reduced("Sum"),
  max: reduced("Max"),
  min: reduced("Min"),
  expandDims(axis) {
    return one("ExpandDims", [this], { axis });
  },
  squeeze(axis = null) {
    return one("Squeeze", [this], { axis: axis as ConfigValue });
  },
  transpose(axes = null) {
    return one("Transpose", [this], { axes });
  },
  reshape(shape) {
    return one("Reshape", [this], { newshape: [...shape] });
  },
  slice(...keys) {
    return one("GetItem", [this, sliceKeys(keys, "slice")]);
  },
  concat(others, axis = -1) {
    return one("Concatenate", [[this, others].flat() as Symbolic[]], { axis });
  },
  stack(others, axis = 0) {
    return one("Stack", [[this, others].flat() as Symbolic[]], { axis });
  },
  matmul(other) {
    return one("Matmul", [this, other]);
  },
};
