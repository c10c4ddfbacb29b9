import { FormatError, problem } from "../../errors.ts";
import { add, cast, concat, constant, mul, positions, reshape } from "../../ops/index.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Budget } from "../budget.ts";
import type { OnnxNode } from "./proto.ts";

/** Numbers known before anything runs: shapes, axes, and what is computed from them. */
export interface Known {
  readonly shape: Shape;
  readonly data: readonly number[];
  readonly whole: boolean; // integers or booleans
}
/** A value while an ONNX graph is traced: a tensor, or numbers that are known already. */
export type OnnxTraced = Tensor | Known;

export const isKnown = (value: OnnxTraced): value is Known => !("trace" in value);

/** A tensor; known numbers become one where they are all the same, evenly spaced or few. `beside` is any tensor of the trace. */
export function tensorOf(value: OnnxTraced, beside: Tensor, who: string): Tensor {
  if (!isKnown(value)) return value;
  const { data, shape } = value;
  const dtype = value.whole ? "i32" : "f32";
  const [first = 0, second = first] = data;
  const step = second - first;
  if (data.every((v) => v === first)) return constant(first, beside, shape, dtype);
  if (data.every((v, k) => v === first + k * step))
    return cast(reshape(add(mul(positions(data.length, beside), step), first), shape), dtype);
  if (data.length <= 64) return reshape(concat(data.map((v) => constant(v, beside, [1], dtype))), shape);
  throw new FormatError(problem(who, "numbers from the file or from its inputs", "some computed from sizes"));
}

/** Numbers that must be known, such as axes. */
export function knownOf(value: OnnxTraced | undefined, who: string, what: string): Known {
  if (value && isKnown(value)) return value;
  const next = "Export the model with fixed sizes there.";
  throw new FormatError(
    problem(who, `${what} that is known before the model runs`, value ? "one that depends on the input" : "none", next),
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

/** A formula of two known arrays, element by element. */
export function zipKnown(
  a: Known,
  b: Known,
  { who, memory }: { readonly who: string; readonly memory: Budget },
  formula: (x: number, y: number) => number,
): Known {
  const shape = broadcastShape(a.shape, b.shape, who);
  const size = shape.reduce((n, d) => n * d, 1);
  memory.take(8 * size, who);
  const at = (v: Known, k: number) => {
    let [index, stride, left] = [0, 1, k];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const own = axis - (shape.length - v.shape.length);
      const place = left % shape[axis];
      left = Math.floor(left / shape[axis]);
      if (own < 0) continue;
      if (v.shape[own] > 1) index += place * stride;
      stride *= v.shape[own];
    }
    return v.data[index];
  };
  return {
    shape,
    whole: a.whole && b.whole,
    data: Array.from({ length: size }, (_, k) => formula(at(a, k), at(b, k))),
  };
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

/** An attribute that is a list of texts. */
export function textsIn(node: OnnxNode, name: string, who: string): string[] | undefined {
  const value = node.attributes.get(name);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((v) => typeof v === "string")) return value as string[];
  throw new FormatError(problem(who, `${name} as a list of texts`, typeof value));
}

export const axisIn = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
