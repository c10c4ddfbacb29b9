import * as ops from "../../ops/index.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  attribute,
  bounded,
  formula,
  type OnnxCall,
  type Operators,
  optional,
  refused,
  tensor,
  wordOf,
} from "./call.ts";
import { broadcastShape } from "./values.ts";

/** a [..., M, K] times b [..., K, N], whole numbers too; leading axes equal, or b of rank 2. */
function product(call: OnnxCall, a: Tensor, b: Tensor): Tensor {
  const [m, k] = a.shape.slice(-2);
  const [k2, n] = b.shape.slice(-2);
  if (k !== k2) throw refused(call, `${k} rows in the second matrix`, `[${b.shape}]`);
  if (k === 0 || a.dtype !== "i32") {
    const zeros = () => ops.constant(0, a, [...a.shape.slice(0, -2), m, n], a.dtype);
    return k === 0 || sizeOf(a.shape) * sizeOf(b.shape) === 0 ? zeros() : ops.matmul(a, b);
  }
  const lead = a.shape.slice(0, -2);
  bounded(call, [...lead, m, k, n]);
  const right = ops.reshape(b, [...b.shape.slice(0, -2), 1, k, n]);
  return ops.sum(ops.mul(ops.reshape(a, [...lead, m, k, 1]), right), [lead.length + 1]);
}

/** NumPy's matmul: vectors get an axis for a while, leading axes spread. */
export function matmul(call: OnnxCall, a: Tensor, b: Tensor): Tensor {
  if (a.shape.length === 0 || b.shape.length === 0) throw refused(call, "vectors or matrices", "a number");
  const left = a.shape.length === 1 ? ops.reshape(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? ops.reshape(b, [...b.shape, 1]) : b;
  const lead = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2), call.who);
  const wide = (t: Tensor) => ops.broadcastTo(t, bounded(call, [...lead, ...t.shape.slice(-2)]));
  const y = product(call, wide(left), right.shape.length === 2 ? right : wide(right));
  const [m, n] = y.shape.slice(-2);
  return ops.reshape(y, [...lead, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])]);
}

function gemm(call: OnnxCall): Tensor {
  const turned = (k: number, name: string) => {
    const t = tensor(call, k);
    if (t.shape.length !== 2) throw refused(call, "matrices", `[${t.shape}]`);
    return attribute(call, name, 0) !== 0 ? ops.transpose(t, [1, 0]) : t;
  };
  const scaled = (t: Tensor, by: number) => {
    if (by === 1) return t;
    if (t.dtype === "i32") throw refused(call, "alpha and beta of 1 for whole numbers", `${by}`);
    return ops.mul(t, by);
  };
  const y = scaled(product(call, turned(0, "transA"), turned(1, "transB")), attribute(call, "alpha", 1));
  const c = optional(call, 2);
  return c ? ops.add(y, scaled(c, attribute(call, "beta", 1))) : y;
}

/** An operand whose axes have letters. */
interface Lettered {
  readonly t: Tensor;
  readonly letters: string;
}

/** Einstein's sums of one tensor or several, two by two from the left. */
function einsum(call: OnnxCall): Tensor {
  const equation = wordOf(call, "equation", "").replace(/\s/g, "");
  const parts = /^([a-zA-Z.]*(?:,[a-zA-Z.]*)*)(?:->([a-zA-Z.]*))?$/.exec(equation);
  const inputs = parts?.[1].split(",") ?? [];
  if (!parts || inputs.length !== call.inputs.length)
    throw refused(call, `an equation of ${call.inputs.length} operands`, `"${equation}"`);
  const tensors = inputs.map((_, k) => tensor(call, k));
  // The axes behind dots have letters that no equation uses, counted from the end.
  const most = Math.max(0, ...inputs.map((s, k) => (s.includes("...") ? tensors[k].shape.length - (s.length - 3) : 0)));
  const dots = (n: number) => Array.from({ length: n }, (_, k) => String.fromCharCode(0xe000 + most - n + k)).join("");
  const letters = inputs.map((s, k) =>
    s.replace("...", () => dots(Math.max(0, tensors[k].shape.length - (s.length - 3)))),
  );
  for (const [k, own] of letters.entries())
    if (own.includes(".") || own.length !== tensors[k].shape.length)
      throw refused(call, `a letter for each axis of [${tensors[k].shape}]`, `"${inputs[k]}"`);
  const all = letters.join("");
  const once = [...new Set(all)].filter((c) => c >= "\ue000" || all.split(c).length === 2).sort();
  const implied = [...once.filter((c) => c >= "\ue000"), ...once.filter((c) => c < "\ue000")].join("");
  const output = parts[2] === undefined ? implied : parts[2].replace("...", () => dots(most));
  if ([...output].some((c) => !all.includes(c)) || new Set(output).size < output.length)
    throw refused(call, "an output of the operands' letters", `"${parts[2]}"`);
  const [first, ...others] = tensors.map((t, k) => diagonal(call, { t, letters: letters[k] }));
  const found = others.reduce((a, b, k) => {
    const later =
      output +
      others
        .slice(k + 1)
        .map((o) => o.letters)
        .join("");
    return contracted(call, a, b, later);
  }, first);
  return ordered(kept(found, output), output);
}

