import type { BinaryFn, UnaryFn } from "../program/functions.ts";
import { broadcastShapes, type DType, type Shape, sameShape } from "../tensor/shape.ts";
import { type Op, type Tensor, traceOf } from "../tensor/tensor.ts";
import { apply1, like, wrongShapes } from "./op.ts";

export type { BinaryFn, UnaryFn };

/** One function of one number, element by element: x [...] → y [...]. */
export const unaryOp: Op = {
  name: "unary",
  shapes: ([x]) => [like(x!)],
};

/** One function of two numbers, NumPy's broadcasting. Comparisons give 1 or 0 in f32 and have no gradient. */
export const binaryOp: Op = {
  name: "binary",
  shapes: ([a, b], { fn }) => {
    if (a!.dtype !== b!.dtype)
      throw wrongShapes(`${fn}`, `operands of one dtype (${a!.dtype} and ${b!.dtype} came)`, [a, b]);
    const dtype: DType = comparisons.has(fn as BinaryFn) ? "f32" : a!.dtype;
    return [{ shape: broadcastShapes(a!.shape, b!.shape), dtype }];
  },
};

export const comparisons = new Set<BinaryFn>(["equal", "greater", "greaterEqual"]);

/** c ≠ 0 ? a : b, broadcasting all three. */
export const whereOp: Op = {
  name: "where",
  shapes: ([c, a, b]) => [{ shape: broadcastShapes(c!.shape, broadcastShapes(a!.shape, b!.shape)), dtype: a!.dtype }],
};

/** Between f32 and i32 (truncation). No gradient. */
export const castOp: Op = {
  name: "cast",
  shapes: ([x], { to }) => [{ shape: x!.shape, dtype: to as DType }],
};

/** A tensor filled with one value. Its input only says in which trace it is recorded. */
export const fillOp: Op = {
  name: "fill",
  shapes: (_inputs, { shape, dtype }) => [{ shape: shape as Shape, dtype: dtype as DType }],
};

/** A constant in the trace of `beside`: a scalar unless a shape is given. */
export function constant(value: number, beside: Tensor, shape: Shape = [], dtype: DType = "f32"): Tensor {
  return traceOf([beside]).apply(fillOp, [], { value, shape, dtype })[0];
}

/** Zeros of the shape of t. */
export const zerosLike = (t: Tensor): Tensor => constant(0, t, t.shape);

/** A function of each number, by its name: `unary("softplus", x)`. */
export const unary = (fn: UnaryFn, x: Tensor): Tensor => apply1(unaryOp, [x], { fn });

/** Either operand may be a plain number. */
export function binary(fn: BinaryFn, a: Tensor | number, b: Tensor | number): Tensor {
  const left = typeof a === "number" ? constant(a, b as Tensor, [], (b as Tensor).dtype) : a;
  const right = typeof b === "number" ? constant(b, left, [], left.dtype) : b;
  return apply1(binaryOp, [left, right], { fn });
}

type Operand = Tensor | number;
/** a + b. Shapes broadcast as in NumPy; one of the two may be a number. */
export const add = (a: Operand, b: Operand): Tensor => binary("add", a, b);
/** a − b, with broadcasting. */
export const sub = (a: Operand, b: Operand): Tensor => binary("sub", a, b);
/** a · b element by element, with broadcasting. */
export const mul = (a: Operand, b: Operand): Tensor => binary("mul", a, b);
/** a / b element by element, with broadcasting. */
export const div = (a: Operand, b: Operand): Tensor => binary("div", a, b);
/** a to the power b, with broadcasting. */
export const pow = (a: Operand, b: Operand): Tensor => binary("pow", a, b);
/** The larger of a and b at each place, with broadcasting. */
export const maximum = (a: Operand, b: Operand): Tensor => binary("max", a, b);
/** The smaller of a and b at each place, with broadcasting. */
export const minimum = (a: Operand, b: Operand): Tensor => binary("min", a, b);
/** 1 where a and b are equal, otherwise 0. No gradient flows through it. */
export const equal = (a: Operand, b: Operand): Tensor => binary("equal", a, b);
/** 1 where a > b, otherwise 0. No gradient flows through it. */
export const greater = (a: Operand, b: Operand): Tensor => binary("greater", a, b);
/** 1 where a ≥ b, otherwise 0. No gradient flows through it. */
export const greaterEqual = (a: Operand, b: Operand): Tensor => binary("greaterEqual", a, b);
/** a where c is not 0, otherwise b, with broadcasting. */
export const where = (c: Tensor, a: Tensor, b: Tensor): Tensor => apply1(whereOp, [c, a, b]);
/** The same numbers as `f32` or `i32`; to `i32`, fractions are cut off toward zero. */
export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : apply1(castOp, [x], { to }));
/** −x. */
export const neg = (x: Tensor): Tensor => unary("neg", x);
/** e to the power x. */
export const exp = (x: Tensor): Tensor => unary("exp", x);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => unary("log", x);
/** Square root. */
export const sqrt = (x: Tensor): Tensor => unary("sqrt", x);
/** x · x. */
export const square = (x: Tensor): Tensor => unary("square", x);
/** Absolute value. */
export const abs = (x: Tensor): Tensor => unary("abs", x);
/** Hyperbolic tangent, between −1 and 1. */
export const tanh = (x: Tensor): Tensor => unary("tanh", x);
/** 1 / (1 + e⁻ˣ), between 0 and 1. */
export const sigmoid = (x: Tensor): Tensor => unary("sigmoid", x);
/** x where it is above 0, otherwise 0. */
export const relu = (x: Tensor): Tensor => unary("relu", x);
/** x limited to [low, high]. */
export const clip = (x: Tensor, low: number, high: number): Tensor => minimum(maximum(x, low), high);
export const isScalar = (t: Tensor): boolean => sameShape(t.shape, []);
