import { problem, ShapeError, showShape } from "../../errors.ts";
import * as ops from "../../ops/index.ts";
import { axisOf, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ConfigValue } from "../options.ts";

export type Axes = number | readonly number[] | null | undefined;
/** Axes counted from 0; undefined for all. */
export const axesOf = (axis: ConfigValue | undefined, x: Tensor): number[] | undefined =>
  axis === null || axis === undefined
    ? undefined
    : [axis as number | number[]].flat().map((a) => axisOf(a, x.shape.length));

/** Axes of size 1 at these places of the result. */
export function expandDims(x: Tensor, axis: Axes): Tensor {
  const given = [axis ?? -1].flat() as number[];
  const rank = x.shape.length + given.length;
  const at = given.map((a) => (a < 0 ? a + rank : a));
  const rest = [...x.shape];
  return ops.reshape(
    x,
    Array.from({ length: rank }, (_, i) => (at.includes(i) ? 1 : rest.shift()!)),
  );
}

/** Without axes of size 1: these, or all of them. */
export function squeeze(x: Tensor, axis: ConfigValue | undefined, who: string): Tensor {
  const axes = axesOf(axis, x) ?? x.shape.flatMap((d, i) => (d === 1 ? [i] : []));
  const wrong = axes.find((a) => x.shape[a] !== 1);
  if (wrong !== undefined) throw new ShapeError(problem(who, `1 entry along axis ${wrong}`, showShape(x.shape)));
  return ops.reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  );
}

/** The same numbers under a shape in which one size may be -1: whatever is left. */
export function reshaped(x: Tensor, shape: readonly number[], who: string): Tensor {
  const known = sizeOf(shape.filter((d) => d !== -1));
  const size = sizeOf(x.shape);
  const target = shape.map((d) => (d === -1 ? size / known : d));
  if (sizeOf(target) !== size || target.some((d) => !Number.isInteger(d)))
    throw new ShapeError(problem(who, `numbers for the shape ${showShape(shape)}`, showShape(x.shape)));
  return ops.reshape(x, target);
}

/** Two axes in each other's place. */
export function swapped(x: Tensor, a: number, b: number): Tensor {
  const [i, j] = [axisOf(a, x.shape.length), axisOf(b, x.shape.length)];
  return ops.transpose(
    x,
    x.shape.map((_, k) => (k === i ? j : k === j ? i : k)),
  );
}

/** Turned round along axes, or along all. */
export function flipped(x: Tensor, axis: ConfigValue | undefined): Tensor {
  return (axesOf(axis, x) ?? x.shape.map((_, i) => i)).reduce((y, a) => ops.reverse(y, a), x);
}

/** A formula over the last axis, used on another one. */
export function alongLast(x: Tensor, axis: number, of: (x: Tensor) => Tensor): Tensor {
  const at = axisOf(axis, x.shape.length);
  return at === x.shape.length - 1 ? of(x) : swapped(of(swapped(x, at, -1)), at, -1);
}

/** Repeats every entry along an axis. */
export function repeated(x: Tensor, times: number, axis: number): Tensor {
  const a = axisOf(axis, x.shape.length);
  const wide = [...x.shape.slice(0, a + 1), times, ...x.shape.slice(a + 1)];
  const y = ops.broadcastTo(ops.reshape(x, [...x.shape.slice(0, a + 1), 1, ...x.shape.slice(a + 1)]), wide);
  return ops.reshape(
    y,
    x.shape.map((d, i) => (i === a ? d * times : d)),
  );
}

/** Splits along an axis into a number of equal parts, or at these indices. */
export function pieces(x: Tensor, sections: ConfigValue, axis: number, who: string): Tensor[] {
  const a = axisOf(axis, x.shape.length);
  const size = x.shape[a];
  if (typeof sections === "number" && size % sections !== 0)
    throw new ShapeError(problem(who, `a size along axis ${a} that ${sections} divides`, `${size}`));
  const ends =
    typeof sections === "number"
      ? Array.from({ length: sections }, (_, k) => ((k + 1) * size) / sections)
      : [...(sections as number[]), size];
  return ends.map((end, k) => ops.sliceAxis(x, a, k === 0 ? 0 : ends[k - 1], end - (k === 0 ? 0 : ends[k - 1])));
}

/** An axis as the last one, the others in their order. */
export function moved(x: Tensor, axis: number): Tensor {
  const order = [...x.shape.keys()].filter((i) => i !== axis);
  return ops.transpose(x, [...order, axis]);
}
