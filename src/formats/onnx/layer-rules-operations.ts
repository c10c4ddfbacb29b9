import * as l from "../../layers/index.ts";
import type { AnyLayer, SymbolicTensor } from "../../layers/layer.ts";
import { operations } from "../../layers/operations/operations.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Flow, Place } from "./flow.ts";
import { type LayerRule, one, type Seen } from "./layer-rule.ts";
import { type Known, walked } from "./values.ts";

/** Nodes that compute entry by entry: layers for two tensors of one shape, operations of Keras for others. */

type Operand = SymbolicTensor | NdArray | number;

/** Exporters count negative ids from the end: what is made of ids and numbers is taken for the ids; the comparison of numbers shows whether it is. */
const ofIds = one(({ node, flow, shape }) => {
  const ids = node.inputs.map((_, k) => flow(k)).find((x) => x?.ids);
  return ids && String(shape(0)) === String(ids.shape) ? { ...ids, shape: shape(0) } : null;
});

/** Two tensors of one shape by a layer, where there is one; tensors of other shapes, and numbers, by an operation. */
const merging =
  (
    layer: (() => AnyLayer) | null,
    operation?: (a: SymbolicTensor, b: Operand, left: Operand) => SymbolicTensor,
  ): LayerRule =>
  (seen) => {
    const [a, b] = [seen.flow(0), seen.flow(1)];
    if (a?.ids || b?.ids) return ofIds(seen);
    const placed = (flow: Flow) => flow.places.map((p) => `${p?.axis} ${p?.part}`).join();
    const result = (t: SymbolicTensor, like: Flow) => [
      { name: seen.node.outputs[0], flow: { ...like, t, shape: seen.shape(0) } },
    ];
    if (a && b && layer && String(a.shape) === String(b.shape) && placed(a) === placed(b))
      return result((layer() as unknown as (xs: SymbolicTensor[]) => SymbolicTensor)([a.t, b.t]), a);
    if (!operation) return null;
    const whole = [a, b].find((flow) => flow && String(flow.shape) === String(seen.shape(0))) ?? grown(seen);
    if (!whole) return null;
    const operands = [0, 1].map((k) => operandAs(seen, k, whole));
    const [x, y] = operands;
    if (x === null || y === null) return null;
    const [tensor, other] = typeof x === "object" && "call" in x ? [x, y] : [y as SymbolicTensor, x];
    return result(operation(tensor, other, x), whole);
  };

/** A flow with axes of size 1 behind its own. */
interface Grown extends Flow {
  /** The tensor without them. */
  readonly from?: SymbolicTensor;
}

/** The only tensor, with an axis for each along which known numbers spread it; null where there is none. */
function grown(seen: Seen): Grown | null {
  const flow = seen.flow(0) ?? seen.flow(1);
  const shape = seen.shape(0);
  if (!flow || (seen.flow(0) && seen.flow(1)) || flow.shape.length !== shape.length) return null;
  let { t } = flow;
  const places = flow.places.map((place, i): Place => {
    if (place || shape[i] === 1) return place;
    t = t.expandDims(t.shape.length) as SymbolicTensor;
    return { axis: t.shape.length - 1 };
  });
  return { ...flow, t, places, from: flow.t };
}

/** An operand with the axes of another tensor between layers, size 1 where it has none; null where that takes more than new axes. */
function operandAs(seen: Seen, k: number, whole: Grown): Operand | null {
  const flow = seen.flow(k);
  if (flow && (flow === whole || flow.t === whole.from)) return whole.t;
  const rank = whole.t.shape.length;
  /** The axis of the graph behind each axis of the tensor, from the last one back as NumPy spreads. */
  const behind = Array.from({ length: rank }, (_, axis) => whole.places.findIndex((p) => p?.axis === axis && !p.part));
  if (behind.includes(-1)) return null;
  if (flow) {
    const shift = whole.places.length - flow.places.length;
    const own = behind.map((i) => (i - shift < 0 ? null : flow.places[i - shift]));
    const kept = own.filter((p): p is NonNullable<Place> => p !== null);
    if (kept.length !== flow.t.shape.length || kept.some((p, i) => p.axis !== i || p.part)) return null;
    return own.reduce((t, p, axis) => (p ? t : (t.expandDims(axis) as SymbolicTensor)), flow.t);
  }
  const known = seen.known(k);
  if (!known) return null;
  if (known.data.length === 1) return known.data[0];
  return constantAs(known, behind, whole.places.length);
}

