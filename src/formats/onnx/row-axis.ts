import { type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import type { Node, Tensor } from "../../tensor/tensor.ts";
import { type Picking, pickingOf } from "./picked-rows.ts";

/**
 * The axis of a tensor that has the rows of the batch: an axis of B entries, or of B·m, those of each row together. A tensor that
 * no input reaches has none, and may be the same along some axes. `mixed`: rows depend on one another, or it is not known.
 */
type Rows = { readonly axis: number } | { readonly uniform: readonly boolean[] } | "mixed";

const isRowed = (rows: Rows): rows is { axis: number } => typeof rows === "object" && "axis" in rows;
const atAxis = (axis: number): Rows => ({ axis });

/** Whether each row of the outputs follows from the same row of the inputs alone: inputs and outputs have `batch` rows first. */
export function rowsApart(
  nodes: readonly Node[],
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  batch: number,
): boolean {
  const found = new Map<Tensor, Rows>(inputs.map((x) => [x, atAxis(0)]));
  const of = (t: Tensor): Rows => found.get(t) ?? { uniform: t.shape.map((d) => d === 1) };
  for (const node of nodes) {
    const given = node.inputs.flatMap((t) => (t ? [{ t, rows: of(t) }] : []));
    const picking = node.op.name === "gather" && node.inputs[1] ? pickingOf(node.inputs[1]) : undefined;
    const results = picking
      ? [picked(picking, of(picking.data), of(picking.index), node.outputs[0])]
      : node.outputs.map((out, k) => rowsOf(node, given, out, { batch, k }));
    node.outputs.forEach((out, k) => void found.set(out, results[k]));
  }
  return outputs.every((t) => {
    const rows = of(t);
    return isRowed(rows) && rows.axis === 0 && t.shape[0] === batch;
  });
}

interface Given {
  readonly t: Tensor;
  readonly rows: Rows;
}

function rowsOf(
  { op, attrs }: Node,
  given: readonly Given[],
  out: Tensor,
  { batch, k }: { batch: number; k: number },
): Rows {
  if (op.name === "fill") return { uniform: out.shape.map(() => true) };
  if (given.some(({ rows }) => rows === "mixed")) return "mixed";
  const rowed = given.filter((g): g is { t: Tensor; rows: { axis: number } } => isRowed(g.rows));
  if (rowed.length === 0) return constant(op.name, given, out, attrs);
  const [{ t, rows }] = rowed;
  const { axis } = rows;
  const rank = t.shape.length;
  const kept = (ok: boolean, to = axis): Rows => (ok ? atAxis(to) : "mixed");
  switch (op.name) {
    case "unary":
    case "cast":
    case "copy":
    case "binary":
    case "where":
      return elementwise(given, out);
    case "reshape":
      return reshaped(t, axis, out.shape, batch);
    case "broadcast":
      return atAxis(axis + out.shape.length - rank);
    case "transpose":
      return atAxis((attrs.perm as number[]).indexOf(axis));
    case "slice":
    case "pad":
      return kept(out.shape[axis] === t.shape[axis]);
    case "reverse":
      return kept(attrs.axis !== axis);
    case "concat":
      return attrs.axis === axis ? "mixed" : elementwise(given, out);
    case "reduce": {
      const axes = attrs.axes as number[];
      const gone = attrs.keepDims ? 0 : axes.filter((a) => a < axis).length;
      return kept(!axes.includes(axis), axis - gone);
    }
    case "softmax":
    case "logSoftmax":
    case "argmax":
      return kept(axis !== rank - 1);
    case "oneHot":
      return atAxis(axis);
    case "gather":
      if (t === given[0].t) return kept(rowed.length === 1 && axis > 0, given[1].t.shape.length + axis - 1);
      return kept(rowed.length === 1);
    case "linear":
      return kept(rowed.length === 1 && t === given[0].t && axis < rank - 1);
    case "matmul":
      return product(given, attrs);
    case "lstm":
    case "gru":
    case "simpleRnn":
    case "scan":
      return k < out.node!.outputs.length && rowed.every((g) => g.rows.axis === 0) ? atAxis(0) : "mixed";
    default:
      return "mixed";
  }
}

/** Operators whose result is the same everywhere where all of its inputs are. */
const spreading = new Set(
  "unary cast copy binary where broadcast reshape transpose slice reverse reduce softmax logSoftmax matmul linear".split(
    " ",
  ),
);

/** The axes along which a tensor that no input reaches is the same everywhere. */
function constant(name: string, given: readonly Given[], out: Tensor, attrs: Node["attrs"]): Rows {
  const uniform = (g: Given) => (g.rows as { uniform: readonly boolean[] }).uniform;
  const ones = out.shape.map((d) => d === 1);
  if (spreading.has(name) && given.every((g) => uniform(g).every(Boolean)))
    return { uniform: out.shape.map(() => true) };
  if (name === "transpose") return { uniform: (attrs.perm as number[]).map((a) => uniform(given[0])[a]) };
  if (name === "slice" || name === "reverse") return { uniform: uniform(given[0]) };
  if (name === "reshape") {
    const { shape } = given[0].t;
    const [from, to] = [stridesOf(shape), stridesOf(out.shape)];
    const same = (axis: number) => shape.findIndex((d, i) => d === out.shape[axis] && from[i] === to[axis]);
    return { uniform: out.shape.map((d, i) => d === 1 || (same(i) >= 0 && uniform(given[0])[same(i)])) };
  }
  if (name === "matmul" || name === "linear") {
    // The result has its rows from the first, and its columns from the second.
    const [a, b] = given.map(uniform);
    const rows = attrs.transposeA ? [...a.slice(0, -2), a[a.length - 1]] : a.slice(0, -1);
    const shared = b.length > 2 ? rows.map((same, i) => same && (i >= b.length - 2 || b[i])) : rows;
    return { uniform: [...shared, attrs.transposeB ? b[b.length - 2] : b[b.length - 1]] };
  }
  const aligned = (axis: number) =>
    given.every((g) => uniform(g)[axis - (out.shape.length - g.t.shape.length)] ?? true);
  if (["unary", "cast", "copy", "binary", "where", "broadcast"].includes(name))
    return { uniform: out.shape.map((_, i) => aligned(i)) };
  if (name === "concat") return { uniform: out.shape.map((d, i) => d === 1 || (i !== attrs.axis && aligned(i))) };
  return { uniform: ones };
}

/** Operands that lie beside each other, counted from the last axis: all have the rows on one axis, or are the same along it. */
function elementwise(given: readonly Given[], out: Tensor): Rows {
  const rank = out.shape.length;
  const axes = given.flatMap(({ t, rows }) => (isRowed(rows) ? [rows.axis + rank - t.shape.length] : []));
  const [axis] = axes;
  const fits = given.every(({ t, rows }) => {
    const own = axis - (rank - t.shape.length);
    if (isRowed(rows)) return rows.axis === own && t.shape[own] === out.shape[axis];
    return own < 0 || (rows as { uniform: readonly boolean[] }).uniform[own];
  });
  return fits ? atAxis(axis) : "mixed";
}

/** Rows keep their distance in memory under another shape: the axis that they fill is looked for. */
function reshaped(t: Tensor, axis: number, shape: Shape, batch: number): Rows {
  const inner = stridesOf(t.shape)[axis] * (t.shape[axis] / batch);
  const strides = stridesOf(shape);
  const found = shape.findIndex((d, i) => d > 1 && strides[i] * d === batch * inner && inner % strides[i] === 0);
  return found >= 0 && sizeOf(shape) > 0 ? atAxis(found) : "mixed";
}

/** Rows picked from: along axes that the index does not number both have the rows; along one that it does, the index alone. */
function picked({ data, index, numbered }: Picking, from: Rows, by: Rows, out: Tensor): Rows {
  if (from === "mixed" || by === "mixed") return "mixed";
  const axis = isRowed(by) ? by.axis : isRowed(from) ? from.axis : -1;
  if (axis < 0) return { uniform: out.shape.map((d) => d === 1) };
  const has = (rows: Rows, { shape }: Tensor) =>
    isRowed(rows) ? rows.axis === axis : axis < shape.length && (rows as { uniform: readonly boolean[] }).uniform[axis];
  if (numbered.includes(axis)) return isRowed(from) ? "mixed" : atAxis(axis);
  return has(from, data) && has(by, index) ? atAxis(axis) : "mixed";
}

function product([a, b]: readonly Given[], { transposeA, transposeB }: Node["attrs"]): Rows {
  const rank = a.t.shape.length;
  const sideA = transposeA ? rank - 1 : rank - 2;
  const [p, q] = [a, b].map(({ rows }) => (isRowed(rows) ? rows.axis : -1));
  const same = ({ t, rows }: Given, axis: number) =>
    t.shape.length === 2 ||
    (isRowed(rows) ? rows.axis === axis : (rows as { uniform: readonly boolean[] }).uniform[axis]);
  if (p >= 0 && p < rank - 2) return (q < 0 || q === p) && same(b, p) ? atAxis(p) : "mixed";
  if (p >= 0) return q < 0 && p === sideA ? atAxis(rank - 2) : "mixed";
  const own = b.t.shape.length;
  if (q < own - 2) return same(a, q) && rank === own ? atAxis(q) : "mixed";
  return q === (transposeB ? own - 2 : own - 1) ? atAxis(rank - 1) : "mixed";
}
