/**
 * The functions of one number and of two that programs name, as JavaScript computes them. The position in each list is the number
 * on the tape: kernels/elementwise.h has its kernels in the same order. Slopes: ops/gradients.ts.
 */
export const unaryFunctions = {
  neg: (x: number) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  square: (x: number) => x * x,
  abs: Math.abs,
  sign: Math.sign,
  reciprocal: (x: number) => 1 / x,
  tanh: Math.tanh,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  relu: (x: number) => (x <= 0 ? 0 : x),
  softplus: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  log1p: Math.log1p,
  expm1: Math.expm1,
  sin: Math.sin,
  cos: Math.cos,
  floor: Math.floor,
  round: roundHalfEven,
} as const satisfies Readonly<Record<string, (x: number) => number>>;
/** Functions of one number that every backend has, for `ops.unary`. */
export type UnaryFn = keyof typeof unaryFunctions;

/** Comparisons give 1 or 0. */
export const binaryFunctions = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  max: Math.max as (a: number, b: number) => number,
  min: Math.min as (a: number, b: number) => number,
  pow: Math.pow,
  equal: (a: number, b: number) => (a === b ? 1 : 0),
  greater: (a: number, b: number) => (a > b ? 1 : 0),
  greaterEqual: (a: number, b: number) => (a >= b ? 1 : 0),
} as const satisfies Readonly<Record<string, (a: number, b: number) => number>>;
export type BinaryFn = keyof typeof binaryFunctions;

function roundHalfEven(x: number): number {
  const r = Math.round(x);
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
}