/** Known numbers with the axes of a tensor between layers; null for numbers that differ from row to row. */
function constantAs(known: Known, behind: readonly number[], rank: number): NdArray | null {
  const shift = rank - known.shape.length;
  const strides = known.shape.map((_, i) => known.shape.slice(i + 1).reduce((n, d) => n * d, 1));
  const shape = behind.map((i) => (i < shift ? 1 : known.shape[i - shift]));
  if (shape[0] !== 1 || shape.reduce((n, d) => n * d, 1) !== known.data.length) return null;
  const steps = behind.map((i) => (i < shift ? 0 : strides[i - shift]));
  return new NdArray(Float32Array.from(walked(known, shape, steps).data), shape);
}

const of = (make: (t: SymbolicTensor) => SymbolicTensor): LayerRule =>
  one(({ flow, shape }) => flow(0) && { ...flow(0)!, t: make(flow(0)!.t), shape: shape(0) });

/** Whole powers alone: others are no number for a negative one. */
const power = merging(null, (x, by, left) =>
  left === x
    ? by === 2
      ? (x.square() as SymbolicTensor)
      : (x.pow(by as never) as SymbolicTensor)
    : operations.power(left as NdArray, x),
);

/** 0.5 · x · (1 + erf(x / √2)), in the order that exporters write it; the comparison of numbers shows whether it is. */
const gelu: LayerRule = (seen) => {
  const u = seen.flow(0);
  const [plusOne] = seen.readers(0);
  const [times, ...others] = plusOne?.op === "Add" ? seen.after(plusOne) : [];
  if (!u || others.length > 0 || times?.op !== "Mul" || seen.readers(0).length > 1) return null;
  const [half] = seen.after(times);
  const last = half?.op === "Mul" && seen.after(times).length === 1 && isHalf(seen.beside(half, times)) ? half : times;
  for (const node of new Set([plusOne, times, last])) seen.take(node);
  const t = operations.gelu(u.t.mul(Math.SQRT2) as SymbolicTensor, { approximate: false });
  return [{ name: last.outputs[0], flow: { ...u, t, shape: u.shape } }];
};
const isHalf = (value: ReturnType<Seen["beside"]>) => value !== undefined && "data" in value && value.data[0] === 0.5;

export const operationRules: Readonly<Record<string, LayerRule>> = {
  Less: ofIds,
  Not: ofIds,
  And: ofIds,
  Mul: merging(l.multiply, (x, by) => x.mul(by) as SymbolicTensor),
  Div: merging(null, (x, by, left) => (left === x ? (x.div(by) as SymbolicTensor) : operations.divide(left, x))),
  Add: merging(l.add, (x, by) => x.add(by) as SymbolicTensor),
  Sub: merging(l.subtract, (x, by, left) =>
    left === x ? (x.sub(by) as SymbolicTensor) : operations.subtract(left, x),
  ),
  Max: merging(l.maximum),
  Min: merging(l.minimum),
  Pow: power,
  Sqrt: of((t) => t.sqrt() as SymbolicTensor),
  Reciprocal: of((t) => operations.divide(1, t)),
  Neg: of((t) => t.neg() as SymbolicTensor),
  Exp: of((t) => t.exp() as SymbolicTensor),
  Log: of((t) => t.log() as SymbolicTensor),
  Abs: of((t) => t.abs() as SymbolicTensor),
  Erf: gelu,
};
