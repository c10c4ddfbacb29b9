/** The operations that layers and cells of one's own are written with; each records itself and has a gradient. */
export {
  abs,
  add,
  clip,
  constant,
  div,
  exp,
  log,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  sigmoid,
  sqrt,
  square,
  sub,
  tanh,
  where,
} from "./elementwise.ts";
export { gather, oneHot } from "./gather.ts";
export { linear, matmul } from "./matmul.ts";
export { dropoutMask } from "./random.ts";
export { max, mean, sum } from "./reduce.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { broadcastTo, concat, reshape, reverse, slice, sliceAxis, split, transpose } from "./view.ts";
