import type { Shape } from "../tensor/shape.ts";
import { type Op, type Tensor, traceOf } from "../tensor/tensor.ts";
import { mul } from "./elementwise.ts";

/**
 * Counter-based random numbers (tensor/random.ts): element e of step s is draw (seed, s, stream, e) on every backend.
 * `uniform` in [0, 1), `normal` standard, `dropout` 0 with probability `rate` and 1/(1 − rate) otherwise.
 */
export const randomOp: Op = {
  name: "random",
  shapes: (_inputs, { shape }) => [{ shape: shape as Shape, dtype: "f32" }],
};

/** Distributions of `random`. */
export type RandomKind = "uniform" | "normal" | "dropout";

/**
 * Random numbers of a shape, drawn again at each training step: `uniform` in [0, 1), `normal` standard, `dropout` 0 with
 * probability `rate` and otherwise 1 / (1 − rate). `beside` is any tensor of the same trace, `stream` a number from
 * `context.stream()`.
 */
export function random(kind: RandomKind, beside: Tensor, shape: Shape, stream: number, rate = 0): Tensor {
  return traceOf([beside]).apply(randomOp, [], { kind, shape, rate, stream })[0];
}

/** A mask of zeros and 1/(1 − rate), whose mean is 1. */
export const dropoutMask = (beside: Tensor, shape: Shape, rate: number, stream: number): Tensor =>
  random("dropout", beside, shape, stream, rate);

/** Inverted dropout (Srivastava et al. 2014): each element is dropped on its own. */
export const dropout = (x: Tensor, rate: number, stream: number): Tensor =>
  mul(x, dropoutMask(x, x.shape, rate, stream));
