import { FormatError, problem } from "../../errors.ts";
import { add, cast, concat, constant, mul, positions, reshape } from "../../ops/index.ts";
import { type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Budget } from "../budget.ts";
import type { OnnxNode } from "./proto.ts";

/** Numbers known before anything runs: shapes, axes, and what is computed from them. */
export interface Known {
  readonly shape: Shape;
  readonly data: readonly number[];
  readonly whole: boolean; // integers or booleans
  /** The same numbers in the trace, where they came as an input. */
  readonly tensor?: Tensor;
}
/**
 * A value while an ONNX graph is traced: a tensor, or numbers that are known already. Integers of every width are i32, floating
 * point of every width is f32, and booleans are 1 and 0 in f32.
 */
export type OnnxTraced = Tensor | Known;

export const isKnown = (value: OnnxTraced): value is Known => !("trace" in value);

/** Turns numbers into tensors. */
export interface Tracing {
  /** Any tensor of the trace. */
  readonly beside: Tensor;
  readonly who: string;
  /** A tensor of many numbers without order, if the graph has put them by. */
  readonly constant: (value: Known) => Tensor | undefined;
}

/** A tensor; known numbers become one where they are all the same, evenly spaced, few, or put by. */
export function tensorOf(value: OnnxTraced, { beside, who, constant: putBy }: Tracing): Tensor {
  if (!isKnown(value)) return value;
  if (value.tensor) return value.tensor;
  const { data, shape } = value;
  const dtype = value.whole ? "i32" : "f32";
  const far = value.whole ? data.find((v) => v < -(2 ** 31) || v > 2 ** 31 - 1) : undefined;
  if (far !== undefined) throw new FormatError(problem(who, "whole numbers of 32 bits beside tensors", `${far}`));
  const [first = 0, second = first] = data;
  const step = second - first;
  if (data.every((v) => Object.is(v, first))) return constant(first, beside, shape, dtype);
  const even = Math.max(Math.abs(first), Math.abs(step) * data.length) < 2 ** 24 && Number.isInteger(first * step);
  if (even && data.every((v, k) => v === first + k * step))
    return cast(reshape(add(mul(positions(data.length, beside), step), first), shape), dtype);
  if (data.length <= fewNumbers) return reshape(concat(data.map((v) => constant(v, beside, [1], dtype))), shape);
  const found = putBy(value);
  if (found) return found;
  const runs = runsOf(data);
  if (runs.length <= fewRuns)
    return reshape(concat(runs.map(({ of, count }) => constant(of, beside, [count], dtype))), shape);
  throw new FormatError(problem(who, "numbers from the file or from its inputs", "some computed from sizes"));
}
const fewNumbers = 64;
const fewRuns = 1024; // a band of T rows has some 3 T

/** Equal numbers that stand together, as in a mask. */
function runsOf(data: readonly number[]): { of: number; count: number }[] {
  const runs: { of: number; count: number }[] = [];
  for (const v of data) {
    const last = runs.at(-1);
    if (last && Object.is(last.of, v)) last.count++;
    else runs.push({ of: v, count: 1 });
  }
  return runs;
}

/** Numbers that must be known, such as axes. */
export function knownOf(value: Known | undefined, given: boolean, who: string, what: string): Known {
  if (value) return value;
  const next = "Export the model with fixed sizes there.";
  throw new FormatError(
    problem(who, `${what} that is known before the model runs`, given ? "one that depends on the input" : "none", next),
  );
}

/** NumPy's rule for two shapes. */
export function broadcastShape(a: Shape, b: Shape, who: string): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, k) => {
    const [p, q] = [a[a.length - rank + k] ?? 1, b[b.length - rank + k] ?? 1];
    if (p !== q && p !== 1 && q !== 1) throw new FormatError(problem(who, `shapes that fit, as [${a}]`, `[${b}]`));
    return p === 1 ? q : p;
  });
}

/** Known numbers of another shape: where each is found by walking `shape` from `start` with these strides. */
export function walked(v: Known, shape: Shape, strides: readonly number[], start = 0): Known {
  const data = new Array<number>(sizeOf(shape));
  const at = new Array<number>(shape.length).fill(0);
  let place = start;
  for (let k = 0; k < data.length; k++) {
    data[k] = v.data[place];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++at[axis] < shape[axis]) break;
      place -= shape[axis] * strides[axis];
      at[axis] = 0;
    }
  }
  return { shape, data, whole: v.whole };
}

/** Known numbers spread to a shape they fit. */
export function spread(v: Known, shape: Shape): Known {
  const own = stridesOf(v.shape);
  const lead = shape.length - v.shape.length;
  const strides = shape.map((_, axis) => (axis < lead || v.shape[axis - lead] === 1 ? 0 : own[axis - lead]));
  return walked(v, shape, strides);
}

/** A formula of two known arrays, element by element; `whole` of the result is that of both unless it is said. */
export function zipKnown(
  a: Known,
  b: Known,
  { who, memory }: { readonly who: string; readonly memory: Budget },
  formula: (x: number, y: number) => number,
  whole = a.whole && b.whole,
): Known {
  const shape = broadcastShape(a.shape, b.shape, who);
  memory.take(24 * sizeOf(shape), who);
  const [x, y] = [spread(a, shape).data, spread(b, shape).data];
  return rounded({ shape, whole, data: x.map((v, k) => formula(v, y[k])) }, who);
}

/** Results as ONNX's types would hold them: f32 for floating point, and no integer that JavaScript cannot count to. */
export function rounded(value: Known, who: string): Known {
  if (!value.whole) return { ...value, data: value.data.map(Math.fround) };
  const far = value.data.find((v) => !(Math.abs(v) <= Number.MAX_SAFE_INTEGER));
  if (far === undefined) return value;
  throw new FormatError(problem(who, `whole numbers up to ${Number.MAX_SAFE_INTEGER}`, `${far}`));
}

/** An attribute that is one number. */
export function numberIn(node: OnnxNode, name: string, otherwise: number, who: string): number {
  const value = node.attributes.get(name) ?? otherwise;
  if (typeof value === "number") return value;
  throw new FormatError(problem(who, `${name} as a number`, typeof value));
}

/** An attribute that is a list of numbers. */
export function numbersIn(node: OnnxNode, name: string, who: string): number[] | undefined {
  const value = node.attributes.get(name);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((v) => typeof v === "number")) return value as number[];
  throw new FormatError(problem(who, `${name} as a list of numbers`, typeof value));
}

/** An attribute that is a text. */
export function textIn(node: OnnxNode, name: string, otherwise: string, who: string): string {
  const value = node.attributes.get(name) ?? otherwise;
  if (typeof value === "string") return value;
  throw new FormatError(problem(who, `${name} as a text`, typeof value));
}

/** An attribute that is a list of texts. */
export function textsIn(node: OnnxNode, name: string, who: string): string[] | undefined {
  const value = node.attributes.get(name);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((v) => typeof v === "string")) return value as string[];
  throw new FormatError(problem(who, `${name} as a list of texts`, typeof value));
}
