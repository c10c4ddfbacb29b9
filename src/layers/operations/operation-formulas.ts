import { DataError, problem, ShapeError } from "../../errors.ts";
import { cumsum, prod } from "../../ops/cumulative.ts";
import * as ops from "../../ops/index.ts";
import { asNdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import { axisOf, broadcastShapes } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { constantArray } from "./constant-array.ts";

/** Entries of x along an axis at these places; without an axis of all numbers in a row. */
export function taken(x: Tensor, indices: unknown, axis: number | null, who: string): Tensor {
  const whole = x.dtype === "i32";
  const t = ops.cast(axis === null ? ops.reshape(x, [x.shape.reduce((a, b) => a * b, 1)]) : x, "f32");
  const at = axisOf(axis ?? 0, t.shape.length);
  const ids = placesIn(indices, t.shape[at], t, who);
  const others = [...t.shape.keys()].filter((i) => i !== at);
  const found = ops.gather(ops.transpose(t, [at, ...others]), ids); // [...ids, ...others]
  const n = ids.shape.length;
  const rest = others.map((_, i) => n + i);
  const y = ops.transpose(found, [...rest.slice(0, at), ...ids.shape.keys(), ...rest.slice(at)]);
  return whole ? ops.cast(y, "i32") : y;
}

/** Places below a size, negative ones counted from the end; those of a tensor are held inside. */
function placesIn(indices: unknown, size: number, beside: Tensor, who: string): Tensor {
  if (typeof indices === "object" && indices !== null && "trace" in indices) {
    const given = ops.cast(indices as Tensor, "f32");
    const counted = ops.where(ops.greaterEqual(given, 0), given, ops.add(given, size));
    return ops.cast(ops.clip(counted, 0, size - 1), "i32");
  }
  const array =
    typeof indices === "number" ? { data: [indices], shape: [] } : asNdArray(indices as NestedNumbers[], { who });
  const data = Array.from(array.data, (v) => (v < 0 ? v + size : v));
  const wrong = data.find((v) => !Number.isInteger(v) || v < 0 || v >= size);
  if (wrong !== undefined) throw new ShapeError(problem(who, `places below ${size}`, `${wrong}`));
  const flat = constantArray(asNdArray(data), beside);
  return ops.cast(ops.reshape(flat, array.shape), "i32");
}

/** NumPy's tile: fewer repeats than axes count from the last; more make new axes. */
export function tiled(x: Tensor, repeats: number | readonly number[], who: string): Tensor {
  const list = [repeats].flat() as number[];
  if (!list.every((r) => Number.isInteger(r) && r > 0))
    throw new DataError(problem(who, "repeats of 1 or more", JSON.stringify(repeats)));
  const rank = Math.max(list.length, x.shape.length);
  const ones = (n: number): number[] => new Array<number>(n).fill(1);
  const shape = [...ones(rank - x.shape.length), ...x.shape];
  const times = [...ones(rank - list.length), ...list];
  const apart = ops.reshape(
    x,
    shape.flatMap((d) => [1, d]),
  );
  const wide = ops.broadcastTo(
    apart,
    shape.flatMap((d, i) => [times[i], d]),
  );
  return ops.reshape(
    wide,
    shape.map((d, i) => d * times[i]),
  );
}

/** The sum up to each entry. */
export const cumulated = (x: Tensor, axis: number): Tensor => cumsum(x, axisOf(axis, x.shape.length));

/** The product along axes. */
export function multiplied(x: Tensor, axes: readonly number[], keep: boolean): Tensor {
  const y = [...axes].sort((a, b) => b - a).reduce(prod, x);
  if (!keep) return y;
  return ops.reshape(
    y,
    x.shape.map((d, i) => (axes.includes(i) ? 1 : d)),
  );
}

/** x · Φ(x), with tanh for Φ. */
export function geluByTanh(x: Tensor): Tensor {
  const inner = ops.mul(ops.add(x, ops.mul(ops.mul(ops.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return ops.mul(ops.mul(x, 0.5), ops.add(1, ops.tanh(inner)));
}

/** The mean of squared distances from the mean, over axes. */
export function variance(x: Tensor, axes: number[] | undefined, keep: boolean): Tensor {
  return ops.mean(ops.square(ops.sub(x, ops.mean(x, axes, true))), axes, keep);
}

/** [..., M, K] · [..., K, N]; a vector on either side, and leading axes that spread, as in NumPy. */
export function product(a: Tensor, b: Tensor): Tensor {
  const [x, y] = [
    a.shape.length === 1 ? ops.reshape(a, [1, ...a.shape]) : a,
    b.shape.length === 1 ? ops.reshape(b, [...b.shape, 1]) : b,
  ];
  const lead = broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2));
  const wide = (t: Tensor) => ops.broadcastTo(t, [...lead, ...t.shape.slice(-2)]);
  const z = ops.matmul(wide(x), y.shape.length === 2 ? y : wide(y));
  const [m, n] = z.shape.slice(-2);
  return ops.reshape(z, [...lead, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])]);
}
