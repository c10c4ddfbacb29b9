/** The operations for custom layers and cells; each has a gradient and runs on every backend. */
export type { BodyFormula } from "../tensor/tensor.ts";
export { type CtcLossOptions, ctcLoss } from "./ctc.ts";
export {
  abs,
  add,
  cast,
  clip,
  constant,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  relu,
  sigmoid,
  sqrt,
  square,
  sub,
  tanh,
  type UnaryFn,
  unary,
  where,
  zerosLike,
} from "./elementwise.ts";
export { gather, oneHot } from "./gather.ts";
export { linear, matmul } from "./matmul.ts";
export { causalMask, positions } from "./positions.ts";
export { dropout, dropoutMask, type RandomKind, random } from "./random.ts";
export { argmax, max, mean, sum } from "./reduce.ts";
export { type Scanned, scan } from "./scan.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { broadcastTo, concat, pad, reshape, reverse, slice, sliceAxis, split, transpose } from "./view.ts";
