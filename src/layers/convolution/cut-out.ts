import { problem, ShapeError, showShape } from "../../errors.ts";
import { concat, reshape, reverse, slice, sliceAxis } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** The index of one axis, as Keras writes it: an integer, a slice, an ellipsis, or null for a new axis. */
export type Key =
  | number
  | null
  | { readonly class_name: string; readonly config: Range | Readonly<Record<string, never>> };
interface Range {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;
}

/** A part of a tensor by NumPy's rules: `x[:, -1, 1:3]`. The batch, axis 0, stays whole. */
export function cutOut(x: Tensor, keys: readonly Key[], who: string): Tensor {
  let y = x;
  let axis = 0;
  const counted = keys.filter((key) => key !== null && !isEllipsis(key)).length;
  if (counted > x.shape.length) {
    const next = "Give fewer indices: summary() shows the shape of the layer before.";
    throw new ShapeError(problem(who, `at most ${x.shape.length} axes`, `${counted}`, next));
  }
  for (const key of keys) {
    if (key === null) {
      y = reshape(y, [...y.shape.slice(0, axis), 1, ...y.shape.slice(axis)]);
      axis++;
    } else if (isEllipsis(key)) {
      axis += x.shape.length - counted;
    } else if (typeof key === "number") {
      y = reshape(sliceAxis(y, axis, indexIn(key, y.shape[axis], x, who), 1), y.shape.toSpliced(axis, 1));
    } else {
      y = along(y, axis, key.config as Range, who);
      axis++;
    }
  }
  return y;
}

const isEllipsis = (key: Key): boolean => typeof key === "object" && key !== null && key.class_name === "__ellipsis__";

function indexIn(index: number, size: number, x: Tensor, who: string): number {
  const found = index < 0 ? index + size : index;
  if (found >= 0 && found < size) return found;
  throw new ShapeError(problem(who, `an index below ${size}`, `${index} of ${showShape(x.shape)}`));
}

/** Python's slice along one axis. */
function along(x: Tensor, axis: number, { start, stop, step }: Range, who: string): Tensor {
  const size = x.shape[axis];
  const by = step ?? 1;
  const clamp = (value: number, low: number, high: number) =>
    Math.min(high, Math.max(low, value < 0 ? value + size : value));
  const from = start === null ? (by > 0 ? 0 : size - 1) : clamp(start, by > 0 ? 0 : -1, by > 0 ? size : size - 1);
  const to = stop === null ? (by > 0 ? size : -1) : clamp(stop, by > 0 ? 0 : -1, by > 0 ? size : size - 1);
  const count = Math.max(0, Math.ceil((to - from) / by));
  if (count === 0)
    throw new ShapeError(problem(who, "a part with entries", `none of axis ${axis} of ${showShape(x.shape)}`));
  if (by < 0) {
    const turned = reverse(x, axis);
    return strided(turned, axis, size - 1 - from, count, -by);
  }
  return strided(x, axis, from, count, by);
}

function strided(x: Tensor, axis: number, from: number, count: number, by: number): Tensor {
  if (by === 1) return count === x.shape[axis] ? x : sliceAxis(x, axis, from, count);
  // With a step: the entries in groups, the first of each.
  const room = count * by;
  const size = x.shape[axis];
  if (from + room <= size) {
    const wide = sliceAxis(x, axis, from, room);
    const groups = reshape(wide, [...x.shape.slice(0, axis), count, by, ...x.shape.slice(axis + 1)]);
    const begin = groups.shape.map(() => 0);
    const first = slice(groups, begin, groups.shape.with(axis + 1, 1));
    return reshape(first, x.shape.with(axis, count));
  }
  return parts(x, axis, from, count, by);
}

function parts(x: Tensor, axis: number, from: number, count: number, by: number): Tensor {
  const last = sliceAxis(x, axis, from + (count - 1) * by, 1);
  return count === 1 ? last : concat([strided(x, axis, from, count - 1, by), last], axis);
}
