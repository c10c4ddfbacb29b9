import { describe, expect, test } from "vitest";
import { asNdArray, NdArray } from "./nd-array.ts";
import { Random } from "./random.ts";
import { sizeOf } from "./shape.ts";

const r = new Random(5);
const arrayOf = (shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: sizeOf(shape) }, () => r.below(7)),
    shape,
  );
/** Every index of a shape, one after the other. */
function* indices(shape: readonly number[]): Generator<number[]> {
  for (let k = 0; k < sizeOf(shape); k++) {
    let rest = k;
    const index = [...shape].reverse().map((d) => {
      const i = rest % d;
      rest = (rest - i) / d;
      return i;
    });
    yield index.reverse();
  }
}
const shapes = [[5], [2, 3], [3, 1, 4], [2, 3, 2, 2], [0, 3], [3, 0]];
const cases = shapes.flatMap((shape) => shape.map((_, axis) => [shape, axis] as const));

describe.each(cases)("an array %o along axis %i", (shape, axis) => {
  const a = arrayOf([...shape]);
  const n = shape[axis];

  test("take, slice and concat give the entries that at() gives", () => {
    const order = Array.from({ length: n === 0 ? 0 : 4 }, () => r.below(n));
    const taken = a.take(order, axis);
    expect(taken.shape).toEqual(shape.map((d, k) => (k === axis ? order.length : d)));
    for (const i of indices(taken.shape)) expect(taken.at(...i)).toBe(a.at(...i.with(axis, order[i[axis]])));
    const cut = a.slice(1, -1, axis);
    for (const i of indices(cut.shape)) expect(cut.at(...i)).toBe(a.at(...i.with(axis, i[axis] + 1)));
    expect(NdArray.concat([a.slice(0, 1, axis), a.slice(1, n, axis)], axis).toArray()).toEqual(a.toArray());
    expect(NdArray.stack([a, a], axis).take([1], axis).size).toBe(a.size);
  });

  test("sum, mean, max and min are those of each stretch", () => {
    const sums = a.sum(axis);
    expect(sums.shape).toEqual(shape.filter((_, k) => k !== axis));
    for (const i of indices(sums.shape)) {
      const all = Array.from({ length: n }, (_, k) => a.at(...i.toSpliced(axis, 0, k)));
      expect(sums.at(...i)).toBe(all.reduce((x, y) => x + y, 0));
      if (n === 0) continue;
      expect(a.mean(axis).at(...i)).toBe(sums.at(...i) / n);
      expect(a.max(axis).at(...i)).toBe(Math.max(...all));
      expect(a.min(axis - a.rank).at(...i)).toBe(Math.min(...all)); // a negative axis counts from the end
    }
  });
});

test("numbers keep their kind: whole ones stay whole, and beside floats they become such", () => {
  const ids = new NdArray(Int32Array.of(1, 2));
  const p = new NdArray(Float64Array.of(0.1));
  expect(ids.take([1]).data).toEqual(Int32Array.of(2));
  expect(NdArray.concat([ids, ids]).data).toBeInstanceOf(Int32Array);
  expect(NdArray.concat([ids, p]).data).toEqual(Float64Array.of(1, 2, 0.1));
  expect(p.astype("f32").data).toEqual(Float32Array.of(0.1));
});

test("accuracy in a line: predictions over 0.5 beside labels", () => {
  const p = asNdArray([0.2, 0.9, 0.6, 0.4]);
  expect(p.greater(0.5).equal([0, 1, 0, 0]).mean()).toBe(0.75);
  expect(p.less(p).sum()).toBe(0);
});

test("what does not fit is refused by name", () => {
  const a = arrayOf([2, 3]);
  expect(() => a.take([3], 1)).toThrow(/NdArray\.take: expected indices from 0 to 2 on axis 1, received 3/);
  expect(() => a.take([0.5])).toThrow(/received 0.5/);
  expect(() => a.mean(2)).toThrow(/NdArray\.mean: expected an axis from 0 to 1, received 2/);
  expect(() => a.slice(0, 1, 5)).toThrow(/an axis from 0 to 1/);
  expect(() => NdArray.concat([a, arrayOf([2, 2])])).toThrow(/shapes that differ on axis 0 alone/);
  expect(() => NdArray.stack([a, arrayOf([2, 2])])).toThrow(/arrays of one shape, \[2, 3\], received \[2, 2\]/);
  expect(() => NdArray.concat([])).toThrow(/at least one array/);
  expect(() => a.equal([1, 2])).toThrow(/a number, or an array \[2, 3\]/);
  expect(() => new NdArray(Float32Array.of(Number.NaN)).astype("i32")).toThrow(/NaN at 0/);
});
