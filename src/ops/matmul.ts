import { sameShape, sizeOf } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { add } from "./elementwise.ts";
import { apply1, wrongShapes } from "./op.ts";
import { sum } from "./reduce.ts";
import { reshape } from "./view.ts";

/**
 * Matrix product over the last two axes: a [..., M, K], b [..., K, N] → [..., M, N]; leading axes equal, or b of rank 2.
 * `transposeA` / `transposeB` read the operand as its transpose.
 */
export const matmulOp: Op = {
  name: "matmul",
  shapes: ([a, b], { transposeA, transposeB }) => {
    const [m, k] = lastTwo(a!, transposeA === true);
    const [k2, n] = lastTwo(b!, transposeB === true);
    const lead = a!.shape.slice(0, -2);
    if (k !== k2 || !(b!.shape.length === 2 || sameShape(lead, b!.shape.slice(0, -2)))) {
      throw wrongShapes("matmul", "[..., M, K] and [..., K, N] with equal leading axes", [a, b]);
    }
    return [{ shape: [...lead, m, n], dtype: "f32" }];
  },
  gradient: (node, [dy], needed) => {
    if (!dy) return [null, null];
    const [a, b] = node.inputs as [Tensor, Tensor];
    const { transposeA: ta, transposeB: tb } = node.attrs as { transposeA: boolean; transposeB: boolean };
    const shared = b.shape.length === 2 && a.shape.length > 2; // one b for all leading axes: they fold into M
    if (!shared) {
      const da = () => (ta ? matmul(b, dy, tb, true) : matmul(dy, b, false, !tb));
      const db = () => (tb ? matmul(dy, a, true, ta) : matmul(a, dy, !ta, false));
      return [needed[0] ? da() : null, needed[1] ? db() : null];
    }
    if (ta) throw new Error("matmul: transposeA with a shared b has no gradient");
    const k = a.shape[a.shape.length - 1];
    const flatA = reshape(a, [sizeOf(a.shape) / k, k]);
    const n = dy.shape[dy.shape.length - 1];
    const flatDy = reshape(dy, [sizeOf(dy.shape) / n, n]);
    return [
      needed[0] ? reshape(matmul(flatDy, b, false, !tb), a.shape) : null,
      needed[1] ? (tb ? matmul(flatDy, flatA, true, false) : matmul(flatA, flatDy, true, false)) : null,
    ];
  },
};

/**
 * x [..., D] times w [D, N], plus b [N]: what a dense layer does, and the input product of every recurrent layer.
 *
 *   const z = linear(x, w, b);   // [B, T, D], [D, N] → [B, T, N]
 */
export const linearOp: Op = {
  name: "linear",
  shapes: ([x, w, b]) => {
    const d = x!.shape[x!.shape.length - 1];
    if (w!.shape.length !== 2 || w!.shape[0] !== d || (b && !sameShape(b.shape, [w!.shape[1]]))) {
      throw wrongShapes("linear", "x [..., D], w [D, N], b [N]", [x, w, b]);
    }
    return [{ shape: [...x!.shape.slice(0, -1), w!.shape[1]], dtype: "f32" }];
  },
  reference: ([x, w, b]) => {
    const d = x!.shape[x!.shape.length - 1];
    const y = matmul(reshape(x!, [sizeOf(x!.shape) / d, d]), w!);
    return [reshape(b ? add(y, b) : y, [...x!.shape.slice(0, -1), w!.shape[1]])];
  },
  gradient: (node, [dy], needed) => {
    if (!dy) return [null, null, null];
    const [x, w, b] = node.inputs as [Tensor, Tensor, Tensor | null];
    const [d, n] = w.shape;
    const flatX = reshape(x, [sizeOf(x.shape) / d, d]);
    const flatDy = reshape(dy, [sizeOf(dy.shape) / n, n]);
    return [
      needed[0] ? reshape(matmul(flatDy, w, false, true), x.shape) : null, // dx = dy wᵀ
      needed[1] ? matmul(flatX, flatDy, true) : null, // dw = xᵀ dy
      b && needed[2] ? sum(flatDy, [0]) : null,
    ];
  },
};

function lastTwo(t: Tensor, swap: boolean): [number, number] {
  if (t.shape.length < 2) throw wrongShapes("matmul", "rank 2 or more", [t]);
  const [m, n] = t.shape.slice(-2);
  return swap ? [n, m] : [m, n];
}

/** Matrix product of the last two axes: [..., M, K] · [..., K, N] → [..., M, N]; either one transposed if asked. */
export function matmul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  return apply1(matmulOp, [a, b], { transposeA, transposeB });
}
/** x · w + b over the last axis: x [..., K], w [K, N], b [N] → [..., N]. */
export const linear = (x: Tensor, w: Tensor, b?: Tensor | null): Tensor => apply1(linearOp, [x, w, b ?? null]);