/** A letter that stands twice in one operand: what lies on the diagonal of its axes. */
function diagonal(call: OnnxCall, { t, letters }: Lettered): Lettered {
  const j = [...letters].findIndex((c, k) => letters.indexOf(c) < k);
  if (j < 0) return { t, letters };
  const i = letters.indexOf(letters[j]);
  if (t.shape[i] !== t.shape[j]) throw refused(call, `${t.shape[i]} along the axes of one letter`, `${t.shape[j]}`);
  const along = (axis: number) =>
    ops.reshape(
      ops.positions(t.shape[axis], t),
      t.shape.map((d, k) => (k === axis ? d : 1)),
    );
  const own = ops.where(ops.equal(along(i), along(j)), t, ops.constant(0, t, [], t.dtype));
  return diagonal(call, { t: ops.sum(own, [j]), letters: letters.slice(0, j) + letters.slice(j + 1) });
}

/** Sums over the letters that nobody needs. */
function kept({ t, letters }: Lettered, needed: string): Lettered {
  const lone = [...letters].filter((c) => !needed.includes(c));
  if (lone.length === 0) return { t, letters };
  return {
    t: ops.sum(
      t,
      lone.map((c) => letters.indexOf(c)),
    ),
    letters: [...letters].filter((c) => needed.includes(c)).join(""),
  };
}

function ordered({ t, letters }: Lettered, order: string): Tensor {
  const perm = [...order].map((c) => letters.indexOf(c));
  return perm.every((a, i) => a === i) ? t : ops.transpose(t, perm);
}

/** The product of two operands, summed over the letters of both that nobody needs later. */
function contracted(call: OnnxCall, a0: Lettered, b0: Lettered, later: string): Lettered {
  const a = kept(a0, later + b0.letters);
  const b = kept(b0, later + a0.letters);
  const both = [...a.letters].filter((c) => b.letters.includes(c));
  const within = both.filter((c) => !later.includes(c));
  const beside = both.filter((c) => later.includes(c));
  const rows = [...a.letters].filter((c) => !both.includes(c));
  const columns = [...b.letters].filter((c) => !both.includes(c));
  const sizes = new Map<string, number>();
  for (const { t, letters } of [a, b])
    for (const [i, c] of [...letters].entries()) {
      const before = sizes.get(c) ?? t.shape[i];
      if (before !== t.shape[i] && before !== 1 && t.shape[i] !== 1)
        throw refused(call, `${before} along the axes of one letter`, `${t.shape[i]}`);
      sizes.set(c, Math.max(before, t.shape[i]));
    }
  const size = (list: readonly string[]) => list.map((c) => sizes.get(c)!);
  const flat = (x: Lettered, order: readonly string[], shape: number[]) =>
    ops.reshape(ops.broadcastTo(ordered(x, order.join("")), bounded(call, size(order))), shape);
  const [s, m, k, n] = [beside, rows, within, columns].map((list) => sizeOf(size(list)));
  const left = flat(a, [...beside, ...rows, ...within], [s, m, k]);
  const right = flat(b, [...beside, ...within, ...columns], [s, k, n]);
  const found = [...beside, ...rows, ...columns];
  return { t: ops.reshape(product(call, left, right), size(found)), letters: found.join("") };
}

/** Products of matrices, and sums of products along any axes. */
export const productOperators: Operators = {
  MatMul: formula(([a, b], call) => matmul(call, a, b)),
  Gemm: (call) => [gemm(call)],
  Einsum: (call) => [einsum(call)],
};
