import { problem, ShapeError, showShape } from "../../errors.ts";
import { broadcastTo, reshape, transpose } from "../../ops/view.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** The axes of an input [B, ..., D] that an attention goes over, each from 1 on: all between the batch and the features, if not said. */
export function attentionAxes(given: readonly number[] | null, rank: number, who: string): number[] {
  const between = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const axes = given?.map((a) => (a < 0 ? a + rank : a)) ?? between;
  if (axes.length > 0 && axes.every((a) => between.includes(a)) && new Set(axes).size === axes.length) return axes;
  const next = "Leave the batch (0) and the features (the last) out.";
  throw new ShapeError(problem(who, `attentionAxes among ${showShape(between)}`, showShape(axes), next));
}

/** z [B, ..., heads, dim] as [B, other axes, heads, steps, dim], the axes of the attention being its steps. */
export function asSteps(z: Tensor, axes: readonly number[]): Tensor {
  const heads = z.shape.length - 2;
  const others = othersOf(axes, heads);
  const size = sizeOf(axes.map((a) => z.shape[a]));
  const turned = transpose(z, [0, ...others, heads, ...axes, heads + 1]);
  return reshape(turned, [z.shape[0], ...others.map((a) => z.shape[a]), z.shape[heads], size, z.shape[heads + 1]]);
}

/** Undoes `asSteps` for a tensor whose axes before the heads had the sizes of `shape`. */
export function fromSteps(z: Tensor, axes: readonly number[], shape: readonly number[]): Tensor {
  const heads = shape.length;
  const others = othersOf(axes, heads);
  const order = [0, ...others, heads, ...axes, heads + 1];
  const wide = reshape(z, [
    z.shape[0],
    ...others.map((a) => shape[a]),
    z.shape[z.shape.length - 3],
    ...axes.map((a) => shape[a]),
    z.shape[z.shape.length - 1],
  ]);
  return transpose(
    wide,
    order.map((_, i) => order.indexOf(i)),
  );
}

const othersOf = (axes: readonly number[], heads: number): number[] =>
  Array.from({ length: heads - 1 }, (_, i) => i + 1).filter((a) => !axes.includes(a));

/** Refuses an attentionMask that says nothing of each query's keys: [B, T, S], [T, S], or with heads between, [B, H, T, S]. */
export function checkAttentionMask(
  mask: PartialShape,
  axes: readonly number[],
  [query, value]: readonly PartialShape[],
  heads: number,
  who: string,
): void {
  const others = othersOf(axes, query.length - 1);
  const lead = [query[0], ...others.map((a) => query[a]), heads];
  const tail = [...axes.map((a) => query[a]), ...axes.map((a) => value[a])];
  const given = mask.length - tail.length;
  const wanted = [...lead.slice(0, Math.max(0, given)), ...tail];
  const fits =
    given >= 0 &&
    given <= lead.length &&
    mask.every((d, i) => d === null || d === 1 || wanted[i] === null || d === wanted[i]);
  if (fits) return;
  const forms = `an attentionMask ${showShape([query[0], ...tail])}, ${showShape(tail)} or ${showShape([...lead, ...tail])}`;
  throw new ShapeError(problem(who, forms, showShape(mask), "1 where a query may see a key, 0 where not."));
}

/** An attentionMask for scores [B, other axes, heads, Tq, Tv]: steps as one axis, heads where it has none. */
export function besideScores(
  mask: Tensor,
  scores: Tensor,
  axes: readonly number[],
  query: Tensor,
  value: Tensor,
): Tensor {
  const count = 2 * axes.length;
  const lead = mask.shape.slice(0, mask.shape.length - count);
  const missing = new Array<number>(scores.shape.length - 2 - lead.length).fill(1);
  if (axes.length === 1) return reshape(mask, [...lead, ...missing, ...mask.shape.slice(-2)]);
  const tail = [...axes.map((a) => query.shape[a]), ...axes.map((a) => value.shape[a])];
  const wide = broadcastTo(mask, [...lead, ...tail]);
  return reshape(wide, [...lead, ...missing, ...scores.shape.slice(-2)]);
}
