import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { matmul } from "../../ops/matmul.ts";
import { sum } from "../../ops/reduce.ts";
import { reshape, transpose } from "../../ops/view.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** An equation of a product of a layer's input with its kernel, a letter for each axis; those behind `...` are spelt out. */
export interface Equation {
  readonly input: string;
  readonly kernel: string;
  readonly output: string;
  /** Number and position of the axes behind the dots: they are no part of the kernel. */
  readonly elided: number;
  readonly dots: "left" | "right" | null;
}

/** Reads `ab,bc->ac`, `...b,bc->...c` or `ab...,bc->ac...` for an input of that rank. */
export function readEquation(equation: string, rank: number, who: string): Equation {
  const parts = /^(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?$/.exec(
    equation.replace(/\s/g, ""),
  );
  const [, left, x, right, kernel, leftOut, y, rightOut] = parts ?? [];
  const sound = parts && !(left && right) && left === leftOut && right === rightOut && letters(x, kernel, y);
  if (!sound) {
    const next = 'Write "ab,bc->ac", "...b,bc->...c" or "ab...,bc->ac...", each letter once in a place.';
    throw new DataError(problem(who, "an equation of input, kernel and output", `"${equation}"`, next));
  }
  const elided = rank - x.length;
  if (elided < 0 || (elided > 0 && !left && !right)) {
    const next = "The equation has a letter for each axis, the batch among them, or dots.";
    throw new ShapeError(problem(who, `x of rank ${x.length}`, `rank ${rank}`, next));
  }
  const free = [..."abcdefghijklmnopqrstuvwxyz"]
    .filter((c) => !(x + kernel + y).includes(c))
    .slice(0, elided)
    .join("");
  const spelt = (own: string) => (left ? free + own : own + free);
  return { input: spelt(x), kernel, output: spelt(y), elided, dots: left ? "left" : right ? "right" : null };
}

/** Each letter once in a place, none in the output from nowhere, none in the kernel that is nowhere else. */
function letters(x: string, kernel: string, y: string): boolean {
  const once = (s: string) => new Set(s).size === s.length;
  const known = [...y].every((c) => x.includes(c) || kernel.includes(c));
  return once(x) && once(kernel) && once(y) && known && [...kernel].every((c) => x.includes(c) || y.includes(c));
}

/** The size of each letter: that of the input's axis, or of the output's where the layer says it. Throws where they differ. */
export function letterSizes(
  { input, output, dots, elided }: Equation,
  shape: PartialShape,
  outputShape: PartialShape,
  who: string,
): Map<string, number | null> {
  const sizes = new Map<string, number | null>([...input].map((c, i) => [c, shape[i]]));
  const own = dots === "left" ? [...output].slice(Math.max(1, elided)) : [...output].slice(1, output.length - elided);
  if (own.length !== outputShape.length) {
    const expected = `outputShape of ${own.length} sizes, without the batch${dots ? " and what the dots stand for" : ""}`;
    throw new ShapeError(problem(who, expected, showShape(outputShape), "null takes the input's size."));
  }
  for (const [i, c] of own.entries()) {
    const said = outputShape[i];
    const before = sizes.get(c) ?? null;
    if (said !== null && before !== null && said !== before) {
      const next = "An axis that input and output share has one size.";
      throw new ShapeError(problem(who, `${before} for "${c}" in outputShape`, `${said}`, next));
    }
    sizes.set(c, said ?? before);
  }
  return sizes;
}

/** The product: axes of both that the output lacks are summed over, those of all three go side by side. */
export function einsum({ input, kernel, output }: Equation, x: Tensor, w: Tensor): Tensor {
  const lone = [...input].filter((c) => !kernel.includes(c) && !output.includes(c));
  const axes = [...input].filter((c) => !lone.includes(c)).join("");
  const summed =
    lone.length > 0
      ? sum(
          x,
          lone.map((c) => input.indexOf(c)),
        )
      : x;
  const beside = [...axes].filter((c) => kernel.includes(c) && output.includes(c));
  const rows = [...axes].filter((c) => !kernel.includes(c));
  const within = [...axes].filter((c) => kernel.includes(c) && !output.includes(c));
  const columns = [...kernel].filter((c) => !axes.includes(c));
  const size = (c: string): number => (axes.includes(c) ? summed.shape[axes.indexOf(c)] : w.shape[kernel.indexOf(c)]);
  const sizes = (list: readonly string[]) => list.map(size);
  const [s, m, k, n] = [beside, rows, within, columns].map((list) => sizeOf(sizes(list)));
  const a = reshape(turned(summed, axes, [...beside, ...rows, ...within]), [s, m, k]);
  const b = reshape(turned(w, kernel, [...beside, ...within, ...columns]), [s, k, n]);
  const y = s === 1 ? matmul(reshape(a, [m, k]), reshape(b, [k, n])) : matmul(a, b);
  const found = [...beside, ...rows, ...columns];
  return turned(reshape(y, sizes(found)), found.join(""), [...output]);
}

/** A tensor with its axes, named by letters, in another order. */
function turned(t: Tensor, axes: string, order: readonly string[]): Tensor {
  const perm = order.map((c) => axes.indexOf(c));
  return perm.every((a, i) => a === i) ? t : transpose(t, perm);
}
