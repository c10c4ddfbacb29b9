import { sameShape, sizeOf } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { abs, add, div, mul, unary } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { apply1, wrongShapes } from "./op.ts";
import { dropped, type Times } from "./recurrent.ts";
import { max } from "./reduce.ts";
import { concat, reshape, sliceAxis, split } from "./view.ts";

/** Products of numbers of 8 bits whose sum f32 holds exactly: 1,024 · 127² is below 2²⁴. */
export const exactDepth = 1024;

/**
 * x as whole numbers from −127 to 127 and the factors that made them, as Keras has them: scale = 127 / (max |x| + 1e-7) over
 * `axis`, q = round(x · scale), half to even. No finite x gives more than 127, so nothing is cut off, and what is no number stays none.
 */
export function quantized(x: Tensor, axis: number): { q: Tensor; scale: Tensor } {
  const scale = div(127, add(max(abs(x), [axis], true), 1e-7));
  return { q: unary("round", mul(x, scale)), scale };
}

/**
 * The product of whole numbers of 8 bits: exact sums of 1,024 products each, added in their order as f32. So every backend and
 * every instruction, of floats or of integers, gives the same bits.
 */
function wholeProduct(q: Tensor, w: Tensor): Tensor {
  const depth = w.shape[0];
  const piece = (from: number) => {
    const size = Math.min(exactDepth, depth - from);
    return matmul(sliceAxis(q, 1, from, size), sliceAxis(w, 0, from, size));
  };
  if (depth <= exactDepth) return matmul(q, w);
  let sum = piece(0);
  for (let from = exactDepth; from < depth; from += exactDepth) sum = add(sum, piece(from));
  return sum;
}

/**
 * x [..., D] times weights of 8 bits, w [D, N] in whole numbers with their factors scale [N], plus b [N] → [..., N]: x is made whole
 * numbers row by row, so that a row's bits follow from the row alone. Keras's Dense after `quantize("int8")`. Its gradient by x is
 * that of the product with w / scale, as if nothing were rounded. Sums of more products than f32 adds exactly (`deep`) have no kernel.
 */
export const linearInt8Op: Op = {
  name: "linearInt8",
  shapes: ([x, w, scale, b]) => {
    const d = x!.shape[x!.shape.length - 1];
    const [rows, n] = w!.shape;
    if (w!.shape.length !== 2 || rows !== d || [scale, b].some((t) => t && !sameShape(t.shape, [n])))
      throw wrongShapes("linearInt8", "x [..., D], w [D, N], scale [N], b [N]", [x, w, scale, b]);
    return [{ shape: [...x!.shape.slice(0, -1), n], dtype: "f32" }];
  },
  reference: ([x, w, scale, b]) => {
    const d = x!.shape[x!.shape.length - 1];
    const rows = quantized(reshape(x!, [sizeOf(x!.shape) / d, d]), 1);
    const y = div(wholeProduct(rows.q, w!), mul(scale!, rows.scale));
    return [reshape(b ? add(y, b) : y, [...x!.shape.slice(0, -1), w!.shape[1]])];
  },
  gradient: (node, [dy], needed) => {
    if (!dy || !needed[0]) return [null, null, null, null];
    const [x, w, scale] = node.inputs as [Tensor, Tensor, Tensor];
    const n = w.shape[1];
    const flat = reshape(dy, [sizeOf(dy.shape) / n, n]);
    return [reshape(matmul(div(flat, scale), w, false, true), x.shape), null, null, null];
  },
};

/** x · w / scale + b, with x rounded to 8 bits row by row: x [..., D], w [D, N] in whole numbers, scale [N], b [N] → [..., N]. */
export const linearInt8 = (x: Tensor, w: Tensor, scale: Tensor, b?: Tensor | null): Tensor =>
  apply1(linearInt8Op, [x, w, scale, b ?? null], { deep: w.shape[0] > exactDepth });

/** The product with w [D, N], both sides rounded to 8 bits: w here and once, column by column. */
function times(w: Tensor): Times {
  const { q, scale } = quantized(w, 0);
  const factors = reshape(scale, [w.shape[1]]);
  return (x, b) => linearInt8(x, q, factors, b);
}

/** The product with the packed weights of all gates, as `gateSums` has it, of numbers rounded to 8 bits. */
export function int8GateProduct(w: Tensor, masks: Tensor | null, gates: number): Times {
  if (!masks || masks.shape[0] === 1) {
    const product = times(w);
    return (x, b) => product(dropped(x, masks, 0), b);
  }
  const products = split(w, gates).map(times);
  return (x, b) => {
    const biases = b && split(b, gates);
    return concat(products.map((product, g) => product(dropped(x, masks, g), biases?.[g])));
  };
}
